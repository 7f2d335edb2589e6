"""The menu of acts: what can be done with what is under the cursor, and, greyed, what cannot and why."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from textual import events, on

from tui.acting.table import Act
from tui.rows.spans import Spans, cell, piece
from tui.text import one_line, wrapped
from tui.views.lines import Lines, Opened
from tui.views.page import Fitted
from tui.views.sheet import Sheet

KEY_CELLS, NAME_CELLS = 3, 11
BEFORE_CELLS = KEY_CELLS + NAME_CELLS
LEAST_CELLS = 8


class Choice(NamedTuple):
    """An act, and why it cannot be done now; "" when it can."""

    act: Act
    refusal: str


class Row(NamedTuple):
    """A row of the menu. ``choice`` None: it belongs to the one above, or to all of them."""

    choice: Choice | None
    words: str


class Choices(Lines[Row]):
    """One row for each act, more where a reason is long; one that holds for all is said once, above."""

    def __init__(self, choices: Sequence[Choice]) -> None:
        super().__init__()
        reasons = {choice.refusal for choice in choices}
        self._reason = reasons.pop() if len(reasons) == 1 else ""
        self._choices = choices

    def on_resize(self) -> None:
        rows = self._rows(self.size.width)
        if len(rows) > self.size.height:
            rows = self._rows(self.size.width - self.styles.scrollbar_size_vertical)
        self.show_items(rows)
        self.post_message(Fitted(len(rows)))

    def _rows(self, cells: int) -> list[Row]:
        above = wrapped(one_line(f"not now: {self._reason}"), max(1, cells)) if self._reason else []
        rows = [Row(None, words) for words in above]
        for choice in self._choices:
            said = f"· not now: {choice.refusal}" if choice.refusal and not self._reason else choice.act.help
            first, *more = wrapped(one_line(said), max(LEAST_CELLS, cells - BEFORE_CELLS))
            rows += [Row(choice, first), *(Row(None, f"{' ' * BEFORE_CELLS}{words}") for words in more)]
        return rows

    def rests(self, item: Row) -> bool:
        return item.choice is not None

    def opened(self, item: Row) -> Choice | None:
        return item.choice

    def row(self, item: Row, cells: int) -> Spans:
        if item.choice is None:
            return [piece(item.words, "dim" if item.words.startswith(" ") else "warn")]
        act, refused = item.choice.act, bool(item.choice.refusal)
        key = cell(act.key, KEY_CELLS, "dim" if refused else "accent")
        return [
            key,
            cell(act.name, NAME_CELLS, "dim" if refused else "bold"),
            (item.words, "dim" if refused else "plain"),
        ]


class Menu(Sheet):
    """A sheet of acts; enter or an act's own key chooses it."""

    @property
    def keys(self) -> list[tuple[str, str]]:
        return [("enter", "does it"), ("esc", "leaves it")]

    def __init__(self, title: str, choices: Sequence[Choice], choose: Callable[[Act], Any]) -> None:
        # What can be done is on top, so that enter does not meet what cannot.
        self._choices = sorted(choices, key=lambda choice: bool(choice.refusal))
        self._choose = choose
        super().__init__(title, Choices(self._choices))

    @on(Opened)
    def _opened(self, opened: Opened) -> None:
        opened.stop()
        self._take(opened.item)

    def on_key(self, event: events.Key) -> None:
        """Take the act whose key was pressed."""
        fitting = [one for one in self._choices if one.act.key and one.act.key == event.character]
        if fitting:
            event.stop()
            self._take(next((one for one in fitting if not one.refusal), fitting[0]))

    def _take(self, choice: Choice) -> None:
        self.dismiss()
        # By the application: what is asked next is answered to who asked, and this sheet is gone by then.
        self.app.call_later(self._choose, choice.act)
