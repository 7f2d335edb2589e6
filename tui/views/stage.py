"""The place between head and foot: one view that is looked at, and the peek beside it.

Rule 1: a view is made when it is first looked at, and kept; only the one that is looked at is handed scenes.
"""

from typing import Any, ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container
from textual.widget import Widget

from tui.rows.milestones import newest_of
from tui.views.lines import Pointed
from tui.views.overview import Overview
from tui.views.peek import Peek
from tui.views.registry import MEMORY, OVERVIEW, PANES, VIEWS, make
from tui.views.typed import Typed
from tui.views.view import Scene, View


class Stage(Container):
    """Shows one view; begins with the overview."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("g", "graph", show=False)]

    def __init__(self, scene: Scene) -> None:
        super().__init__(id="stage")
        self._scene = scene
        self._overview, self._peek = Overview(), Peek()
        self._views: dict[str, View] = {OVERVIEW: self._overview}
        self._view: View = self._overview
        self._left: Widget | None = None
        """What had the focus last; a line that is typed into leaves it as it was."""

    @property
    def view(self) -> View:
        """The view that is looked at."""
        return self._view

    @property
    def at_home(self) -> bool:
        """Whether that is the overview."""
        return self._view is self._overview

    @property
    def selected(self) -> Any:
        """What is under the cursor, of the list that has the focus; None when there is nothing."""
        focused = self.screen.focused
        if isinstance(focused, Typed):
            focused = self._left  # what is typed is about it, as with ``/``
        return getattr(focused, "pointed", getattr(focused, "selected", None))

    def compose(self) -> ComposeResult:
        yield self._overview
        yield self._peek

    def on_mount(self) -> None:
        self._peek.display = False
        self._overview.first().focus()

    def show(self, scene: Scene) -> None:
        """Draw ``scene`` on the view, and what is under the cursor beside it."""
        self._scene = scene
        self._view.show(scene)
        self._tell(self.selected)

    def look_at(self, name: str) -> None:
        """Show the view ``name`` on the whole stage, and give it the focus."""
        self._view.display = False
        if name not in self._views:
            made = self._views[name] = make(next(entry for entry in VIEWS if entry.name == name))
            self.mount(made, before=self._peek)
        self._view = self._views[name]
        self._view.display = True
        self._view.show(self._scene)
        self.call_after_refresh(self._focus, self._view)

    def go_to(self, name: str) -> None:
        """Go to a pane of the overview; from there, or to what is no pane, to the view on the whole stage."""
        if self.at_home and name in PANES and not self._overview.reveal(name):
            return
        self.look_at(name)

    def zoom(self) -> None:
        """Give the whole stage to the pane with the focus, or take it back."""
        focused = self.app.focused
        if not self.at_home:
            self.look_at(OVERVIEW)
        elif focused is not None and focused.id in PANES:
            self.look_at(focused.id)

    def action_graph(self) -> None:
        """Look at the memory's graph, the cursor on the newest milestone of what is under it here."""
        commit = newest_of(self.selected, self._scene.snapshot.memory)
        self.look_at(MEMORY)
        self.call_after_refresh(self._view.point_at, commit)

    def peek(self) -> None:
        """Tell what is under the cursor beside the view, or stop."""
        self._peek.display = not self._peek.display
        self.set_class(self._peek.display, "peeking")
        self._tell(self.selected)

    def _focus(self, view: View) -> None:
        if view is self._view and view.is_attached:
            view.first().focus()

    @on(events.DescendantFocus)
    def _remember(self, event: events.DescendantFocus) -> None:
        if not isinstance(event.widget, Typed):
            self._left = event.widget

    @on(Pointed)
    def _point(self, pointed: Pointed) -> None:
        self._tell(pointed.item)

    def _tell(self, item: Any) -> None:
        if self._peek.display:
            self._peek.tell(item, self._scene.snapshot, self._scene.zone)
