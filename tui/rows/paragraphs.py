"""A text as labelled paragraphs, which are wrapped when the width is known."""

from typing import NamedTuple

from tui.rows.spans import Spans
from tui.text import wrapped

LABEL_CELLS = 12
HEADS = ("file", "hunk")
"""Tones of the heads in a text, which ``n`` and ``N`` go to."""


class Paragraph(NamedTuple):
    """A label and a text; without a label the text takes the whole width.

    Where the text needs more rows than one, each but the first begins with ``again``.
    """

    label: str
    text: str
    tone: str = "plain"
    again: str = ""


NOTHING = Paragraph("", "")


def rows_of(paragraphs: list[Paragraph], cells: int) -> list[Spans]:
    """Return the paragraphs as rows of at most ``cells`` cells."""
    rows: list[Spans] = []
    for label, text, tone, again in paragraphs:
        indent = LABEL_CELLS if label else 0
        for number, line in enumerate(wrapped(text, max(8, cells - indent), again=again)):
            margin = label[: LABEL_CELLS - 1].ljust(indent) if not number else " " * indent
            rows.append([(margin, "dim"), (line, tone)] if indent else [(line, tone)])
    return rows
