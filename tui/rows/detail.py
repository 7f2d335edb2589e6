"""All there is to know about one thing, as paragraphs that are wrapped when the width is known."""

from collections.abc import Iterator
from datetime import tzinfo
from typing import Any, Protocol, runtime_checkable

from tui.projection import attention
from tui.rows.agent_page import agent_page
from tui.rows.event_page import event_page
from tui.rows.paragraphs import Paragraph, rows_of
from tui.rows.task_page import task_page
from tui.rows.threads import standing
from tui.snapshot import Agent, Attention, Change, GraphLine, MemoryCommit, Message, Snapshot, Task
from tui.text import lines_of, one_line
from tui.words import clock

__all__ = ["Paragraph", "Telling", "detail_of", "plain_of", "plain_text", "rows_of"]


@runtime_checkable
class Telling(Protocol):
    """A thing of a view that tells itself in full."""

    def told(self, zone: tzinfo | None) -> tuple[str, list[Paragraph]]:
        """Return a title and the paragraphs; ``zone`` None is the terminal's."""


_GOES_ON = "P lets the mission go on"
_THEN = {
    attention.ASKED: "8 shows the request: + approves it, - denies it",
    attention.WROTE: "M on the message answers; 5 has it whole, 'onecontext mail ack ID' marks it read",
    attention.NEEDS_INPUT: "+ in 8 answers",
    attention.BLOCKED: "! on the task tries it again; R says what is wanted otherwise",
    attention.PAUSED: _GOES_ON,
    attention.INTERRUPTED: _GOES_ON,
    attention.PROCESS_GONE: _GOES_ON,
    attention.MEMBER_GONE: "'onecontext team join TEAM --name NAME …' goes on as that member",
}
"""What a person can do about what waits for one."""


def detail_of(item: Any, snapshot: Snapshot, zone: tzinfo | None) -> tuple[str, list[Paragraph]]:
    """Return a title and the paragraphs about ``item``, which is anything a view shows."""
    if isinstance(item, Telling):
        title, paragraphs = item.told(zone)
        return one_line(title), paragraphs
    if isinstance(item, Task):
        return f"task #{item.id}", list(task_page(item, snapshot, zone))
    if isinstance(item, Agent):
        return "agent", list(agent_page(item, snapshot, zone))
    if isinstance(item, Message):
        return "message", list(_message(item, zone))
    if isinstance(item, GraphLine):
        return "milestone", list(_graph(item, zone))
    if isinstance(item, MemoryCommit):
        return "milestone", list(_commit(item, zone))
    if isinstance(item, Change):
        return "change", list(_change(item, zone))
    if isinstance(item, Attention):
        state = "open" if item.open else "over"
        head = [Paragraph("kind", item.kind, "bad"), Paragraph("state", state)]
        who = [Paragraph("agent", item.agent)] if item.agent else []
        task = [Paragraph("task", f"#{item.task}")] if item.task else []
        at = Paragraph("since", clock(item.at, zone))
        then = [Paragraph("", ""), Paragraph("then", _THEN[item.kind])] if item.open and item.kind in _THEN else []
        return "attention", [*head, at, *task, *who, Paragraph("", ""), Paragraph("", item.text), *then]
    return "event", list(event_page(item, snapshot, zone))


def plain_of(item: Any, snapshot: Snapshot, zone: tzinfo | None) -> str:
    """Return all there is to know about ``item`` as text, for a clipboard: printable, a line for each line of it."""
    return plain_text(detail_of(item, snapshot, zone)[1])


def plain_text(paragraphs: list[Paragraph]) -> str:
    """Return paragraphs as printable text, a line for each line of them."""
    lines = (f"{label}: {text}" if label else text for label, text, *_ in paragraphs)
    return "\n".join(lines_of("\n".join(lines)))


def _message(message: Message, zone: tzinfo | None) -> Iterator[Paragraph]:
    yield Paragraph("from", message.sender, "accent")
    yield Paragraph("to", message.to, "accent")
    yield Paragraph("at", clock(message.at, zone))
    yield Paragraph("state", *standing(message, zone))
    if message.form:
        yield Paragraph("form", message.form)
    if message.summary:
        yield Paragraph("summary", message.summary)
    yield Paragraph("", "")
    yield Paragraph("", message.text)


def _graph(line: GraphLine, zone: tzinfo | None) -> Iterator[Paragraph]:
    yield Paragraph("commit", line.id or "none", "accent")
    yield Paragraph("branches", ", ".join(line.refs) or "none points here")
    yield Paragraph("parents", ", ".join(parent[:10] for parent in line.parents) or "none")
    yield Paragraph("by", line.author)
    if line.at:
        yield Paragraph("at", clock(line.at, zone))
    yield Paragraph("", "")
    yield Paragraph("", line.subject)


def _commit(commit: MemoryCommit, zone: tzinfo | None) -> Iterator[Paragraph]:
    yield Paragraph("record", commit.record)
    yield Paragraph("commit", commit.commit, "accent")
    yield Paragraph("branch", commit.branch)
    yield Paragraph("by", commit.agent)
    yield Paragraph("at", clock(commit.at, zone))
    yield Paragraph("", "")
    yield Paragraph("", commit.contribution)


def _change(change: Change, zone: tzinfo | None) -> Iterator[Paragraph]:
    yield Paragraph("what", f"{change.what} at {clock(change.at, zone)}")
    yield Paragraph("task", f"#{change.task}" + (f", attempt {change.attempt}" if change.attempt else ""))
    yield Paragraph("by", change.agent or "unknown")
    yield Paragraph("commit", change.commit, "accent")
    if change.parent:
        yield Paragraph("onto", change.parent)
