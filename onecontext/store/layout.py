"""Where things lie in a memory, read from files alone: quick, and without pygit2.

Rule 1: paths are built here and nowhere else.
Rule 2: what git records in small text files (HEAD, refs, packed-refs) is read here and written in other modules.
"""

import os
from functools import cached_property, lru_cache
from pathlib import Path
from typing import NamedTuple

from onecontext.errors import REPAIR, Damaged, InvalidName, NoMemory
from onecontext.names import check_name
from onecontext.store.files import read_bytes
from onecontext.store.place import HEX, Place, small
from onecontext.store.schema import DURABILITY, check_durability, check_version
from onecontext.store.ways import check_kinds, check_way

FOLDER = ".onecontext"
_HEADS = "refs/heads/"
# What must be a folder, or a regular file, where it is there: nothing else is opened, by libgit2 either.
_LOCKS = ("onecontext", "onecontext/locks", "onecontext/locks/branches")
_FOLDERS = (
    *(*_LOCKS, "onecontext/scratch", "onecontext/packs", "onecontext/quarantine", "onecontext/worktrees"),
    "onecontext/ahead",
    *("objects", "objects/info", "objects/pack", "info", "refs", "refs/heads", "refs/tags", "refs/onecontext"),
)
_FILES = (
    *("HEAD", "config", "packed-refs", "index", "commondir", "shallow", "info/attributes", "info/grafts"),
    *("objects/info/alternates", "objects/info/commit-graph"),
)


class _Paths(NamedTuple):
    ref: Path
    lock: Path
    ahead: Path


