"""Rows made of pieces with a tone, and tables that give way when there is little room.

Rule 1: a text becomes part of a row only through :func:`cell` or :func:`piece`, which make it harmless first.
"""

from collections.abc import Sequence
from typing import NamedTuple

from tui.text import cut, fit, one_line, width

Span = tuple[str, str]
Spans = list[Span]


class Column(NamedTuple):
    """A column of a table. The lower ``keep``, the sooner it goes when room is short; the flexible one has width 0."""

    title: str
    cells: int
    keep: int = 9
    right: bool = False


FLEXIBLE_LEAST = 18


def piece(text: str, tone: str = "plain") -> Span:
    """Return ``text``, harmless, at its own width."""
    return one_line(text), tone


def cell(text: str, cells: int, tone: str = "plain", *, right: bool = False) -> Span:
    """Return ``text``, harmless, in exactly ``cells`` cells."""
    return fit(one_line(text), cells, right=right), tone


def spans_width(spans: Spans) -> int:
    """Return how many cells a row takes."""
    return sum(width(text) for text, _ in spans)


def plain(spans: Spans) -> str:
    """Return a row without its tones and without trailing space."""
    return "".join(text for text, _ in spans).rstrip()


def layout(columns: Sequence[Column], cells: int, *, least: int = FLEXIBLE_LEAST) -> dict[str, int]:
    """Return titles to widths: which columns stay, and how wide the flexible one becomes."""
    kept = list(columns)
    while True:
        fixed = sum(column.cells for column in kept) + len(kept) - 1
        rest = cells - fixed
        going = min((column for column in kept if column.cells), key=lambda column: column.keep, default=None)
        if rest >= least or going is None or going.keep >= 9:
            return {column.title: column.cells or max(0, rest) for column in kept}
        kept.remove(going)


def table_row(columns: Sequence[Column], widths: dict[str, int], values: dict[str, Span]) -> Spans:
    """Return one row: the value of each column that stayed, a space between them."""
    spans: Spans = []
    for column in columns:
        if column.title in widths:
            if spans:
                spans.append((" ", "plain"))
            text, tone = values[column.title]
            spans.append(cell(text, widths[column.title], tone, right=column.right))
    return spans


def clipped(spans: Spans, cells: int) -> Spans:
    """Return a row in at most ``cells`` cells; what was cut is marked by an ellipsis."""
    if spans_width(spans) <= cells:
        return spans
    kept: Spans = []
    room = cells
    for text, tone in spans:
        if width(text) >= room:
            # One cell more than there is, so that a piece that fits exactly is marked as well: more would follow.
            return [*kept, (cut(text + " …", room), tone)]
        kept.append((text, tone))
        room -= width(text)
    return kept


def between(left: Spans, right: Spans, cells: int) -> Spans:
    """Return ``left`` at the left and ``right`` at the right of a row; when room is short the left is cut."""
    room = max(0, cells - spans_width(right) - 1)
    kept = clipped(left, room)
    space = max(0, room - spans_width(kept)) + 1
    return [*kept, (" " * space, "plain"), *right]


def flowed(parts: Sequence[Spans], cells: int, rows: int) -> list[Spans]:
    """Return ``parts`` with dots between them in exactly ``rows`` rows of at most ``cells`` cells; the last is cut."""
    drawn: list[Spans] = [[]]
    for part in parts:
        row = drawn[-1]
        if row and len(drawn) < rows and spans_width(row) + 3 + spans_width(part) > cells:
            drawn.append([])
            row = drawn[-1]
        row += [(" · ", "dim"), *part] if row else part
    return [*(clipped(row, cells) for row in drawn), *([] for _ in range(rows - len(drawn)))]
