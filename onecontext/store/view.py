"""Which files of its branch's tree a work tree has on disk: a branch's tree has the folders of all others, too.

Rule 1: the memory's own folder has every file. A linked work tree has its own branch's folder and what lies beside
        ``branches``, so that a hundred branches are a hundred folders and not ten thousand.
Rule 2: another branch's folder that somebody put there, or a version before this one, is kept up to date like its own.
Rule 3: what a work tree does not have is in git, and hidden in its index (:mod:`onecontext.store.index`).
"""

import os
from contextlib import suppress
from typing import NamedTuple

from onecontext.store.place import Place

_FOLDER = "branches"


class View(NamedTuple):
    """The branches whose folders a work tree has; None: all."""

    folders: frozenset[str] | None

    def has(self, path: str) -> bool:
        """Say whether the work tree has the file ``path``, or anything of the folder ``path`` that ends with ``/``."""
        if self.folders is None:
            return True
        top, _, rest = path.partition("/")
        branch, slash, _ = rest.partition("/")
        return top != _FOLDER or not slash or branch in self.folders

    def hides(self, path: str) -> bool:
        """Say whether the work tree does not have the file ``path``."""
        return not self.has(path)


ALL = View(None)


def view(place: Place, branch: str) -> View:
    """Return what the work tree of ``branch`` at ``place`` has."""
    if place.main:
        return ALL
    names = {branch}
    with suppress(FileNotFoundError, NotADirectoryError), os.scandir(place.folder / _FOLDER) as found:
        names |= {entry.name for entry in found if entry.is_dir(follow_symlinks=False)}
    return View(frozenset(names))
