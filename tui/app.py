"""The live screen: takes pictures from a source, and shows the one view that is looked at.

Rule 1: the source works in a thread of its own; here a picture only arrives as a message.
Rule 2: of several pictures that arrived meanwhile, only the newest is drawn, and only on what is seen.
Rule 3: nothing is read or written here.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, tzinfo
from functools import partial
from typing import Any, ClassVar

from textual import events, on
from textual.app import ComposeResult, SystemCommand
from textual.binding import BindingType
from textual.screen import Screen

from tui.acting.control import Control
from tui.clocks import pace_of, wall_clock
from tui.rows.detail import Paragraph
from tui.rows.small import is_tiny
from tui.snapshot import Snapshot
from tui.sources.port import Choosing, Source
from tui.theme import DARK, PALETTES, next_of
from tui.views.arriving import Arriving
from tui.views.commands import KEYS, commands
from tui.views.header import Foot, Head
from tui.views.narrowing import Words, widen
from tui.views.overview import NARROW
from tui.views.page import Page
from tui.views.reading import ReadingApp
from tui.views.registry import OVERVIEW
from tui.views.stage import Stage
from tui.views.title import TerminalTitle
from tui.views.travelling import Steered, Travelling
from tui.views.typed import LINE_KEYS, Typed
from tui.views.view import Chosen, Narrowing, Places, Scene, Turned


class MonitorApp(ReadingApp):
    """Head, one view, foot."""

    TITLE = "onecontext"
    CSS_PATH = "monitor.tcss"
    COMMAND_PALETTE_BINDING = "colon"
    # Our rows are drawn without it, and a drag, also one that began on the time bar, would scroll the lists it passes.
    ALLOW_SELECT = False
    BINDINGS: ClassVar[list[BindingType]] = KEYS

    def __init__(
        self,
        source: Source,
        *,
        label: str,
        theme: str = DARK.name,
        advice: list[str] | None = None,
        now: Callable[[Snapshot], datetime] = wall_clock,
        zone: tzinfo | None = None,
        places: Places | None = None,
        control: Control | None = None,
        begin: str | None = None,
        env: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__()
        self._env = env or {}
        self._arriving = Arriving(self, pace_of(self._env), self._take)
        self._begin = begin
        self._source = source
        self._places = places
        self.control = control or Control()
        self._now = now
        self.zone = zone
        self._empty = Page([Paragraph("", line, "plain") for line in advice or []], id="empty")
        self._head, self._foot, self._words = Head(), Foot(), Words()
        self._foot.source = label
        self._leaving = False
        self._window_title = TerminalTitle(self)
        self.snapshot = Snapshot()
        self.stage = Stage(self.scene)
        self._time = Travelling(self.stage, source if isinstance(source, Steered) else None, zone)
        for palette in PALETTES:
            self.register_theme(palette)
        self.theme = theme

    def compose(self) -> ComposeResult:
        yield self._head
        yield self._empty
        yield self._time
        yield self._words
        yield self._foot

    def on_mount(self) -> None:
        for part in (self._empty, self._time, self._words):
            part.display = False
        self.set_interval(1.0, partial(self._arriving.tick, self._draw))
        # Back from the shell the terminal's screen is an empty one, of which a picture would draw what changed.
        self.app_resume_signal.subscribe(self, lambda _: self.action_redraw())
        self._source.start(self._arriving.receive)
        if self._begin:
            self.action_look_at(self._begin)

    def on_unmount(self) -> None:
        self._leaving = True
        self._window_title.give_back()
        self._source.close()

    def _take(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot
        self._draw()

    @property
    def scene(self) -> Scene:
        """The newest picture, as it is looked at now."""
        places = self._places or Places.of(self.snapshot.root, self._env)
        return Scene(self.snapshot, self._now(self.snapshot), self.zone, places)

    def _draw(self) -> None:
        if self._leaving or not self._foot.is_attached:
            return  # the screen is being taken down, and a picture or a tick came late
        scene = self.scene
        any_events = scene.snapshot.totals.events > 0
        # Not by a class of the screen, for the styles of all that is on it would be made anew; of a part they are, too.
        for part, shown in ((self._empty, not any_events), (self._time, any_events)):
            if part.display is not shown:
                part.display = shown
        self._head.show(scene.snapshot, now=scene.now)
        self._foot.show(scene.snapshot)
        self.stage.show(scene)
        self.show_sheets()
        self._window_title.show(scene.snapshot)
        self._time.show(scene)

    def on_cursor_position(self) -> None:
        self._arriving.answered()

    def settled(self, then: Callable[[], object]) -> None:
        self._arriving.settled(then)

    async def action_quit(self) -> None:
        """Leave; the agents go on."""
        self._arriving.settled(self.exit, for_good=True)

    def action_background(self) -> None:
        """Give the terminal back to the shell, until its ``fg``; where there is none (a browser) nothing happens."""
        self._arriving.settled(self.action_suspend_process)

    def action_redraw(self) -> None:
        """Draw all of it again, over what another program wrote there."""
        self.screen.refresh()

    def on_resize(self, event: events.Resize) -> None:
        for screen in self.screen_stack[:1]:  # at the end there is none
            screen.set_class(event.size.width < NARROW, "narrow")
            screen.set_class(is_tiny(*event.size), "tiny")

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        """Return what the palette of commands offers (``:``)."""
        for command in commands():
            yield SystemCommand(command.name, command.help, partial(self.run_action, command.action))

    # --- which view is looked at ------------------------------------------------------------------------------------

    def action_view(self, name: str) -> None:
        """Go to a pane of the overview, or give the view the whole screen."""
        if self.at_top:
            self.stage.go_to(name)
            self._name_keys()

    def action_look_at(self, name: str) -> None:
        """Give the view ``name`` the whole screen."""
        if self.at_top:
            self.stage.look_at(name)
            self._name_keys()

    def action_overview(self) -> None:
        """Go back to all of it at a glance."""
        self.action_look_at(OVERVIEW)

    def action_go_back(self) -> None:
        """Show all again of a list that is narrowed, else all of it at a glance."""
        if not (self.at_top and widen(self.focused)):
            self.action_overview()

    def action_travel(self, what: str, by: int) -> None:
        """Go through the past (:mod:`tui.views.travelling`)."""
        self._time.action_travel(what, by)

    def action_go_to(self) -> None:
        """Ask where in the past to go."""
        self._time.action_go_to()

    def action_zoom(self) -> None:
        """Give the whole screen to the pane with the focus, or take it back."""
        if self.at_top:
            self.stage.zoom()
            self._name_keys()

    @on(events.DescendantFocus)
    @on(events.DescendantBlur)
    @on(Turned)
    def _name_keys(self) -> None:
        # A line that is asked on a screen above covers this foot, and leaves it as it was. At the end the focus goes
        # after the last screen has.
        if not self.screen_stack:
            return
        line = self.screen_stack[0].focused
        if isinstance(line, Typed):
            self._foot.say(LINE_KEYS)
        else:
            self._foot.keys_of(self.stage.view.own_keys, home=self.stage.at_home)

    @on(Chosen)
    def _choose(self, chosen: Chosen) -> None:
        if isinstance(self._source, Choosing):
            self._source.look_at(chosen.line)
            self.action_overview()

    # --- what is under the cursor -----------------------------------------------------------------------------------

    def action_peek(self) -> None:
        """Tell what is under the cursor beside the list, or stop."""
        if self.at_top:
            self.stage.peek()

    def action_narrow(self) -> None:
        """Narrow the list with the focus to what has some words."""
        target = getattr(self.focused, "narrowing", self.focused)
        if self.at_top and isinstance(target, Narrowing):
            self._foot.display = False
            self._words.open(target)

    @on(Words.Closed)
    def _narrowed(self) -> None:
        self._foot.display = True
        target = self._words.target
        if target is not None and hasattr(target, "focus"):
            target.focus()

    # --- colours ------------------------------------------------------------------------------------------------

    def action_palette(self) -> None:
        """Go to the next palette: dark, light, and one for eyes that see few colours."""
        self.theme = next_of(self.theme)
        # A page in a browser has the ground of its screen.
        self._window_title.show(self.snapshot)