class Layout:
    """The paths of the memory at ``path`` (the ``.onecontext`` folder).

    ``watched``: whoever reads by it only watches: nothing is brought up to date, made or locked for it.
    """

    watched = False

    def __init__(self, path: Path, durability: str | None = None) -> None:
        self.path = path
        self._durability = None if durability is None else check_durability(durability)
        self.git = path / ".git"
        self.private = self.git / "onecontext"
        self._lock_folder = self.private / "locks" / "branches"
        self._paths: dict[str, _Paths] = {}
        self.quarantine = self.private / "quarantine"

    def for_watching(self) -> "Layout":
        """Return the same memory for one who only watches it."""
        layout = Layout(self.path, self._durability)
        layout.watched = True
        return layout

    def check(self) -> None:
        """See that nothing was put in the place of our folders and of git's files that could lead out of the memory.

        Raises:
            Damaged: something was; it was not followed.
        """
        top = str(self.git)
        check_kinds([top, *(f"{top}/{name}" for name in _FOLDERS)], [f"{top}/{name}" for name in _FILES])

    def check_locks(self) -> None:
        """See the same of the folders of our locks, which are opened each time."""
        check_way(self.git, self._lock_folder / "any")

    def head(self) -> str | None:
        """Return the branch that HEAD names; None when it names a commit."""
        text = small(self.git / "HEAD").strip()
        return text.removeprefix(f"ref: {_HEADS}") if text.startswith(f"ref: {_HEADS}") else None

    def check_head(self) -> None:
        """Refuse a HEAD that names neither a branch nor a commit.

        Raises:
            Damaged: it is garbled.
        """
        text = small(self.git / "HEAD").strip()
        if not text.startswith("ref: ") and not HEX.fullmatch(text):
            raise Damaged(f"{self.git / 'HEAD'} names neither a branch nor a commit", hint=REPAIR)

    def tip(self, branch: str) -> str | None:
        """Return the commit that ``refs/heads/<branch>`` names, as hex; None when there is no such branch."""
        path = self.ref(branch)
        found = small(path).strip()
        # An empty ref (a power cut leaves such) must not let an older packed value count again.
        if not found and not path.exists():
            packed = self._packed().get(branch)
            if packed is None:
                return None
            found, path = packed, self.git / "packed-refs"
        if not HEX.fullmatch(found):
            raise Damaged(f"{path} names no commit for the branch {branch!r}", hint=REPAIR)
        return found

    def branches(self) -> list[str]:
        """Return the names of all branches, sorted; a ref made by hand whose name we would not give is no branch."""
        try:
            # Thousands of branches take a third of the time that paths of pathlib would.
            with os.scandir(self.git / _HEADS) as entries:
                loose = {entry.name for entry in entries if entry.is_file()}
        except (FileNotFoundError, NotADirectoryError):
            loose = set()
        names = loose | set(self._packed())
        return sorted(name for name in names if _is_name(name))

    def place(self, branch: str) -> Place:
        """Return where ``branch`` is written: the memory's own folder if HEAD names it, else one of its own."""
        head, main = self.head(), self.main_place()
        if head is None:
            # HEAD was made to name a commit by hand: the folder stays with the branch that it showed.
            shown = main.shown()
            head = shown.branch if shown else None
        if head == branch:
            return main
        return self.linked_place(branch)

    def main_place(self) -> Place:
        """Return the memory's own folder as a work tree."""
        return Place(self.path, self.git, main=True)

    def linked_place(self, branch: str) -> Place:
        """Return the linked work tree of ``branch``, whether or not it is there."""
        check_name(branch, what="branch")
        return Place(self.linked_folder() / branch, self.git / "worktrees" / branch, main=False)

    def linked_folder(self) -> Path:
        """Return the folder of the linked work trees."""
        return self.private / "worktrees"

    def ref(self, branch: str) -> Path:
        """Return the loose ref file of ``branch``."""
        return self._of(branch).ref

    def lock(self, branch: str) -> Path:
        """Return our lock file for writing ``branch``."""
        return self._of(branch).lock

    def head_lock(self) -> Path:
        """Return our lock file for moving HEAD."""
        return self.private / "locks" / "head.lock"

    def switching(self) -> tuple[str, ...]:
        """Return the two branches of a switch that is going on or was cut off; empty when there is none."""
        words = small(self.switch_note()).split()
        return (words[0], words[1]) if len(words) == 2 else ()

    def switch_note(self) -> Path:
        """Return the file that names the two branches of a switch while it goes on."""
        return self.private / "switching"

    def scratch(self, name: str) -> Path:
        """Return where the finished content of a file of git lies before it is put in place."""
        return self.private / "scratch" / name

    def ahead_folder(self) -> Path:
        """Return the folder of the write-ahead files."""
        return self.private / "ahead"

    def ahead(self, branch: str) -> Path:
        """Return the write-ahead file of ``branch``; see :mod:`onecontext.store.ahead`."""
        return self._of(branch).ahead

    def _of(self, branch: str) -> _Paths:
        # Kept, because putting paths together is a tenth of a step.
        if branch not in self._paths:
            name = check_name(branch, what="branch")
            lock = self.private / "locks" / "branches" / f"{name}.lock"
            self._paths[branch] = _Paths(self.git / _HEADS / name, lock, self.ahead_folder() / name)
        return self._paths[branch]

    def pack_list(self, branch: str) -> Path:
        """Return the file that lists the packs of ``branch`` that are still to be united."""
        return self.private / "packs" / check_name(branch, what="branch")

    @cached_property
    def durability(self) -> str:
        """What is fsynced before a call returns: what this handle asked for, else the memory's own level, else all.

        Raises:
            Damaged: the memory's file names no level.
        """
        return self._durability or self.own_durability

    @property
    def own_durability(self) -> str:
        """The memory's own level, which is what handles have that ask for none.

        Raises:
            Damaged: the memory's file names no level.
        """
        level = small(self.durability_file()).strip() or "step"
        if level not in DURABILITY:
            raise Damaged(f"{self.durability_file()} names no durability: {level[:40]!r}", hint=REPAIR)
        return level

    def search_folder(self) -> Path:
        """Return the folder of the search index; see :mod:`onecontext.recall.search.shelf`."""
        return self.private / "search"

    def search_lock(self) -> Path:
        """Return our lock file for changing the search index."""
        return self.private / "locks" / "search.lock"

    def durability_file(self) -> Path:
        """Return the file that holds the memory's own level, one word; not versioned, as it is about this disk."""
        return self.private / "durability"

    def check_format(self) -> None:
        """Refuse a memory that is not there, or newer than we are.

        Raises:
            NoMemory: there is no memory at ``path``.
            NewerFormat: a newer version made it; nothing was written.
        """
        self.check()
        if not (self.git / "HEAD").exists():
            if self.private.is_dir():
                raise Damaged(f"{self.git / 'HEAD'} is missing", hint=REPAIR)
            raise NoMemory(f"there is no memory at {self.path}", hint="run 'onecontext init'")
        check_version(small(self.path / "format"), self.path)

    def packed_refs(self) -> dict[str, str]:
        """Return the refs that git has packed into one file, to the objects they name."""
        # One "<hex> <ref>" a line; '#' opens the header, '^' a peeled tag (gitrepository-layout(5)).
        packed = self.git / "packed-refs"
        try:
            lines = read_bytes(packed).decode("utf-8", "replace").splitlines()
        except FileNotFoundError:
            return {}
        pairs = (line.split(" ", 1) for line in lines if line and line[0] not in "#^" and " " in line)
        return {ref: commit for commit, ref in pairs}

    def _packed(self) -> dict[str, str]:
        found = self.packed_refs().items()
        return {ref.removeprefix(_HEADS): commit for ref, commit in found if ref.startswith(_HEADS)}


@lru_cache(maxsize=20_000)
def _is_name(text: str) -> bool:
    try:
        check_name(text)
    except InvalidName:
        return False
    return True
