"""A repository of pygit2's that is closed when nobody holds it any more.

Rule 1: nothing here makes a reference from a repository to itself. With pygit2's own (1.21: ``branches``,
        ``references``, ``remotes`` and ``submodules`` each hold it) every repository that was opened stays open, with
        the objects that were read of it, until Python looks for cycles, which a process with many objects rarely does.
"""

from typing import Any

import pygit2
from pygit2.branches import Branches
from pygit2.references import References

_HOLDING = {"branches": Branches, "references": References, "remotes": None, "submodules": None}


class Repository(pygit2.Repository):  # type: ignore[misc]
    """``pygit2.Repository`` with branches and references, which are made anew whenever they are asked for."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        for name in _HOLDING:
            self.__dict__.pop(name, None)

    def __getattr__(self, name: str) -> Any:
        made = _HOLDING.get(name)
        if made is None:
            raise AttributeError(f"{type(self).__name__} has no {name}")
        return made(self)
