"""The graph of all branches, a milestone's three blocks beside it, and what lies between two of them.

Rule 1: a picture holds the newest commits; further back is looked up while somebody looks, when a branch moved.
"""

from collections.abc import Hashable
from typing import Any, ClassVar

from textual.binding import Binding, BindingType

from tui.lookups import memory
from tui.lookups.graph import LongGraph
from tui.rows.detail import Paragraph
from tui.snapshot import GraphLine, MemoryCommit
from tui.sources.graph import LIMIT
from tui.views.beside import Beside
from tui.views.memory import Memory
from tui.views.view import Scene

SHOWN = 10  # characters of a commit


class Graphed(Beside):
    """The graph, and what is under the cursor in full; after ``m`` what changed since the marked one."""

    KEYS = (("s", "search"), ("c", "context"), ("m", "mark, for a diff"), ("n N", "next, last change"))
    BINDINGS: ClassVar[list[BindingType]] = [Binding("m", "mark", show=False)]

    def __init__(self, **where: Any) -> None:
        super().__init__(Memory(), **where)
        self.list.border_title = "4 memory"
        self._marked = ""
        self._long = LongGraph()
        self._longer: tuple[GraphLine, ...] | None = None
        self._asked_of: object = None

    def show_list(self, scene: Scene) -> None:
        graph = scene.snapshot.graph
        if scene.snapshot.moment is not None or sum(bool(line.id) for line in graph[: 2 * LIMIT]) < LIMIT:
            self._longer = None  # of a recording it shows what was there then; of a short memory this is all
        elif graph is not self._asked_of and scene.places.memory is not None and self._long.rest.is_over():
            self._asked_of, place = graph, scene.places.memory
            self.ask(lambda: self._long.lines(place), self._take_longer, about="graph")
        self.list.show(scene, self._longer)

    def _take_longer(self, lines: tuple[GraphLine, ...] | None) -> None:
        self._longer = lines
        if self.scene is not None:
            self.list.show(self.scene, lines)

    def name_of(self, item: Any) -> Hashable:
        commit = commit_of(item)
        return (commit, self._marked) if commit else None

    def title_of(self, item: Any) -> str:
        commit = commit_of(item)[:SHOWN]
        if self._marked and self._marked != commit_of(item):
            return f"from {self._marked[:SHOWN]} (marked) to {commit}"
        return f"{commit} (marked)" if self._marked else commit

    def look_up(self, item: Any, scene: Scene) -> list[Paragraph]:
        commit, places = commit_of(item), scene.places
        if self._marked and self._marked != commit:
            return memory.difference(places.memory, places.project, self._marked, commit)
        return memory.milestone(places.memory, commit, scene.zone)

    def action_mark(self) -> None:
        """Mark the milestone under the cursor: others then tell what changed since it; the same again unmarks it."""
        commit = commit_of(self.list.selected)
        self._marked = "" if commit == self._marked else commit
        self.list.marked = self._marked
        self.list.refresh()
        if self.scene is not None:
            self.list.show(self.scene, self._longer)
        self.look()


def commit_of(item: Any) -> str:
    """Return the commit of a line; "" of one that has none."""
    if isinstance(item, GraphLine):
        return item.id
    return item.commit if isinstance(item, MemoryCommit) else ""
