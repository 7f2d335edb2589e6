"""Several teams, one of which is looked at: the source of a live screen.

Rule 1: the team that is looked at is followed whole (:mod:`tui.sources.follow`), every other one is a line
        (:mod:`tui.sources.glances`); a picture carries both.
Rule 2: looking elsewhere takes no time: the old follower ends by itself, and what it still says is not shown.
"""

import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from tui.projection.teams import line_of
from tui.snapshot import Snapshot, TeamLine
from tui.sources.folder import Place
from tui.sources.follow import Follower
from tui.sources.glances import Glances

Show = Callable[[Snapshot], None]


def follower_of(place: Place) -> Follower:
    """Return what follows a place: with the memory beside it where that is one."""
    return Follower(place, place.root if place.root.name == ".onecontext" else None)


class Several:
    """Follows ``place``, and tells the lines of all teams under ``roots``."""

    def __init__(self, place: Place, roots: Sequence[Path]) -> None:
        self._roots = roots
        self._glances = Glances(roots)
        self._follower = follower_of(place)
        self._lock = threading.Lock()
        self._show: Show | None = None
        self._snapshot: Snapshot | None = None
        self._lines: tuple[TeamLine, ...] = ()
        self._leaving: list[threading.Thread] = []

    def catch_up(self) -> Snapshot:
        """Return the picture of the team that is looked at, as it is now."""
        return self._follower.catch_up()

    @property
    def journal(self) -> Path | None:
        """The journal of the team that is looked at; None while there is none, and of a team that keeps none."""
        return self._follower.journal

    def lines(self) -> tuple[TeamLine, ...]:
        """Return the line of every team, as it is now."""
        return in_order(self._glances.lines())

    def start(self, show: Show) -> None:
        """Hand each new picture to ``show``, from threads of our own."""
        self._show = show
        self._follow(self._follower)

    def look_at(self, line: TeamLine) -> None:
        """Follow the team of ``line`` instead; the next picture is of it."""
        before, self._follower = self._follower, follower_of(Place(Path(line.root), line.team))
        ending = threading.Thread(target=before.close, name="monitor-leaving", daemon=True)
        ending.start()
        self._leaving.append(ending)
        self._follow(self._follower)

    def close(self) -> None:
        """Stop all threads and wait for them."""
        self._follower.close()
        self._glances.close()
        for ending in self._leaving:
            ending.join()

    def _follow(self, follower: Follower) -> None:
        follower.start(lambda snapshot: self._pictured(follower, snapshot))

    def _pictured(self, follower: Follower, snapshot: Snapshot) -> None:
        with self._lock:
            if follower is not self._follower:
                return
            is_first, before, self._snapshot = self._snapshot is None, self._snapshot, snapshot
            self._tell()
        if before is None or (before.root, before.team) != (snapshot.root, snapshot.team):
            self._glances.look_at((snapshot.root, snapshot.team) if snapshot.team else None)
        if is_first:
            # The first picture of what is looked at does not wait for the others.
            self._glances.start(self._lined)

    def _lined(self, lines: tuple[TeamLine, ...]) -> None:
        with self._lock:
            self._lines = lines
            self._tell()

    def _tell(self) -> None:
        if self._show is not None and self._snapshot is not None:
            self._show(replace(self._snapshot, teams=self._with_own(self._snapshot)))

    def _with_own(self, snapshot: Snapshot) -> tuple[TeamLine, ...]:
        own = line_of(snapshot, snapshot.root, snapshot.team)
        return in_order(tuple(own if line.key == own.key else line for line in self._lines))


def in_order(lines: Sequence[TeamLine]) -> tuple[TeamLine, ...]:
    """Return the lines by root and name: they keep their places while figures change."""
    return tuple(sorted(lines, key=lambda line: (line.root, line.team)))
