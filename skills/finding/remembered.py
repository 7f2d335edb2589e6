"""What was read of documents, so that those that did not change are not read again: in memory, and in a file.

Rule 1: a row counts for one document only while its device, inode, size, mtime and ctime are those that it was read
        with. What is so young that a further change might leave no trace in these is not kept.
Rule 2: a row adds nothing: which documents there are is always found on disk. A row that has not the form of what we
        write counts as none.
Rule 3: the file is the person's own (mode 0600, in a folder 0700), replaced in one step, and thrown away where it is
        damaged, another's, or of another version. That it cannot be written is no error: it only saves time.
"""

import json
import os
import zlib
from contextlib import suppress
from pathlib import Path
from typing import Any

from onecontext.errors import Damaged
from onecontext.store.files import read_bytes, replace_bytes
from onecontext.version import __version__
from skills.finding.places import Place
from skills.finding.scanning import Seen
from skills.format.names import is_name
from skills.format.skill import MAX_DESCRIPTION, Loaded, Problem, Skill

FORMAT = 1
MAX_FILES = 50  # of projects that were asked about last
_TEXTS = {str}
_KINDS = [str, str, str, str, dict, list, dict]  # of a skill's row
_YOUNG_NS = 100_000_000  # far more than the grain of a file system's clock


class Remembered:
    """Documents by path, with what each gave. Not for several threads at once."""

    def __init__(self, rows: dict[str, Any] | None = None) -> None:
        self._rows = rows or {}
        self._used: dict[str, Any] = {}
        self.changed = False

    def get(self, item: Seen, place: Place) -> Loaded | None:
        """Return what the document gave, as of that place; None: it has to be read."""
        row = self._rows.get(item.path)
        if not isinstance(row, list) or len(row) != 3 or row[0] != stamp(item.status):
            return None
        loaded = _loaded(row, item, place)
        if loaded is not None:
            self._used[item.path] = row
        return loaded

    def put(self, item: Seen, loaded: Loaded, *, now_ns: int) -> None:
        """Keep what the document gave. ``now_ns``: the time before it was read."""
        self.changed = True
        if max(item.status.st_mtime_ns, item.status.st_ctime_ns) < now_ns - _YOUNG_NS:
            self._used[item.path] = [stamp(item.status), _skill_row(loaded.skill), _problem_row(loaded.problem)]

    def settle(self) -> None:
        """Forget the documents that were neither asked for nor read since the last time."""
        self.changed = self.changed or len(self._used) != len(self._rows)
        self._rows, self._used = self._used, {}

    def save(self, path: Path) -> None:
        """Write all rows to ``path`` where they changed since they were read from there."""
        if not self.changed:
            return
        body = json.dumps(self._rows, separators=(",", ":")).encode("ascii")
        with suppress(OSError):  # rule 3
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            replace_bytes(path, _header(body) + body, mode=0o600)
            _tidy(path.parent)
            self.changed = False


def open_file(path: Path) -> Remembered:
    """Return what ``path`` holds; nothing where it is not there, or not to be trusted."""
    try:
        status = os.lstat(path)
        content = read_bytes(path) if status.st_uid == os.geteuid() and not status.st_mode & 0o022 else b""
    except (OSError, Damaged):
        return Remembered()
    header, _, body = content.partition(b"\n")
    if not content or header + b"\n" != _header(body):
        return Remembered()
    try:
        rows = json.loads(body)
    except (ValueError, RecursionError):
        return Remembered()
    return Remembered(rows if isinstance(rows, dict) else None)


def file_for(cache: Path, project: Path) -> Path:
    """Return where, in the folder ``cache``, is kept what belongs to searches for ``project``."""
    return cache / f"skills-{_crc(os.fsencode(project))}.json"


def stamp(status: os.stat_result) -> list[int]:
    """Return what of a file's status changes with its content."""
    return [status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns]


def _crc(data: bytes) -> str:
    """Return the CRC-32 of ``data``: that of the standard library, which every command has at hand."""
    return f"{zlib.crc32(data):08x}"


def _header(body: bytes) -> bytes:
    return f"onecontext skills {FORMAT} {__version__} {_crc(body)}\n".encode("ascii")


def _tidy(folder: Path) -> None:
    """Remove the files of projects that were not asked about for longest."""
    files = sorted(folder.glob("skills-*.json"), key=lambda path: path.lstat().st_mtime_ns, reverse=True)
    for path in files[MAX_FILES:]:
        path.unlink(missing_ok=True)


def _skill_row(skill: Skill | None) -> list[Any] | None:
    if skill is None:
        return None
    texts = [skill.name, skill.description, skill.license, skill.compatibility]
    return [*texts, dict(skill.metadata), list(skill.allowed_tools), dict(skill.more)]


def _problem_row(problem: Problem | None) -> list[Any] | None:
    return None if problem is None else [problem.reason, problem.line, problem.mend, problem.used]


def _loaded(row: list[Any], item: Seen, place: Place) -> Loaded | None:
    _, skill, problem = row
    if (skill is None and problem is None) or not (_is_skill(skill) and _is_problem(problem)):
        return None
    return Loaded(skill and _skill(skill, item, place), problem and Problem(Path(item.path), *problem))


def _skill(row: list[Any], item: Seen, place: Place) -> Skill:
    name, description, licence, compatibility, metadata, tools, more = row
    skill = object.__new__(Skill)
    # What a frozen dataclass does field by field at four times the cost; all fields are here.
    skill.__dict__.update(
        name=f"{place.prefix}{name}",
        description=description,
        folder=place.folder(item.folder),
        source=place.source,
        license=licence,
        compatibility=compatibility,
        metadata=metadata,
        allowed_tools=tuple(tools),
        scope=place.scope,
        more=more,
    )
    return skill


def _is_skill(row: Any) -> bool:
    if row is None:
        return True
    if type(row) is not list or list(map(type, row)) != _KINDS:
        return False
    texts = set(map(type, (*row[4].values(), *row[5])))
    return texts <= _TEXTS and is_name(row[0]) and 0 < len(row[1]) <= MAX_DESCRIPTION


def _is_problem(row: Any) -> bool:
    if row is None:
        return True
    if not isinstance(row, list) or len(row) != 4:
        return False
    reason, line, mend, used = row
    return isinstance(reason, str) and isinstance(line, int | None) and isinstance(mend, str) and isinstance(used, bool)
