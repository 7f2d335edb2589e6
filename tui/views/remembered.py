"""The memory: the graph of all branches, a milestone's three blocks beside it, and what lies between two of them."""

from collections.abc import Hashable
from typing import Any, ClassVar

from textual.binding import Binding, BindingType

from tui.lookups import memory
from tui.rows.detail import Paragraph
from tui.snapshot import GraphLine, MemoryCommit
from tui.views.beside import Beside
from tui.views.memory import Memory
from tui.views.view import Scene

SHOWN = 10  # characters of a commit


class Remembered(Beside):
    """The graph, and what is under the cursor in full; after ``m`` what changed since the marked one."""

    KEYS = (("m", "mark, for a diff"),)
    BINDINGS: ClassVar[list[BindingType]] = [Binding("m", "mark", show=False)]

    def __init__(self, **where: Any) -> None:
        super().__init__(Memory(), **where)
        self.list.border_title = "4 memory"
        self._marked = ""

    def show_list(self, scene: Scene) -> None:
        self.list.show(scene)

    def name_of(self, item: Any) -> Hashable:
        commit = commit_of(item)
        return (commit, self._marked) if commit else None

    def title_of(self, item: Any) -> str:
        commit = commit_of(item)[:SHOWN]
        if self._marked and self._marked != commit_of(item):
            return f"from {self._marked[:SHOWN]} (marked) to {commit}"
        return f"{commit} (marked)" if self._marked else commit

    def look_up(self, item: Any, scene: Scene) -> list[Paragraph]:
        commit = commit_of(item)
        if self._marked and self._marked != commit:
            return memory.difference(scene.places.memory, self._marked, commit)
        return memory.milestone(scene.places.memory, commit, scene.zone)

    def action_mark(self) -> None:
        """Mark the milestone under the cursor: others then tell what changed since it; the same again unmarks it."""
        commit = commit_of(self.list.selected)
        self._marked = "" if commit == self._marked else commit
        self.list.border_subtitle = f"marked {self._marked[:SHOWN]}" if self._marked else ""
        self.look()


def commit_of(item: Any) -> str:
    """Return the commit of a line; "" of one that has none."""
    if isinstance(item, GraphLine):
        return item.id
    return item.commit if isinstance(item, MemoryCommit) else ""
