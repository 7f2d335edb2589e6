"""Messages, conversations and queues as rows."""

from collections.abc import Sequence
from datetime import datetime, tzinfo

from tui.forms import gist
from tui.rows.spans import Spans, between, cell, piece
from tui.rows.threads import LATE_S, Queue, Thread
from tui.snapshot import Message
from tui.words import clock, duration, lasting

SMALL = 64
NAMES = 30


def message_row(message: Message, cells: int, *, zone: tzinfo | None) -> Spans:
    """Return one message: when, from whom, to whom, what it says; idle notices step back."""
    tone = "dim" if message.idle else "plain"
    sender_tone = "dim" if message.idle else "accent"
    words = piece(gist(message), "info" if message.form and not message.idle else tone)
    mark: Spans = [("▲ ", "warn")] if message.waits and not message.idle else []
    if cells < SMALL:
        spans: Spans = [(clock(message.at, zone)[:5] + " ", "dim"), piece(message.sender, sender_tone), ("→", "dim")]
        return [*spans, piece(message.to, sender_tone), (" ", tone), *mark, words]
    name = 12 if cells < 90 else 16
    spans = [(clock(message.at, zone) + " ", "dim"), cell(message.sender, name, sender_tone), (" → ", "dim")]
    return [*spans, cell(message.to, name, tone), (" ", tone), *mark, words]


def thread_row(thread: Thread, cells: int, *, now: datetime, zone: tzinfo | None) -> Spans:
    """Return one conversation: when it went on last, who, how many messages, what was said last, what is not read."""
    if thread.idle:
        return _idle_row(thread, cells)
    newest = thread.newest
    at = clock(newest.at, zone)[: 5 if cells < SMALL else 8]
    spans: Spans = [(f"{at} ", "dim")]
    many = f"{len(thread.messages):>3,} "
    if cells < SMALL:
        spans += [piece(thread.people.replace(" ", ""), "accent"), (" ", "plain")]
        spans += [(f"{many.strip()} ", "dim")] if len(thread.messages) > 1 else []
    else:
        spans += [cell(thread.people, min(NAMES, cells // 3), "accent"), (many, "dim")]
        spans += [piece(f"{thread.about} ", "dim")] if thread.about.startswith("#") else []
    spans.append(piece(gist(newest), "info" if newest.form else "plain"))
    late = _late(thread.messages, now)
    return between(spans, late, cells) if late else spans


def queue_row(waiting: Sequence[Queue], cells: int, *, now: datetime) -> Spans:
    """Return for whom messages wait, and for how long."""
    spans: Spans = [("not read yet: ", "dim")]
    for number, queue in enumerate(waiting):
        waits_s = (now - queue.since).total_seconds()
        late = waits_s >= LATE_S
        glyph, tone = ("▲", "warn") if late else ("◌", "plain")
        spans += [(" · ", "dim")] if number else []
        since = f" for {duration(waits_s)}" if waits_s >= 1 else ""
        spans.append(piece(f"{glyph} {queue.reader} {queue.held:,}{since}", tone))
    return spans


def _idle_row(thread: Thread, cells: int) -> Spans:
    counts: dict[str, int] = {}
    for message in thread.messages:
        counts[message.sender] = counts.get(message.sender, 0) + 1
    who = ", ".join(f"{name} {count:,}" for name, count in counts.items())
    many = len(thread.messages)
    return [(f"○ {many:,} idle notice{'s' if many != 1 else ''}", "dim"), piece(f"  {who}", "dim")]


def _late(messages: Sequence[Message], now: datetime) -> Spans:
    oldest = next((message for message in messages if message.waits), None)
    if oldest is None:
        return []
    waits_s, count = (now - oldest.at).total_seconds(), sum(message.waits for message in messages)
    glyph, tone = ("▲", "warn") if waits_s >= LATE_S else ("◌", "dim")
    return [piece(f"{glyph} {count:,} not read{lasting(waits_s)}", tone)]
