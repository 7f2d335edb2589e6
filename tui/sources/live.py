"""A run that goes on, and its past: whoever steps out of it looks at its journal as a recording, and can come back.

Rule 1: the past is opened when it is first asked for; who never looks back pays nothing for it.
Rule 2: while it is looked at the run is still followed, and what is new there is counted, not shown.
"""

import threading
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from tui.projection.playhead import EDGE, FASTER, GO, LIVE, PLAY, Order, Playhead
from tui.projection.targets import Target
from tui.snapshot import Snapshot, TeamLine
from tui.sources.folder import memory_of
from tui.sources.several import Several
from tui.sources.unlinked import IN_A_TEAM

if TYPE_CHECKING:
    from tui.sources.player import Player

_OUT_OF_LIVE = frozenset({PLAY, LIVE})
"""Orders that, while the run is followed, do no more than stop at what is shown."""


class Live:
    """Follows, and travels. ``at`` is where in the past to begin; None begins with what is there now."""

    def __init__(self, following: Several, *, at: Target | None = None) -> None:
        self._following = following
        self._at = at
        self._lock = threading.Lock()
        self._newest: Snapshot | None = None
        self._player: Player | None = None
        self._show: Callable[[Snapshot], None] = lambda snapshot: None

    def start(self, show: Callable[[Snapshot], None]) -> None:
        """Hand each new picture to ``show``, from threads of our own."""
        self._show = show
        self._following.start(self._follow)

    def order(self, order: Order) -> None:
        """Have ``order`` done: most of them step out of the run into its past."""
        player = self._player
        if player is None:
            if order.what != FASTER and not (order.what == EDGE and order.by > 0):
                self._step_out(order)
        elif order.what == LIVE or (order.what == EDGE and order.by > 0):
            self._come_back()
        else:
            player.order(order)

    def look_at(self, line: TeamLine) -> None:
        """Follow the team of ``line`` instead, as it is now."""
        if self._player is not None:
            self._come_back()
        self._following.look_at(line)

    def close(self) -> None:
        """Stop all threads and wait for them."""
        self._following.close()
        if self._player:
            self._player.close()

    def _follow(self, snapshot: Snapshot) -> None:
        with self._lock:
            self._newest, player = snapshot, self._player
            if player is None:
                self._show(snapshot)
        if player is not None:
            player.wake()
        elif self._at is not None and snapshot.totals.events:
            at, self._at = self._at, None
            self.order(Order(GO, to=at))

    def _step_out(self, order: Order) -> None:
        from tui.sources.past import PastGraph
        from tui.sources.player import Player
        from tui.sources.recording import Recording
        from tui.sources.replay import END

        journal = self._following.journal
        with self._lock:
            newest = self._newest
            if journal is None or newest is None or not newest.totals.events:
                return
            player = self._player = Player(
                Recording(journal, folders=IN_A_TEAM),
                Playhead(playing=False, goal=END),
                graph=PastGraph(memory_of(journal)),
                standing=newest,
                caught_up=self._come_back,
            )
        player.start(self._show_past)
        if order.what not in _OUT_OF_LIVE:
            player.order(order)

    def _show_past(self, snapshot: Snapshot) -> None:
        with self._lock:
            if self._player is not None and self._newest is not None:
                # What lies around the run is as it is now.
                self._show(replace(snapshot, root=self._newest.root, team=self._newest.team, teams=self._newest.teams))

    def _come_back(self) -> None:
        with self._lock:
            player, self._player = self._player, None
            if self._newest is not None:
                self._show(self._newest)
        if player is not None:
            player.close()
