"""The agents: who is doing what, and what it costs."""

from collections.abc import Mapping
from datetime import UTC, datetime
from types import MappingProxyType

from tui.rows.people import agent_heading, agent_row
from tui.rows.spans import Spans
from tui.snapshot import Agent, Heart
from tui.views.lines import Lines
from tui.views.view import Scene

AT_REST = ("idle", "left", "unknown")
FRAME_ROWS = 3


class Agents(Lines[Agent]):
    """One row for each agent."""

    empty_words = "nobody has joined yet"
    rows_wanted = 0
    now = datetime.fromtimestamp(0, UTC)
    hearts: Mapping[str, Heart] = MappingProxyType({})

    def show(self, scene: Scene) -> None:
        """Show the agents of ``scene``, those at work first."""
        snapshot = scene.snapshot
        self.now, self.hearts = scene.now, snapshot.hearts
        gone = {name for name, heart in snapshot.hearts.items() if heart.life == "gone"}
        at_work = sum(agent.state not in AT_REST and agent.name not in gone for agent in snapshot.agents)
        self.border_subtitle = f"{at_work} at work of {len(snapshot.agents)}" if snapshot.agents else ""
        self.rows_wanted = FRAME_ROWS + len(snapshot.agents)
        self.show_items(sorted(snapshot.agents, key=lambda agent: agent.state in AT_REST))

    def heading(self, cells: int) -> Spans | None:
        return agent_heading(cells, hearts=bool(self.hearts))

    def row(self, item: Agent, cells: int) -> Spans:
        return agent_row(item, self.hearts, cells, now=self.now)

    def key(self, item: Agent) -> object:
        return item.name
