"""A text to be read: paragraphs that are wrapped to the width there is."""

from typing import Any, ClassVar

from textual.binding import Binding, BindingType
from textual.message import Message

from tui.rows.paragraphs import HEADS, Paragraph, rows_of
from tui.rows.spans import Spans
from tui.views.lines import Lines


class Fitted(Message):
    """A page has been wrapped and knows how many rows it has."""

    def __init__(self, rows: int) -> None:
        super().__init__()
        self.rows = rows


class Turning(Message):
    """Of a text without heads somebody wants the next thing (1), or the one before (-1)."""

    def __init__(self, by: int) -> None:
        super().__init__()
        self.by = by


class Page(Lines[Spans]):
    """Paragraphs, wrapped to the width there is, to be scrolled through."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("n", "head(1)", show=False),
        Binding("N", "head(-1)", show=False),
    ]
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

    def renew(self, paragraphs: list[Paragraph]) -> None:
        """Show these paragraphs in the place of older ones about the same thing, from where it is read."""
        if paragraphs != self._paragraphs:
            self._paragraphs = paragraphs
            self._wrap()

    @property
    def has_heads(self) -> bool:
        """Whether there is a head of a file or a hunk to go to."""
        return any(paragraph.tone in HEADS for paragraph in self._paragraphs)

    @property
    def paragraphs(self) -> list[Paragraph]:
        """What is shown."""
        return self._paragraphs

    def action_head(self, by: int) -> None:
        """Go to the next (1) or the last (-1) head of a file or a hunk, and have it on top."""
        if not self.has_heads:
            self.post_message(Turning(by))
            return
        places = range(self.cursor + 1, len(self.items)) if by > 0 else range(self.cursor - 1, -1, -1)
        for place in places:
            if self.items[place] and self.items[place][0][1] in HEADS:
                self.cursor = place
                self.scroll_to(y=place, animate=False, force=True, immediate=True)
                self.refresh()
                return

    def on_resize(self) -> None:
        self._wrap()

    def _wrap(self) -> None:
        rows = rows_of(self._paragraphs, self.size.width)
        if len(rows) > self.size.height:  # the scroll bar takes its place from the text, also where it is not there yet
            rows = rows_of(self._paragraphs, self.size.width - self.styles.scrollbar_size_vertical)
        self.show_items(rows)
        self.post_message(Fitted(len(self.items)))

    def row(self, item: Spans, cells: int) -> Spans:
        return item

    def key(self, item: Spans) -> object:
        return id(item)
