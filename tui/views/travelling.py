"""Travelling in time: the keys that go through a recording, or step out of a run into its past, around the views.

Rule 1: nothing here knows how a recording is read; what is wanted is an order to the source, which shows a picture.
Rule 2: where there is nothing to travel in the keys are not there, so that lists keep theirs.
"""

from datetime import tzinfo
from typing import ClassVar, Protocol, runtime_checkable

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container
from textual.widgets import Input

from onecontext.errors import UsageError
from tui.projection.playhead import EDGE, GO, Order
from tui.projection.targets import FORMS, parse
from tui.views.stage import Stage
from tui.views.timebar import Sought, TimeBar
from tui.views.typed import Typed
from tui.views.view import Scene


@runtime_checkable
class Steered(Protocol):
    """A source that can be looked at at another time."""

    def order(self, order: Order) -> None: ...


class GoTo(Typed):
    """One line that asks for a place."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "drop", show=False)]

    def __init__(self) -> None:
        super().__init__(id="go-to", placeholder=f"go to {FORMS}", compact=True)

    def action_drop(self) -> None:
        """Go nowhere."""
        self.post_message(self.Submitted(self, ""))


class Travelling(Container):
    """The stage, and below it the time bar while a recording is looked at."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("p", "travel('play', 0)", show=False),
        Binding("comma", "travel('step', -1)", show=False),
        Binding("full_stop", "travel('step', 1)", show=False),
        Binding("less_than_sign", "travel('faster', -1)", show=False),
        Binding("greater_than_sign", "travel('faster', 1)", show=False),
        Binding("left_square_bracket", "travel('mark', -1)", show=False),
        Binding("right_square_bracket", "travel('mark', 1)", show=False),
        Binding("left_curly_bracket", "travel('seconds', -60)", show=False),
        Binding("right_curly_bracket", "travel('seconds', 60)", show=False),
        Binding("T", "travel('live', 0)", show=False),
        Binding("at,percent_sign", "go_to", show=False),
        # Before the lists: they have ctrl+home and ctrl+end for their own ends.
        Binding("home", "edge(-1)", show=False, priority=True),
        Binding("end", "edge(1)", show=False, priority=True),
    ]

    def __init__(self, stage: Stage, source: Steered | None, zone: tzinfo | None) -> None:
        super().__init__()
        self._stage, self._source, self._zone = stage, source, zone
        self._bar, self._go_to = TimeBar(zone), GoTo()

    def compose(self) -> ComposeResult:
        yield self._stage
        yield self._bar
        yield self._go_to

    def on_mount(self) -> None:
        self._bar.display = self._go_to.display = False

    def show(self, scene: Scene) -> None:
        """Show where ``scene`` is in time."""
        self._bar.show(scene.snapshot.moment)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "edge":
            return self._source is not None and self._bar.display and not self._go_to.has_focus
        return self._source is not None if action in ("travel", "go_to") else True

    def action_travel(self, what: str, by: int) -> None:
        """Go ``by`` of ``what`` (:mod:`tui.projection.playhead`) through the recording, or step into the past first."""
        if self._source is not None and len(self.app.screen_stack) == 1:
            self._source.order(Order(what, by))

    def action_edge(self, by: int) -> None:
        """Go to the beginning or the end; the end of a run that goes on is what happens now."""
        self.action_travel(EDGE, by)

    def action_go_to(self) -> None:
        """Ask where to go."""
        if self._source is not None and len(self.app.screen_stack) == 1:
            self._go_to.value = ""
            self._go_to.display = True
            self._go_to.focus()

    @on(Sought)
    def _seek(self, sought: Sought) -> None:
        if self._source is not None:
            self._source.order(Order(GO, to=parse(str(sought.seq), zone=self._zone)))

    @on(Input.Submitted, "#go-to")
    def _asked(self, event: Input.Submitted) -> None:
        event.stop()
        self._go_to.display = False
        self._stage.view.first().focus()
        if event.value.strip() and self._source is not None:
            try:
                self._source.order(Order(GO, to=parse(event.value, zone=self._zone)))
            except UsageError as error:
                self.notify(f"{error.message}; {error.hint}", severity="warning", timeout=6, markup=False)
