"""The memory's graph, newest first; from the journal alone when the memory cannot be read."""

from datetime import UTC, datetime

from tui.rows.memory import commit_row, graph_row
from tui.rows.spans import Spans
from tui.snapshot import GraphLine, MemoryCommit
from tui.views.lines import Lines
from tui.views.view import Scene


class Memory(Lines[GraphLine | MemoryCommit]):
    """One row for each line of the graph."""

    empty_words = "nothing is remembered yet"
    now = datetime.fromtimestamp(0, UTC)

    def show(self, scene: Scene) -> None:
        """Show the graph of ``scene``."""
        snapshot, self.now = scene.snapshot, scene.now
        drawn, told = sum(bool(line.id) for line in snapshot.graph), snapshot.totals.memory_commits
        self.border_subtitle = _counted(drawn, "commit") if drawn else _counted(told, "milestone") if told else ""
        self.show_items(snapshot.graph or tuple(reversed(snapshot.memory)))

    def row(self, item: GraphLine | MemoryCommit, cells: int) -> Spans:
        if isinstance(item, GraphLine):
            return graph_row(item, cells, now=self.now)
        return commit_row(item, cells, now=self.now)

    def key(self, item: GraphLine | MemoryCommit) -> object:
        return item.id or item if isinstance(item, GraphLine) else item.commit


def _counted(count: int, what: str) -> str:
    return f"{count:,} {what}{'s' if count != 1 else ''}"
