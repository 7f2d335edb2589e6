"""What needs a person as rows."""

from datetime import tzinfo

from tui.rows.spans import Spans, cell, piece
from tui.snapshot import Attention
from tui.words import clock


def attention_row(item: Attention, *, zone: tzinfo | None) -> Spans:
    """Return one thing to look at: open or over, its kind, the task, the words."""
    glyph, word, tone = ("▲", "open", "warn") if item.open else ("✓", "over", "dim")
    spans: Spans = [(f"{glyph} {word} ", tone), (clock(item.at, zone) + " ", "dim")]
    spans += [cell(item.kind, 15, "bad" if item.open else "dim")]
    if item.task:
        spans.append(piece(f"#{item.task} ", "accent"))
    return [*spans, piece(item.text, "plain" if item.open else "dim")]
