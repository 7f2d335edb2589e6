"""Which teams there are under some roots, and whether something of one was written since the last look.

Rule 1: a look costs one listing for each root and one look at a file for each team that is known: of a team of another
        program, which writes several, a look at its folders.
Rule 2: nothing is raised; a root that cannot be seen is a sentence in ``troubles``.
"""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from tui.sources.folder import Spot, names, root_trouble, spot_of, still_ours

Key = tuple[str, str]
Stamp = tuple[int, ...]


class Found(NamedTuple):
    """A team that is there. ``stamp`` differs when something of it was written."""

    spot: Spot
    written_ns: int
    stamp: Stamp


class Census:
    """Looks at ``roots`` with :meth:`look`; ``troubles`` are then sentences about roots, by root."""

    def __init__(self, roots: Sequence[Path]) -> None:
        self.troubles: dict[str, str] = {}
        self._roots = roots
        self._known: dict[Key, Spot] = {}
        self._held: set[Path] = set()

    def look(self) -> dict[Key, Found]:
        """Return the teams that are there now."""
        self.troubles = {}
        told = {(str(root), name): found for root in self._roots for name, found in self._under(root)}
        self._known = {key: found.spot for key, found in told.items()}
        return told

    def _under(self, root: Path) -> Iterator[tuple[str, Found]]:
        try:
            there = names(root)
        except OSError:
            if trouble := self._trouble(root):
                self.troubles[str(root)] = trouble
            return
        for name in there:
            if found := self._found(root, name):
                self._held.add(root)
                yield name, found

    def _found(self, root: Path, name: str) -> Found | None:
        spot = self._known.get((str(root), name))
        if spot and spot.has_journal and not spot.shared and (stamp := stamp_of(spot.path)):
            return Found(spot, stamp[-1], stamp)
        # Also of a client's team: a member of ours may have given it a journal.
        spot = still_ours(spot, spot_of(root, name))
        if spot is None:
            return None
        if spot.has_journal and not spot.shared:
            return Found(spot, spot.written_ns, stamp_of(spot.path))
        return Found(spot, spot.written_ns, _of_files(spot))

    def _trouble(self, root: Path) -> str:
        if root in self._held and not os.path.lexists(root):
            return f"it is gone: {root}"
        return root_trouble(root)


def stamp_of(path: Path) -> Stamp:
    """Return what differs when another file is there or it was written to; () where nothing can be seen."""
    try:
        status = path.stat()
    except OSError:
        return ()
    return status.st_ino, status.st_size, status.st_mtime_ns


def _of_files(spot: Spot) -> Stamp:
    # Only here: whoever looks at journals alone need not import it.
    from teams.engine.watch_look import signature

    return *stamp_of(spot.path), signature(spot.folders)
