"""The agents: who is doing what, waits for whom, and what it costs."""

from collections.abc import Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

from tui.rows.agents import AGENT_FIELDS, agent_facts, agent_heading, agent_row, at_work, needing, ordered, waiting_for
from tui.rows.floor import NOWHERE, floor_of
from tui.rows.query import Facts
from tui.rows.spans import Spans
from tui.snapshot import Agent, Heart
from tui.views.lines import Lines
from tui.views.view import Scene

FRAME_ROWS = 3


class Agents(Lines[Agent]):
    """One row for each agent; ``whole``: with all columns there are."""

    FIELDS, noun = AGENT_FIELDS, "agent"
    empty_words = "nobody has joined yet"
    rows_wanted = 0
    now = datetime.fromtimestamp(0, UTC)
    hearts: Mapping[str, Heart] = MappingProxyType({})
    floor = NOWHERE

    def __init__(self, *, whole: bool = False, **where: Any) -> None:
        super().__init__(**where)
        self._whole = whole

    def show(self, scene: Scene) -> None:
        """Show the agents of ``scene``, those who need a look first."""
        snapshot = scene.snapshot
        self.now, self.hearts, self.floor = scene.now, snapshot.hearts, floor_of(snapshot, scene.now)
        self.count("", self._counted(snapshot.agents) if snapshot.agents else "")
        self.rows_wanted = FRAME_ROWS + len(snapshot.agents)
        self.show_items(ordered(snapshot.agents, snapshot.hearts))

    def _counted(self, agents: tuple[Agent, ...]) -> str:
        bad = needing(agents, self.hearts)
        look = f", ▲ {bad:,} to look at" if bad else ""
        return f"{at_work(agents, self.hearts):,} at work of {len(agents):,}{look}"

    def has_heading(self) -> bool:
        return True

    def heading(self, cells: int) -> Spans:
        return agent_heading(cells, hearts=bool(self.hearts), whole=self._whole)

    def row(self, item: Agent, cells: int) -> Spans:
        waits = waiting_for(item, self.floor)
        return agent_row(item, self.hearts, cells, now=self.now, whole=self._whole, waits=waits)

    def facts(self, item: Agent) -> Facts:
        return agent_facts(item, self.hearts)

    def key(self, item: Agent) -> object:
        return item.name
