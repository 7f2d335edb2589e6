"""The diff: what tasks changed in the user's repository, newest first, and the change under the cursor in full."""

from collections.abc import Hashable, Mapping
from datetime import tzinfo
from types import MappingProxyType
from typing import Any

from tui.lookups.changes import changes
from tui.rows.changes import change_row
from tui.rows.detail import Paragraph
from tui.rows.spans import Spans
from tui.snapshot import Change, Task
from tui.views.beside import Beside
from tui.views.lines import Lines
from tui.views.view import Scene


class Changes(Lines[Change]):
    """One row for each attempt that was judged, and for each merge."""

    empty_words = "nothing was handed in yet"
    tasks: Mapping[str, Task] = MappingProxyType({})
    zone: tzinfo | None = None

    def show(self, scene: Scene) -> None:
        """Show the changes of ``scene``."""
        self.zone = scene.zone
        self.tasks = {task.id: task for task in scene.snapshot.tasks}
        self.show_items(tuple(reversed(scene.snapshot.changes)))

    def row(self, item: Change, cells: int) -> Spans:
        return change_row(item, self.tasks, cells, zone=self.zone)

    def key(self, item: Change) -> object:
        return item.commit, item.what


class Diff(Beside):
    """Changes, and the diff of the one under the cursor."""

    def __init__(self, **where: Any) -> None:
        super().__init__(Changes(), **where)
        self.list.border_title = "6 diff"

    def show_list(self, scene: Scene) -> None:
        self.list.show(scene)
        self.text.display = bool(scene.snapshot.changes)

    def name_of(self, item: Any) -> Hashable:
        return (item.parent, item.commit) if isinstance(item, Change) else None

    def title_of(self, item: Any) -> str:
        return f"#{item.task} {item.what} {item.commit[:10]}"

    def look_up(self, item: Any, scene: Scene) -> list[Paragraph]:
        return changes(scene.places.project, item)
