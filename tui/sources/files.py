"""Reading a team of another program from its files: roster, tasks and inboxes as they are just now.

Rule 1: nothing is written and no lock is taken; the program that owns the files never notices.
Rule 2: nothing is raised: a file that is half written is read again for 0.1 s, and one that stays garbled is a line on
        the screen while its neighbours are shown.
Rule 3: reading is bounded (:mod:`teams.protocol.reading`), follows no symlink and opens no FIFO.
"""

import os
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from onecontext.errors import Damaged, OneContextError
from teams.engine.event import Event
from tui.projection.files import Document, Letter, Look, Person, Seen, as_told
from tui.snapshot import Snapshot
from tui.sources.folder import CONFIG
from tui.sources.hearts import LATEST_S

MOST_INBOXES = 1_000
_EPOCH = datetime.fromtimestamp(0, UTC)
Stamp = tuple[int, int, int, int]


class Files:
    """What :class:`tui.sources.reader.Reader` is for a journal; ``seen`` is what was made out until now."""

    more = False

    def __init__(self, root: Path, team: str) -> None:
        from teams.protocol.board.taskfiles import TaskFiles

        self._root, self._team = root, team
        self._folder = root / "teams" / team
        self.path = self._folder / CONFIG
        self.trouble = ""
        self.seen = Seen(team)
        self._tasks = TaskFiles(root / "tasks" / team)
        self._inboxes: dict[Path, tuple[Stamp, tuple[Letter, ...], str]] = {}
        self._born: object = None
        self._replaced = False

    def as_told(self, snapshot: Snapshot) -> Snapshot:
        """Return the picture with what files do not say called unknown."""
        return as_told(snapshot, self.seen)

    def replaced(self) -> bool:
        """Return whether another team of that name is there now."""
        return self._replaced

    def poll(self) -> list[Event]:
        """Return what changed since the last time, as events."""
        self.trouble = ""
        try:
            look = self._look()
        except FileNotFoundError:
            self.trouble = f"the team {self._team} is gone from {self._root}; this is what its files said"
            return []
        except (OneContextError, OSError) as error:
            self.trouble = f"{self._folder} cannot be read: {error}"
            return []
        return [] if self._replaced else self.seen.take(look)

    def _look(self) -> Look:
        problems: dict[str, str] = {}
        people = self._people(problems)
        tasks = self._read_tasks(problems)
        letters = self._letters(problems)
        folders = (self._folder, self.path, self._folder / "inboxes", self._tasks.folder)
        return Look(people, tasks, letters, problems, max(map(_written_at, folders)))

    def _people(self, problems: dict[str, str]) -> tuple[Person, ...] | None:
        from teams.protocol.config import Config
        from teams.protocol.reading import read_json

        try:
            config = read_json(self.path, parse=lambda document: Config.parse(document, source=str(self.path)))
        except Damaged as damage:
            problems[self._name(self.path)] = _about(damage, self.path)
            return None
        for number, problem in enumerate(config.problems, 1):
            problems[f"{self._name(self.path)} ({number})"] = problem
        self._recognise(config)
        return tuple(_person(member) for member in config.members)

    def _recognise(self, config: Any) -> None:
        born = config.created_at, config.lead_session_id
        self._replaced = self._born not in (None, born)
        self._born = self._born or born

    def _read_tasks(self, problems: dict[str, str]) -> Mapping[str, tuple[Document, datetime]] | None:
        try:
            tasks, broken = self._tasks.read_all()
        except Damaged as damage:
            problems[self._name(self._tasks.folder)] = _about(damage, self._tasks.folder)
            return None
        problems.update({self._name(one.path): _about(one.error, one.path) for one in broken})
        return {task.id: (task.to_document(), _written_at(self._tasks.path(task.id))) for task in tasks}

    def _letters(self, problems: dict[str, str]) -> Mapping[str, tuple[Letter, ...]]:
        found = {}
        for path in self._inbox_paths(problems):
            try:
                letters, problem = self._inbox(path)
            except FileNotFoundError:
                continue  # it went away since it was listed
            except Damaged as damage:
                letters, problem = (), _about(damage, path)
            if problem:
                problems[self._name(path)] = problem
            if letters or not problem:
                found[path.stem] = letters
        return found

    def _inbox_paths(self, problems: dict[str, str]) -> Iterator[Path]:
        from teams.protocol.config import is_file_name

        folder = self._folder / "inboxes"
        if folder.is_symlink() or not folder.is_dir():
            return
        names = sorted(name for name in os.listdir(folder) if name.endswith(".json"))  # noqa: PTH208 - there may be many
        if len(names) > MOST_INBOXES:
            problems[self._name(folder)] = f"{len(names):,} inboxes are there; the first {MOST_INBOXES:,} are read"
        for name in names[:MOST_INBOXES]:
            if is_file_name(name.removesuffix(".json")):
                yield folder / name

    def _inbox(self, path: Path) -> tuple[tuple[Letter, ...], str]:
        """Return the letters and what is wrong with the rest; read again only where the file has changed."""
        from teams.protocol.mail.inbox import Inbox
        from teams.protocol.mail.message import identities, of_entry

        status = path.lstat()
        stamp = status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns
        if path in self._inboxes and self._inboxes[path][0] == stamp:
            return self._inboxes[path][1:]
        entries, problem = Inbox(path, path.parent).read()
        told = [
            (of_entry(entry, name, to=path.stem), entry)
            for entry, name in zip(entries, identities(entries), strict=True)
        ]
        written_at = _written_at(path)
        letters = tuple(_letter(message, entry, written_at) for message, entry in told)
        self._inboxes[path] = stamp, letters, problem
        return letters, problem

    def _name(self, path: Path) -> str:
        return path.relative_to(self._root).as_posix()


def _about(damage: Damaged, path: Path) -> str:
    """Return what is wrong without the path, which stands beside it."""
    return damage.message.removeprefix(f"{path} ")


def _person(member: Any) -> Person:
    joined_at = datetime.fromtimestamp(min(max(0, member.joined_at), 1000 * LATEST_S) / 1000, UTC)
    return Person(member.name, member.agent_type or "", member.model or "", joined_at, member.is_active)


def _letter(message: Any, entry: Mapping[str, Any], written_at: datetime) -> Letter:
    form = message.form
    return Letter(
        id=message.msg_id,
        to=message.to,
        sender=message.sender,
        text=message.text,
        summary=message.summary or "",
        form=form.type if form else "",
        at=message.at if message.at > _EPOCH else written_at,
        read=entry.get("read") is True,
    )


def _written_at(path: Path) -> datetime:
    try:
        return datetime.fromtimestamp(min(max(0, path.stat().st_mtime), LATEST_S), UTC)
    except OSError:
        return _EPOCH
