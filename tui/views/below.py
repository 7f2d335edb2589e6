"""A list, and below it all there is to know about what is under its cursor, as of now."""

from typing import Any

from textual import on
from textual.app import ComposeResult
from textual.widget import Widget

from tui.views.lines import Lines, Pointed
from tui.views.peek import Peek
from tui.views.view import Scene, View


class Told(Peek):
    """What is under the cursor, told in its place; it never has the focus."""

    def __init__(self) -> None:
        super().__init__(identifier=None, closes="enter opens")
        self.add_class("told")


class Below(View):
    """A list that takes the rows it needs, up to half of them, and a text that takes the rest."""

    def __init__(self, listed: Lines[Any], title: str, **where: Any) -> None:
        super().__init__(**where)
        self.list: Any = listed
        self.list.border_title = title
        self.told = Told()

    def compose(self) -> ComposeResult:
        yield self.list
        yield self.told

    def draw(self, scene: Scene) -> None:
        self.list.show(scene)
        self._share()
        self._tell()

    def on_resize(self) -> None:
        self._share()

    def _share(self) -> None:
        if not self.told.display:  # the peek tells the same
            self.list.styles.height = "1fr"
            return
        self.list.styles.height = max(5, min(self.list.rows_wanted, self.size.height // 2))

    @on(Pointed)
    def _tell(self) -> None:
        if self.scene:
            self.told.tell(self.list.pointed, self.scene.snapshot, self.scene.zone)

    def first(self) -> Widget:
        found: Widget = self.list
        return found
