"""The board on the whole screen: four rows for a task, and after ``d`` what comes after what."""

from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widget import Widget

from tui.rows.board import WHOLE_ROWS
from tui.views.board import Board
from tui.views.dependencies import Dependencies
from tui.views.view import Scene, View


class WholeBoard(View):
    """The columns, or the forest of dependencies."""

    KEYS = (("d", "dependencies"),)
    BINDINGS: ClassVar[list[BindingType]] = [Binding("d", "dependencies", show=False)]

    def __init__(self, **where: Any) -> None:
        super().__init__(**where)
        self.board, self.forest = Board(card_rows=WHOLE_ROWS), Dependencies()
        self._shown: Board | Dependencies = self.board

    def compose(self) -> ComposeResult:
        self.board.border_title = "1 board"
        self.forest.border_title = "1 board: what comes after what"
        self.forest.display = False
        yield self.board
        yield self.forest

    def draw(self, scene: Scene) -> None:
        self._shown.show(scene)

    def first(self) -> Widget:
        return self._shown

    def action_dependencies(self) -> None:
        """Show the dependencies, or the columns again."""
        self._shown.display = False
        self._shown = self.board if self._shown is self.forest else self.forest
        self._shown.display = True
        if self.scene:
            self._shown.show(self.scene)
        self._shown.focus()
