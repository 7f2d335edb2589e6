"""The memory's graph, newest first; from the journal alone when the memory cannot be read."""

from collections.abc import Sequence
from datetime import UTC, datetime

from tui.rows.memory import commit_row, graph_row
from tui.rows.query import Facts
from tui.rows.spans import Spans
from tui.snapshot import GraphLine, MemoryCommit
from tui.text import one_line
from tui.views.lines import Lines
from tui.views.view import Scene


class Memory(Lines[GraphLine | MemoryCommit]):
    """One row for each line of the graph."""

    FIELDS, noun = ("branch", "author", "age"), "commit"
    empty_words = "nothing is remembered yet"
    now = datetime.fromtimestamp(0, UTC)
    marked = ""

    def __init__(self, **where: object) -> None:
        super().__init__(**where)
        self._counted: tuple[object, int] = ((), 0)

    def show(self, scene: Scene, longer: tuple[GraphLine, ...] | None = None) -> None:
        """Show the graph of ``scene``, or ``longer``, which goes further back."""
        snapshot, self.now = scene.snapshot, scene.now
        graph = longer or snapshot.graph
        if graph is not self._counted[0]:
            self._counted = graph, sum(bool(line.id) for line in graph)
        drawn, told = self._counted[1], snapshot.totals.memory_commits
        counted = _counted(drawn, "commit") if drawn else _counted(told, "milestone") if told else ""
        self.count(counted, f", marked {self.marked[:10]}" if self.marked else "")
        shown: Sequence[GraphLine | MemoryCommit] = graph or tuple(reversed(snapshot.memory))
        self.show_items(shown)

    def row(self, item: GraphLine | MemoryCommit, cells: int) -> Spans:
        if isinstance(item, MemoryCommit):
            return commit_row(item, cells, now=self.now)
        return graph_row(item, cells, now=self.now, marked=bool(item.id) and item.id == self.marked)

    def rests(self, item: GraphLine | MemoryCommit) -> bool:
        return isinstance(item, MemoryCommit) or bool(item.id)

    def key(self, item: GraphLine | MemoryCommit) -> object:
        return item.id or item if isinstance(item, GraphLine) else item.commit

    def facts(self, item: GraphLine | MemoryCommit) -> Facts:
        if isinstance(item, MemoryCommit):
            return {"branch": item.branch, "author": item.agent, "age": (self.now - item.at).total_seconds()}
        age = (self.now - item.at).total_seconds() if item.at else None
        return {"branch": ", ".join(item.refs) or None, "author": item.author or None, "age": age}

    def text(self, item: GraphLine | MemoryCommit) -> str:
        if isinstance(item, MemoryCommit):
            return super().text(item)
        return one_line(f"{item.id} {' '.join(item.refs)} {item.subject} {item.author}")


def _counted(count: int, what: str) -> str:
    return f"{count:,} {what}{'s' if count != 1 else ''}"
