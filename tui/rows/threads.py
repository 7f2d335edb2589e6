"""Messages as conversations, and how long what nobody has read waits.

Rule 1: messages are of one thread when they are between the same two and about the same task or request, or when one
        answers the other.
Rule 2: idle notices are one thread together: that somebody has nothing to do is seen in the agents.
"""

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime, tzinfo
from typing import NamedTuple

from tui.forms import gist
from tui.rows.paragraphs import NOTHING, Paragraph
from tui.rows.query import Facts
from tui.snapshot import Message
from tui.words import clock

MOST_TOLD = 200
MESSAGE_FIELDS = ("from", "to", "about", "state", "form")
LATE_S = 60.0
"""A message that waits for longer is worth a look."""


class Thread(NamedTuple):
    """A conversation; ``messages`` are oldest first and at least one. ``idle``: all idle notices."""

    key: tuple[str, ...]
    messages: tuple[Message, ...]
    idle: bool = False

    @property
    def newest(self) -> Message:
        """The message that came last."""
        return self.messages[-1]

    @property
    def agent(self) -> str:
        """Whom an answer goes to."""
        return self.newest.other

    @property
    def waiting(self) -> int:
        """How many their readers do not have yet."""
        return sum(message.waits for message in self.messages)

    @property
    def about(self) -> str:
        """The task or request that it is about, "" for none."""
        return next((message.about for message in self.messages if message.about), "")

    @property
    def people(self) -> str:
        """Who writes to whom: both ways, where both did."""
        first = self.messages[0]
        both = first.sender != first.to and any(message.sender == first.to for message in self.messages)
        return f"{first.sender} {'⇄' if both else '→'} {first.to}"

    def told(self, zone: tzinfo | None) -> tuple[str, list[Paragraph]]:
        """Return the conversation, the newest message first."""
        title = f"idle notices: {len(self.messages):,}" if self.idle else self.people
        return title, list(_told(self, zone))


class Queue(NamedTuple):
    """What waits for one reader: how many messages, and since when the oldest does."""

    reader: str
    held: int
    since: datetime


def threads(messages: Sequence[Message]) -> list[Thread]:
    """Return the conversations, that with the newest message first; the idle notices last."""
    found: dict[tuple[str, ...], list[Message]] = {}
    thread_of: dict[str, tuple[str, ...]] = {}
    idle: list[Message] = []
    for message in messages:
        if message.idle:
            idle.append(message)
            continue
        pair = sorted((message.sender, message.to))
        key = thread_of.get(message.in_reply_to) if message.in_reply_to else None
        key = key or (*pair, message.about)
        # Taken out and put back: the order is that of the newest message of each.
        of_it = found.pop(key, [])
        of_it.append(message)
        found[key] = of_it
        thread_of[message.id] = key
    drawn = [Thread(key, tuple(of_it)) for key, of_it in reversed(found.items())]
    return [*drawn, *([Thread(("", "", "idle"), tuple(idle), idle=True)] if idle else [])]


def queues(messages: Sequence[Message], gone: Collection[str] = ()) -> list[Queue]:
    """Return for whom messages wait, the longest wait first; ``gone`` are those who left and will read nothing more."""
    found: dict[str, Queue] = {}
    for message in messages:
        if message.waits and message.to not in gone:
            known = found.get(message.to)
            found[message.to] = known._replace(held=known.held + 1) if known else Queue(message.to, 1, message.at)
    return sorted(found.values(), key=lambda queue: queue.since)


def message_facts(message: Message) -> Facts:
    """Return the fields that messages can be narrowed by."""
    state = "waiting" if message.waits else "read" if message.delivered else "posted"
    return {"from": message.sender, "to": message.to, "about": message.about, "state": state, "form": message.form}


def thread_facts(thread: Thread) -> Facts:
    """Return the same of a conversation: whatever one of its messages has."""
    facts = [message_facts(message) for message in thread.messages]
    return {name: " ".join(dict.fromkeys(str(each[name]) for each in facts if each[name])) for name in MESSAGE_FIELDS}


def standing(message: Message, zone: tzinfo | None) -> tuple[str, str]:
    """Return whether the reader has a message, and a tone."""
    if message.delivered:
        return "✓ read" + (f" {clock(message.delivered_at, zone)}" if message.delivered_at else ""), "dim"
    return ("◌ in the inbox of another program", "dim") if message.posted else ("▲ not read yet", "warn")


def _told(thread: Thread, zone: tzinfo | None) -> Iterator[Paragraph]:
    about = f", about {thread.about}" if thread.about else ""
    waiting = f", {thread.waiting:,} not read yet" if thread.waiting else ""
    count = len(thread.messages)
    yield Paragraph("", f"{count:,} message{'s' if count != 1 else ''}{about}{waiting}, the newest first", "dim")
    for message in thread.messages[: -MOST_TOLD - 1 : -1]:
        state, tone = standing(message, zone)
        if not thread.idle:
            yield NOTHING
        head = f"{clock(message.at, zone)}  {message.sender} → {message.to}  {state}"
        yield Paragraph("", head + (f"  {gist(message)}" if thread.idle else ""), tone if message.waits else "accent")
        if not thread.idle:
            yield from _said(message)
    if len(thread.messages) > MOST_TOLD:
        yield Paragraph("", f"… {len(thread.messages) - MOST_TOLD:,} before them", "dim")


def _said(message: Message) -> Iterator[Paragraph]:
    """Tell what a message says: a structured one in words, another as it was written."""
    if message.form:
        yield Paragraph("", f"  {gist(message)}", "info")
        return
    if message.summary:
        yield Paragraph("", f"  {message.summary}", "bold")
    yield Paragraph("", "\n".join(f"  {line}" for line in message.text.splitlines()))
