"""One team that is not looked at: read piece by piece, held as its line.

Rule 1: hearts are read again only where one beats, or where somebody has beaten since.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import cached_property

from teams.engine.event import Event
from tui.projection.attention import as_of
from tui.projection.gone import gone_members, is_gone, with_its_life
from tui.projection.state import Monitor
from tui.projection.teams import Glance, line_of
from tui.snapshot import Agent, Heart, Mission, TeamLine
from tui.sources.census import Stamp, stamp_of
from tui.sources.folder import Spot
from tui.sources.hearts import Hearts
from tui.sources.reader import Reader
from tui.sources.readers import AnyReader, reader_of

Tell = Callable[[Event, Monitor], None]


class TeamGlance:
    """The team at ``spot``. ``tell``: its events are news from the first, else from where it stands at first."""

    def __init__(self, spot: Spot, *, tell: bool = False) -> None:
        self.spot = spot
        self.line = TeamLine(str(spot.root), spot.team, spot.kept, reading=True)
        self._reader: AnyReader = reader_of(spot)
        self._hearts = Hearts(spot.path.parent) if spot.has_journal else None
        self._stamp: Stamp | None = None
        self._beats: Stamp = ()
        self._agents: tuple[Agent, ...] = ()
        self._mission: Mission | None = None
        self._missed = (False, 0)
        """Whether the mission's process is gone, and how many members are: what the line tells."""
        self._next: datetime | None = None
        self._tells = tell

    @cached_property
    def _glance(self) -> Glance:
        # Only now: a thousand teams are found before the first of them is read.
        return Glance()

    def is_due(self, stamp: Stamp) -> bool:
        """Say whether it must be read; if not, its line says by now whose heart beats."""
        if stamp != self._stamp or self.line.reading or (self._next and self._next <= datetime.now(UTC)):
            return True
        if self._hearts and (self.line.alive or (not self.line.over and stamp_of(self._hearts.folder) != self._beats)):
            hearts = self._look()
            if (is_gone(self._mission, hearts), len(gone_members(self._agents, hearts))) != self._missed:
                self.line = self._line()
            else:
                self.line = replace(self.line, alive=_alive(hearts))
        return False

    def step(self, stamp: Stamp, tell: Tell | None = None) -> None:
        """Read what is new, up to a bound; ``line.reading`` then says whether there is more.

        Args:
            stamp: what the team's was before this call.
            tell: is told each event that is news when it was taken in, and what it was taken into.
        """
        if self._reader.replaced():
            self._reader, self._glance = reader_of(self.spot), Glance()
        for event in self._reader.poll():
            self._glance.apply(event)
            if tell and self._tells:
                tell(event, self._glance.monitor)
        self._stamp = stamp
        self.line = self._line()
        self._tells |= not self._reader.more

    def _line(self) -> TeamLine:
        snapshot = replace(self._glance.snapshot(), trouble=self._reader.trouble)
        if not isinstance(self._reader, Reader):
            snapshot = self._reader.as_told(snapshot)
        if self._hearts:
            self._agents, self._mission = snapshot.agents, snapshot.mission
            hearts = self._look()
            self._missed = is_gone(self._mission, hearts), len(gone_members(self._agents, hearts))
            snapshot = with_its_life(replace(snapshot, hearts=hearts))
        snapshot = as_of(snapshot, datetime.now(UTC))
        self._next = min((item.until for item in snapshot.attention if item.open and item.until), default=None)
        return line_of(snapshot, str(self.spot.root), self.spot.team, reading=self._reader.more)

    def _look(self) -> Mapping[str, Heart]:
        if self._hearts is None:
            return {}
        stamp, before = stamp_of(self._hearts.folder), self._hearts.read_at
        hearts = self._hearts.of(self._agents)
        if self._hearts.read_at != before:  # else what began since then is not among them
            self._beats = stamp
        return hearts


def _alive(hearts: Mapping[str, Heart]) -> int | None:
    return sum(heart.life == "alive" for heart in hearts.values()) if hearts else None
