"""A text to be read: paragraphs that are wrapped to the width there is."""

from typing import Any

from textual.message import Message

from tui.rows.detail import Paragraph, rows_of
from tui.rows.spans import Spans
from tui.views.lines import Lines


class Fitted(Message):
    """A page has been wrapped and knows how many rows it has."""

    def __init__(self, rows: int) -> None:
        super().__init__()
        self.rows = rows


class Page(Lines[Spans]):
    """Paragraphs, wrapped to the width there is, to be scrolled through."""

    empty_words = ""

    def __init__(self, paragraphs: list[Paragraph], **where: Any) -> None:
        super().__init__(**where)
        self._paragraphs = paragraphs

    def tell(self, paragraphs: list[Paragraph]) -> None:
        """Show these paragraphs instead, from their beginning."""
        self._paragraphs = paragraphs
        self.cursor = 0
        self.scroll_to(y=0, animate=False, force=True, immediate=True)
        self._wrap()

    def on_resize(self) -> None:
        self._wrap()

    def _wrap(self) -> None:
        self.show_items(rows_of(self._paragraphs, self.size.width))
        self.post_message(Fitted(len(self.items)))

    def row(self, item: Spans, cells: int) -> Spans:
        return item

    def key(self, item: Spans) -> object:
        return id(item)
