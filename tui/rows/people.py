"""Messages, the log and what needs a person as rows."""

from datetime import tzinfo

from tui.forms import gist
from tui.rows.spans import Spans, cell, piece
from tui.snapshot import Attention, LogLine, Message
from tui.words import clock

SMALL = 64


def message_row(message: Message, cells: int, *, zone: tzinfo | None) -> Spans:
    """Return one message: when, from whom, to whom, what it says; idle notices step back."""
    tone = "dim" if message.idle else "plain"
    sender_tone = "dim" if message.idle else "accent"
    words = piece(gist(message), "info" if message.form and not message.idle else tone)
    if cells < SMALL:
        spans: Spans = [(clock(message.at, zone)[:5] + " ", "dim"), piece(message.sender, sender_tone), ("→", "dim")]
        return [*spans, piece(message.to, sender_tone), (" ", tone), words]
    name = 12 if cells < 90 else 16
    spans = [(clock(message.at, zone) + " ", "dim"), cell(message.sender, name, sender_tone), (" → ", "dim")]
    return [*spans, cell(message.to, name, tone), (" ", tone), words]


def log_row(line: LogLine, cells: int, *, zone: tzinfo | None) -> Spans:
    """Return one event: when, who, what."""
    name = 13 if cells < 100 else 18
    return [
        (clock(line.at, zone) + " ", "dim"),
        cell(line.agent, name, "accent"),
        (" ", "plain"),
        piece(line.text, line.tone),
    ]


def attention_row(item: Attention, *, zone: tzinfo | None) -> Spans:
    """Return one thing to look at: open or over, its kind, the task, the words."""
    glyph, word, tone = ("▲", "open", "warn") if item.open else ("✓", "over", "dim")
    spans: Spans = [(f"{glyph} {word} ", tone), (clock(item.at, zone) + " ", "dim")]
    spans += [cell(item.kind, 15, "bad" if item.open else "dim")]
    if item.task:
        spans.append(piece(f"#{item.task} ", "accent"))
    return [*spans, piece(item.text, "plain" if item.open else "dim")]
