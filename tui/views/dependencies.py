"""What comes after what: the tasks as a forest, one line each; only the visible lines are drawn."""

from tui.projection.dependencies import Branch, forest
from tui.rows.board import branch_row, words_of
from tui.rows.floor import NOWHERE, TASK_FIELDS, floor_of
from tui.rows.query import Facts
from tui.rows.spans import Spans
from tui.snapshot import Task
from tui.views.lines import Lines
from tui.views.view import Scene
from tui.words import counted


class Dependencies(Lines[Branch]):
    """One row for each task."""

    FIELDS, noun = TASK_FIELDS, "task"
    empty_words = "no tasks yet"
    floor = NOWHERE
    tasks: tuple[Task, ...] = ()

    def show(self, scene: Scene) -> None:
        """Show the tasks of ``scene``."""
        self.floor = floor_of(scene.snapshot, scene.now)
        if scene.snapshot.tasks == self.tasks:
            self.repaint()
            return
        self.tasks = scene.snapshot.tasks
        branches = forest(self.tasks)
        rings = sum(bool(branch.ring) for branch in branches)
        said = f", ↺ {rings:,} ring{'s' if rings != 1 else ''}: what waits in one can never begin" if rings else ""
        self.count(counted(len(self.tasks), "task") if self.tasks else "", said)
        self.show_items(branches)

    def row(self, item: Branch, cells: int) -> Spans:
        return branch_row(item, self.floor, cells)

    def text(self, item: Branch) -> str:
        return words_of(item.task)

    def facts(self, item: Branch) -> Facts:
        return self.floor.facts(item.task)

    def key(self, item: Branch) -> object:
        return item.task.id

    def opened(self, item: Branch) -> object:
        return item.task
