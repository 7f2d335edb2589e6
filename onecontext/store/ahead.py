"""The write-ahead file of a branch: milestones that are on record and not yet in git.

One line for each: the CRC-32C of what follows it, a space, and a JSON object, in which no line feed can stand. A
milestone is acknowledged when its line is there; git gets many of them at once, and then the file is emptied.

Rule 1: appending is one write and, where asked for, one fsync, whatever came before.
Rule 2: a line that is not whole was never acknowledged, or was damaged since: it is set aside, and the others count.
Rule 3: the caller holds the lock of the branch, but for :func:`is_empty`.
"""

import json
import time
from dataclasses import dataclass
from pathlib import Path

from onecontext.checksum import crc32c
from onecontext.store.durable import make_folder
from onecontext.store.files import MAX_READ_BYTES, append_bytes, empty_file, read_bytes, sync_folder
from onecontext.store.layout import Layout
from onecontext.store.quarantine import set_aside

# JSON takes up to six bytes for one of a log, which may have as many as any file that is read.
_LIMIT_BYTES = 8 * MAX_READ_BYTES


@dataclass(frozen=True)
class Ahead:
    """A milestone as it will be committed.

    ``parent`` and ``commit`` are the git commits before and of it, as hex, and ``message`` its git message. ``record``
    is its framed record and ``steps`` what moves from the log into the history, both as they will stand in files.
    ``durable`` says that whoever puts it into git must fsync that too.
    """

    parent: str
    commit: str
    message: str
    record: bytes
    steps: bytes
    durable: bool


def is_empty(layout: Layout, branch: str) -> bool:
    """Say whether all milestones of ``branch`` are in git; takes one stat(2)."""
    return not size(layout, branch)


def size(layout: Layout, branch: str) -> int:
    """Return the bytes of the file; 0 when there is none."""
    return _size(layout.ahead(branch))


def idle_s(layout: Layout, branch: str) -> float:
    """Return for how many seconds nobody has written the file; where there is none, for ever."""
    try:
        return time.time() - layout.ahead(branch).stat().st_mtime
    except FileNotFoundError:
        return float("inf")


def waiting(layout: Layout) -> list[str]:
    """Return the branches that have milestones which are not in git yet, sorted."""
    folder = layout.ahead_folder()
    try:
        return sorted(path.name for path in folder.iterdir() if _size(path))
    except FileNotFoundError:
        return []


def append(layout: Layout, branch: str, ahead: Ahead) -> int:
    """Append one and return by how many bytes the file has grown. It must end with a whole line: see :func:`read`.

    Raises:
        OSError: full or read-only; the file is as it was.
    """
    path = layout.ahead(branch)
    line = json.dumps(_plain(ahead), sort_keys=True, separators=(",", ":")).encode("ascii")
    content = b"%s %s\n" % (crc32c(line).encode(), line)
    try:
        append_bytes(path, content, durable=ahead.durable)
    except FileNotFoundError:
        # Before the line is there: from then on it counts, and an error would say that it does not.
        make_folder(path.parent)
        append_bytes(path, content, durable=ahead.durable)
    return len(content)


def read(layout: Layout, branch: str, *, start: int = 0) -> tuple[list[Ahead], bytes]:
    """Return those from byte ``start`` on, the oldest first, and what there is besides: lines that are not whole."""
    try:
        content = read_bytes(layout.ahead(branch), limit_bytes=_LIMIT_BYTES, start=start)
    except FileNotFoundError:
        return [], b""
    found: list[Ahead] = []
    torn: list[bytes] = []
    for line in content.splitlines(keepends=True):
        ahead = _parsed(line)
        found.append(ahead) if ahead else torn.append(line)
    return found, b"".join(torn)


def is_whole(line: bytes) -> bool:
    """Say whether a line of such a file, with its line feed, counts."""
    return _parsed(line) is not None


def clear(layout: Layout, branch: str, *, durable: bool) -> None:
    """Empty the file: all of it is in git. What was torn is set aside first."""
    path = layout.ahead(branch)
    _, torn = read(layout, branch)
    if torn.strip(b"\0"):
        set_aside(layout, f"{branch}-ahead", torn)
    if _size(path):
        empty_file(path, durable=durable)


def disown(layout: Layout, branch: str) -> None:
    """Set aside what is on record of a branch that git, used by hand, took away: another one gets its name."""
    path = layout.ahead(branch)
    if _size(path):
        set_aside(layout, f"{branch}-ahead", read_bytes(path, limit_bytes=_LIMIT_BYTES))
        path.unlink()
        sync_folder(path.parent)


def _plain(ahead: Ahead) -> dict[str, object]:
    return {**vars(ahead), "record": _text(ahead.record), "steps": _text(ahead.steps)}


def _parsed(line: bytes) -> Ahead | None:
    checksum, _, text = line.removesuffix(b"\n").partition(b" ")
    # A sum of nothing is right for nothing.
    if not text or not line.endswith(b"\n") or crc32c(text).encode() != checksum:
        return None
    data = json.loads(text)
    return Ahead(**{**data, "record": _raw(data["record"]), "steps": _raw(data["steps"])})


def _text(raw: bytes) -> str:
    # A log edited by hand need not be UTF-8; JSON escapes what stands for such a byte.
    return raw.decode("utf-8", "surrogateescape")


def _raw(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0
