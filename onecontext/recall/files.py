"""Where the history of a branch is read from: its work tree, or a tree of its past.

Rule 1: what a work tree shows is read without git. Git is read for the past, for what could not be put into it yet,
        for other branches' folders, which a linked work tree does not have, and for a branch without a work tree.
Rule 2: a file or folder that is not there is empty; one that is reached through a symlink is refused.
"""

import os
from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Protocol

from onecontext.memory.locking import known_tip
from onecontext.records import joined, split
from onecontext.store import ahead
from onecontext.store.files import MAX_LOG_BYTES, read_bytes
from onecontext.store.layout import Layout
from onecontext.store.view import view
from onecontext.store.ways import check_way

if TYPE_CHECKING:
    from onecontext.store.objects import Objects


class Files(Protocol):
    """A tree of files with ``/`` between names."""

    def read(self, path: str) -> bytes:
        """Return a file; empty when there is none."""
        ...

    def names(self, folder: str) -> Iterable[str]:
        """Return the names in a folder; none when there is no such folder."""
        ...


class _Folder:
    """A work tree, and what its branch has in git where the work tree does not have it."""

    def __init__(self, layout: Layout, branch: str) -> None:
        self._layout, self._branch = layout, branch
        self._place = layout.place(branch)
        self._top = self._place.folder

    def read(self, path: str) -> bytes:
        check_way(self._top, self._top / path)
        with suppress(FileNotFoundError, NotADirectoryError):
            return read_bytes(self._top / path, limit_bytes=MAX_LOG_BYTES)
        return b"" if self._is_here(path) else self._tree.read(path)

    def names(self, folder: str) -> Iterable[str]:
        check_way(self._top, self._top / folder / "any")
        with suppress(FileNotFoundError, NotADirectoryError), os.scandir(self._top / folder) as found:
            return [entry.name for entry in found]
        return [] if self._is_here(f"{folder}/") else self._tree.names(folder)

    def _is_here(self, path: str) -> bool:
        """Say whether the work tree would have it: one that nobody needs any more may be taken away meanwhile."""
        return self._place.main or (self._place.shown() is not None and view(self._place, self._branch).has(path))

    @cached_property
    def _tree(self) -> "Files":
        from onecontext.store.objects import Objects

        return committed(Objects(self._layout), known_tip(self._layout, self._branch))


class _Recorded(_Folder):
    """A work tree as it will be once what is on record is in git.

    The log is read before the history, and both once: what is made history meanwhile is met twice, never missed.
    """

    def __init__(self, layout: Layout, branch: str) -> None:
        from onecontext.memory.desk import Desk
        from onecontext.memory.settling import replay_all
        from onecontext.store.objects import Objects

        super().__init__(layout, branch)
        tip = ""
        self._log = super().read(f"branches/{branch}/log.md")
        while tip != known_tip(layout, branch):  # until nobody has put it there meanwhile
            tip = known_tip(layout, branch)
            self._desk = Desk(layout, Objects(layout), self._place, branch, tip)
            self._told = replay_all(self._desk)

    def read(self, path: str) -> bytes:
        if path == f"{self._desk.folder}/log.md":
            found = split(self._log)
            return joined(raw for raw in found.records if raw.key not in self._told)
        if self._is_history(path):
            return self._desk.objects.read(self._desk.tree, path) or b""
        return super().read(path)

    def names(self, folder: str) -> Iterable[str]:
        return (
            self._desk.objects.entries(self._desk.tree, folder) if self._is_history(folder) else super().names(folder)
        )

    def _is_history(self, path: str) -> bool:
        return path.startswith((f"{self._desk.folder}/commit", f"{self._desk.folder}/log"))


class _Tree:
    def __init__(self, objects: "Objects", tree: str) -> None:
        self._objects = objects
        self._tree = tree

    def read(self, path: str) -> bytes:
        return self._objects.read(self._tree, path) or b""

    def names(self, folder: str) -> Iterable[str]:
        return self._objects.entries(self._tree, folder)


def folder_of(layout: Layout, branch: str) -> Files:
    """Return the work tree of ``branch``, with what is on record and could not be put into git.

    For one who only watches, and so may not bring it up to date, a work tree that shows another commit is passed over.
    """
    if not ahead.is_empty(layout, branch):
        return _Recorded(layout, branch)
    if layout.watched and not layout.place(branch).is_showing(branch, known_tip(layout, branch)):
        from onecontext.store.objects import Objects

        return committed(Objects(layout), known_tip(layout, branch))
    return _Folder(layout, branch)


def committed(objects: "Objects", commit: str) -> Files:
    """Return what a commit of the memory holds."""
    return _Tree(objects, objects.tree_of(commit))


def tree_at(layout: Layout, branch: str, at: datetime) -> Files:
    """Return what was committed on ``branch`` at a time; see :func:`onecontext.recall.past.tip_at`."""
    from onecontext.recall.past import tip_at
    from onecontext.store.objects import Objects

    objects = Objects(layout)
    return _Tree(objects, tip_at(layout, objects, branch, at).tree)


def branches_at(layout: Layout, at: datetime) -> list[str]:
    """Return the branches of today that had begun at a time, sorted."""
    return list(tips_at(layout, at))


def tips_at(layout: Layout, at: datetime) -> dict[str, str]:
    """Return the branches of today that had begun at a time, sorted, to their tips of then."""
    from onecontext.recall.past import tip_if_any
    from onecontext.store.objects import Objects

    objects = Objects(layout)
    found = {name: tip_if_any(layout, objects, name, at) for name in layout.branches()}
    return {name: tip.id for name, tip in found.items() if tip}
