"""The menu of acts: what can be done with what is under the cursor, and, greyed, what cannot and why."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from textual import events, on

from tui.acting.table import Act
from tui.rows.spans import Spans, cell, piece
from tui.views.lines import Lines, Opened
from tui.views.sheet import Sheet


class Choice(NamedTuple):
    """An act, and why it cannot be done now; "" when it can."""

    act: Act
    refusal: str


class Choices(Lines[Choice]):
    """One row for each act; a reason that holds for all of them is said once, above."""

    reason = ""

    def has_heading(self) -> bool:
        return bool(self.reason)

    def heading(self, cells: int) -> Spans:
        return [piece(f"not now: {self.reason}", "warn")]

    def row(self, item: Choice, cells: int) -> Spans:
        tone = "dim" if item.refusal else "plain"
        key = cell(item.act.key, 3, "dim" if item.refusal else "accent")
        words = f"· not now: {item.refusal}" if item.refusal and not self.reason else item.act.help
        return [key, cell(item.act.name, 11, "dim" if item.refusal else "bold"), piece(words, tone)]

    def key(self, item: Choice) -> object:
        return item.act.name


class Menu(Sheet):
    """A sheet of acts; enter or an act's own key chooses it."""

    @property
    def keys(self) -> list[tuple[str, str]]:
        return [("enter", "does it"), ("esc", "leaves it")]

    def __init__(self, title: str, choices: Sequence[Choice], choose: Callable[[Act], Any]) -> None:
        body = Choices()
        # What can be done is on top, so that enter does not meet what cannot.
        body.items = sorted(choices, key=lambda choice: bool(choice.refusal))
        reasons = {choice.refusal for choice in choices}
        body.reason = reasons.pop() if len(reasons) == 1 else ""
        super().__init__(title, body)
        self._choices, self._choose = body.items, choose

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
