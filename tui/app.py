"""The live screen: takes snapshots from a source and shows them; reads nothing itself and writes nothing.

Rule 1: the source works in a thread of its own; here a snapshot only arrives as a message.
Rule 2: of several snapshots that arrived meanwhile, only the newest is drawn.
"""

from collections.abc import Callable
from datetime import UTC, datetime, tzinfo
from typing import ClassVar, Protocol

from textual import events, on
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.widget import Widget

from tui.rows.detail import Paragraph, detail_of
from tui.snapshot import Snapshot
from tui.theme import DARK, LIGHT
from tui.views.agents import Agents
from tui.views.board import Board
from tui.views.header import Foot, Head
from tui.views.lines import Opened
from tui.views.log import Log
from tui.views.memory import Memory
from tui.views.messages import Messages
from tui.views.sheets import Page, attention_sheet, help_sheet, page

NARROW = 100
HEAD_AND_FOOT_ROWS = 4
PANES = ("board", "agents", "log", "memory", "messages")
SHARED = ("log", "memory", "messages")


class Source(Protocol):
    """Where snapshots come from (:class:`tui.follow.Follower`, :class:`tui.replay.Replay`)."""

    def start(self, show: Callable[[Snapshot], None]) -> None: ...
    def close(self) -> None: ...


class Arrived(Message):
    """A new snapshot is there to be drawn."""


def wall_clock(snapshot: Snapshot) -> datetime:
    """Return the time: ages on a live screen are counted from now."""
    return datetime.now(UTC)


def newest_event(snapshot: Snapshot) -> datetime:
    """Return the time of the newest event: ages in a recording are counted from there."""
    return snapshot.last_event_at or datetime.fromtimestamp(0, UTC)


class MonitorApp(App[None]):
    """Header, five panes, footer."""

    TITLE = "onecontext"
    CSS_PATH = "monitor.tcss"
    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar[list[BindingType]] = [
        *(Binding(str(number), f"pane('{name}')", show=False) for number, name in enumerate(PANES, 1)),
        Binding("z", "zoom", show=False),
        Binding("a", "attention", show=False),
        Binding("t", "palette", show=False),
        Binding("question_mark", "help", show=False),
        Binding("q", "quit", show=False),
        # Textual would ask first; there is nothing here to lose.
        Binding("ctrl+c", "quit", show=False, priority=True),
    ]

    def __init__(
        self,
        source: Source,
        *,
        label: str,
        theme: str = DARK.name,
        advice: list[str] | None = None,
        now: Callable[[Snapshot], datetime] = wall_clock,
        zone: tzinfo | None = None,
    ) -> None:
        super().__init__()
        self._source = source
        self._now = now
        self._zone = zone
        self._advice = advice or []
        self._head, self._foot = Head(), Foot()
        self._board, self._agents = Board(id="board"), Agents(id="agents")
        self._tail, self._memory, self._messages = Log(id="log"), Memory(id="memory"), Messages(id="messages")
        self._panes: tuple[Widget, ...] = (
            self._head,
            self._board,
            self._agents,
            self._tail,
            self._memory,
            self._messages,
        )
        self._tail.zone = self._messages.zone = zone
        self._foot.source = label
        self._leaving = False
        self._arrived: Snapshot | None = None
        self.snapshot = Snapshot()
        for palette in (DARK, LIGHT):
            self.register_theme(palette)
        self.theme = theme

    def compose(self) -> ComposeResult:
        yield self._head
        yield Page([Paragraph("", line, "plain") for line in self._advice], id="empty")
        yield self._board
        with Horizontal(id="below"):
            with Vertical(id="left"):
                yield self._agents
                yield self._tail
            with Vertical(id="right"):
                yield self._memory
                yield self._messages
        yield self._foot

    def on_mount(self) -> None:
        for number, name in enumerate(PANES, 1):
            self.query_one(f"#{name}").border_title = f"{number} {name}"
        self.screen.add_class("with-log", "empty")
        self._board.focus()
        self.set_interval(1.0, self._draw)
        self._source.start(self._receive)

    def on_unmount(self) -> None:
        self._leaving = True
        self._source.close()

    def _receive(self, snapshot: Snapshot) -> None:
        """Called by the source's thread: leave the snapshot here and say so."""
        self._arrived = snapshot
        self.post_message(Arrived())

    @on(Arrived)
    def _arrive(self) -> None:
        if self._arrived is not None:
            self.snapshot, self._arrived = self._arrived, None
            self._draw()

    def _draw(self) -> None:
        if self._leaving or not all(pane.is_attached for pane in self._panes):
            return  # the screen is being taken down, and a snapshot or a tick came late
        snapshot = self.snapshot
        now = self._now(snapshot)
        self.screen_stack[0].set_class(not snapshot.totals.events, "empty")
        self._head.show(snapshot, now=now)
        self._foot.show(snapshot)
        self._board.show(snapshot)
        self._agents.show(snapshot, now=now)
        self._messages.show(snapshot)
        self._memory.show(snapshot, now=now)
        self._tail.show(snapshot)
        self._share(self.size.height)

    def on_resize(self, event: events.Resize) -> None:
        self.screen_stack[0].set_class(event.size.width < NARROW, "narrow")
        self._share(event.size.height)

    def _share(self, rows: int) -> None:
        """Give the board and the agents the rows they need, up to a share each; the log has the rest."""
        board, agents = self._board, self._agents
        if self.screen_stack[0].has_class("zoomed"):
            board.styles.height = agents.styles.height = None  # the style sheet's: all there is
            return
        body = rows - HEAD_AND_FOOT_ROWS
        board.styles.height = max(5, min(board.rows_wanted, body * 2 // 5))
        agents.styles.height = max(5, min(agents.rows_wanted, (body - 5) // 2))

    def action_pane(self, name: str) -> None:
        """Go to a pane; on a narrow screen the last three share a place, and the one asked for gets it."""
        base = self.screen_stack[0]
        if self.screen is not base:
            return
        if name in SHARED:
            for other in SHARED:
                base.set_class(other == name, f"with-{other}")
        if base.has_class("zoomed"):
            self._zoom(base.query_one(f"#{name}"))
        base.query_one(f"#{name}").focus()

    def action_zoom(self) -> None:
        """Give the whole screen to the pane with the focus, or take it back."""
        if self.screen.has_class("zoomed"):
            self.screen.remove_class("zoomed")
        elif isinstance(self.focused, Widget) and self.focused.id in PANES:
            self._zoom(self.focused)
            self.screen.add_class("zoomed")
        self._share(self.size.height)

    def _zoom(self, pane: Widget) -> None:
        self.screen_stack[0].query(".zoom").remove_class("zoom")
        pane.add_class("zoom")
        for around in pane.ancestors:
            if isinstance(around, Horizontal | Vertical):
                around.add_class("zoom")

    @on(Opened)
    def _open(self, opened: Opened) -> None:
        if isinstance(opened.item, list):
            return  # a line of a page that is open already
        self.push_screen(page(*detail_of(opened.item, self.snapshot, self._zone)))

    def action_attention(self) -> None:
        """Show what needs a person."""
        if len(self.screen_stack) == 1:
            self.push_screen(attention_sheet(self.snapshot.attention, len(self.snapshot.violations), self._zone))

    def action_help(self) -> None:
        """Show the keys."""
        if len(self.screen_stack) == 1:
            self.push_screen(help_sheet(self.snapshot.watching))

    def action_palette(self) -> None:
        """Change between dark and light."""
        self.theme = LIGHT.name if self.theme == DARK.name else DARK.name
