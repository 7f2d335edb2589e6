"""A list, and beside it the text of what is under its cursor: at the right where there is room, else below.

Rule 1: the text is looked up in a thread, a moment after the cursor came to rest, and only where it is another thing.
"""

from abc import abstractmethod
from collections.abc import Hashable
from typing import Any, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container
from textual.timer import Timer
from textual.widget import Widget

from tui.rows.detail import Paragraph
from tui.views.lines import Lines, Opened, Pointed
from tui.views.page import Page
from tui.views.sheet import TextSheet
from tui.views.view import Scene, View

REST_S = 0.08
"""A cursor that runs through a list does not have each thing on its way looked up."""


class Beside(View):
    """A list and a text. Subclasses say what is listed, and what is looked up for an item."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("n", "head(1)", show=False),
        Binding("N", "head(-1)", show=False),
    ]
    opens_text = True
    """Whether ``enter`` opens the text as a sheet; else what the item tells of itself."""

    def __init__(self, listed: Lines[Any], **where: Any) -> None:
        super().__init__(**where)
        self.list: Any = listed
        self.text = Page([])
        self.text.add_class("beside")
        self._told: Hashable = None
        self._timer: Timer | None = None

    def compose(self) -> ComposeResult:
        with Container(classes="pair"):
            yield self.list
            yield self.text

    def draw(self, scene: Scene) -> None:
        self.show_list(scene)
        self._look_soon()

    @abstractmethod
    def show_list(self, scene: Scene) -> None:
        """Hand the list what it shows."""

    @abstractmethod
    def look_up(self, item: Any, scene: Scene) -> list[Paragraph]:
        """Return the text for ``item``; called in a thread."""

    @abstractmethod
    def name_of(self, item: Any) -> Hashable:
        """Return what the text depends on: another name is looked up anew. None: there is nothing to tell."""

    @abstractmethod
    def title_of(self, item: Any) -> str:
        """Return the title of the text."""

    def first(self) -> Widget:
        found: Widget = self.list
        return found

    @on(Pointed)
    def _pointed(self) -> None:
        self._look_soon()

    @on(Opened)
    def _open(self, opened: Opened) -> None:
        item = opened.item
        if self.opens_text and item is self.list.selected and self.name_of(item) == self._told and self.text.paragraphs:
            opened.stop()
            self.app.push_screen(TextSheet(self.title_of(item), self.text.paragraphs, item))

    def action_head(self, by: int) -> None:
        """Go on in the text to the next (1) or the last (-1) head of a file or a hunk."""
        self.text.action_head(by)

    def _look_soon(self) -> None:
        if self._timer is None:
            self._timer = self.set_timer(REST_S, self.look)

    def look(self) -> None:
        """Look the item under the cursor up, where it is another than the one that is told."""
        self._timer = None
        item, scene = self.list.selected, self.scene
        name = self.name_of(item) if item is not None else None
        if scene is None or name == self._told:
            return
        self._told = name
        if name is None:
            self.text.border_title = ""
            self.text.tell([])
            return
        self.text.border_title = self.title_of(item)
        self.ask(lambda: self.look_up(item, scene), self.text.tell)
