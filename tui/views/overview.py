"""The first screen: five panes that say at a glance who does what, and how far it is.

Rule 1: the board and the agents have the rows they need, up to a share each; the log has the rest.
Rule 2: on a narrow screen the last three panes share a place, and whichever was asked for last has it.
"""

from typing import Any

from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.widget import Widget

from tui.views.agents import Agents
from tui.views.board import Board
from tui.views.log import Log
from tui.views.memory import Memory
from tui.views.messages import Messages
from tui.views.registry import OVERVIEW, PANES
from tui.views.view import Scene, Turned, View

NARROW = 100  # cells
LEAST_ROWS, FOLDED_ROWS = 5, 2
PANES_SEEN = 3
"""Of a narrow overview."""
SHARED = ("log", "memory", "messages")


class Overview(View):
    """Board, agents, log, memory and messages beside each other."""

    def __init__(self) -> None:
        super().__init__(id=OVERVIEW, classes="with-log")
        self.board, self.agents = Board(id="board"), Agents(id="agents")
        self.log_, self.memory, self.messages = Log(id="log"), Memory(id="memory"), Messages(id="messages")
        self.panes: tuple[Any, ...] = (self.board, self.agents, self.log_, self.memory, self.messages)
        self._looked_at: Any = self.board

    def compose(self) -> ComposeResult:
        yield self.board
        with Horizontal(id="below"):
            with Vertical(id="left"):
                yield self.agents
                yield self.log_
            with Vertical(id="right"):
                yield self.memory
                yield self.messages

    def on_mount(self) -> None:
        for number, (name, pane) in enumerate(zip(PANES, self.panes, strict=True), 1):
            pane.border_title = f"{number} {name}"
        # Before it is told of its size: the first picture would be a wide one.
        self.set_class(self.app.size.width < NARROW, "narrow")
        super().on_mount()

    def draw(self, scene: Scene) -> None:
        for pane in self.panes:
            pane.show(scene)
        self._share(self.size.height)

    def on_resize(self, event: events.Resize) -> None:
        self.set_class(event.size.width < NARROW, "narrow")
        self._share(event.size.height)

    def _share(self, rows: int) -> None:
        if self.has_class("narrow") and rows < PANES_SEEN * LEAST_ROWS:
            self._fold(rows)
            return
        for pane in self.panes[2:]:
            pane.styles.height = "1fr"
        self.board.styles.height = max(LEAST_ROWS, min(self.board.rows_wanted, rows * 2 // 5))
        self.agents.styles.height = max(LEAST_ROWS, min(self.agents.rows_wanted, (rows - 5) // 2))

    def _fold(self, rows: int) -> None:
        """Leave of the panes that are not looked at the frames, where there is room for one alone."""
        self._looked_at = next((pane for pane in self.panes if pane.has_focus), self._looked_at)
        for pane in self.panes:
            pane.styles.height = rows - 2 * FOLDED_ROWS if pane is self._looked_at else FOLDED_ROWS

    @property
    def own_keys(self) -> tuple[tuple[str, str], ...]:
        """Those of the pane with the focus that mean another thing than elsewhere."""
        return next((pane.KEYS for pane in self.panes if pane.has_focus), ())

    def on_descendant_focus(self) -> None:
        self._share(self.size.height)
        self.post_message(Turned())

    def first(self) -> Widget:
        return self.board

    def reveal(self, name: str) -> bool:
        """Give the pane ``name`` its place and the focus; return whether it had the focus already."""
        if name in SHARED:
            for other in SHARED:
                self.set_class(other == name, f"with-{other}")
        pane = self.panes[PANES.index(name)]
        # Of the screen, as the pane itself hears of it later: who presses a key twice may be faster.
        had = self.screen.focused is pane
        if pane.focusable:
            # At once: the next press of the same key asks who has the focus.
            self.screen.set_focus(pane)
        else:
            pane.focus()
        return had
