"""Asking a person at the foot of the screen: for a line of words, or for a yes.

Rule 1: enter is no yes, and neither is any other key but ``y``. A click elsewhere leaves the question, as escape does,
    where no words would be lost.
Rule 2: what is asked may hold words of agents: it is drawn as text.
"""

from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.strip import Strip
from textual.widgets import Input

from tui.text import wrapped
from tui.views.pressing import is_beside
from tui.views.toned import Toned
from tui.views.typed import Typed

MOST_ROWS = 6


class Asking(Toned):
    """What is asked, on as many rows as it needs, up to six."""

    def __init__(self, words: str) -> None:
        super().__init__()
        self._words = words

    def on_mount(self) -> None:
        self.styles.height = min(MOST_ROWS, len(self._rows(self.app.size.width - 2)))

    def _rows(self, cells: int) -> list[str]:
        return wrapped(self._words, max(8, cells))

    def line(self, y: int) -> Strip:
        cells = self.size.width
        rows = self._rows(cells)
        if y == MOST_ROWS - 1 and len(rows) > MOST_ROWS:
            return self.strip_of([(f"… {len(rows) - y} more rows; esc, and enter on it shows all", "warn")], cells)
        return self.strip_of([(rows[y] if y < len(rows) else "", "bold")], cells)


class AskYes(ModalScreen[bool]):
    """A question that is answered by ``y``; ``n`` and escape are no, everything else is nothing."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "answer(True)", show=False),
        Binding("n,escape", "answer(False)", show=False),
    ]

    def __init__(self, question: str) -> None:
        super().__init__()
        self._question = question

    def compose(self) -> ComposeResult:
        with Vertical(id="ask"):
            yield Asking(f"{self._question}?  y yes · n no")

    def on_click(self, event: events.Click) -> None:
        if is_beside(self, event):
            self.dismiss(False)

    def action_answer(self, yes: bool) -> None:
        self.dismiss(yes)


class Words(Typed):
    """The line that is typed into."""

    has_lines = True


class AskLine(ModalScreen[str | None]):
    """A line of words, or several that were pasted; enter gives it, escape gives None."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "drop", show=False)]

    def __init__(self, label: str, *, optional: bool, text: str = "") -> None:
        super().__init__()
        self._label = label
        self._optional = optional
        self._given_text = text
        self._input = Words(value=text, placeholder="enter sends, esc leaves it", compact=True, id="line")

    def compose(self) -> ComposeResult:
        with Vertical(id="ask"):
            yield Asking(self._label)
            yield self._input

    def on_mount(self) -> None:
        self._input.focus()

    def on_click(self, event: events.Click) -> None:
        if is_beside(self, event) and self._input.text in ("", self._given_text):
            self.dismiss(None)

    @on(Input.Submitted)
    def _given(self, event: Input.Submitted) -> None:
        event.stop()
        if self._optional or self._input.text.strip():
            self.dismiss(self._input.text)

    def action_drop(self) -> None:
        self.dismiss(None)
