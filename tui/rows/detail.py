"""All there is to know about one thing, as paragraphs that are wrapped when the width is known."""

import json
from collections.abc import Iterator
from datetime import tzinfo
from typing import Any, NamedTuple, Protocol, runtime_checkable

from tui.rows.spans import Spans
from tui.snapshot import (
    Agent,
    Attention,
    Change,
    GraphLine,
    Heart,
    LogLine,
    MemoryCommit,
    Message,
    Snapshot,
    Task,
    Verdict,
    Verification,
)
from tui.text import lines_of, wrapped
from tui.words import AGENT_LOOKS, HEART_LOOKS, TASK_LOOKS, VERDICT_LOOKS, clock, cost, look, short_count

LABEL_CELLS = 12


class Paragraph(NamedTuple):
    """A label and a text; without a label the text takes the whole width."""

    label: str
    text: str
    tone: str = "plain"


@runtime_checkable
class Telling(Protocol):
    """A thing of a view that tells itself in full."""

    def told(self, zone: tzinfo | None) -> tuple[str, list[Paragraph]]:
        """Return a title and the paragraphs; ``zone`` None is the terminal's."""


def rows_of(paragraphs: list[Paragraph], cells: int) -> list[Spans]:
    """Return the paragraphs as rows of at most ``cells`` cells."""
    rows: list[Spans] = []
    for label, text, tone in paragraphs:
        indent = LABEL_CELLS if label else 0
        for number, line in enumerate(wrapped(text, max(8, cells - indent))):
            margin = label[: LABEL_CELLS - 1].ljust(indent) if not number else " " * indent
            rows.append([(margin, "dim"), (line, tone)] if indent else [(line, tone)])
    return rows


def detail_of(item: Any, snapshot: Snapshot, zone: tzinfo | None) -> tuple[str, list[Paragraph]]:
    """Return a title and the paragraphs about ``item``, which is anything a view shows."""
    if isinstance(item, Telling):
        return item.told(zone)
    if isinstance(item, Task):
        return f"task #{item.id}", list(_task(item, snapshot, zone))
    if isinstance(item, Agent):
        return "agent", list(_agent(item, snapshot.hearts.get(item.name), zone))
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
        return "attention", [*head, Paragraph("task", f"#{item.task}"), Paragraph("", ""), Paragraph("", item.text)]
    return "event", list(_event(item, zone))


def plain_of(item: Any, snapshot: Snapshot, zone: tzinfo | None) -> str:
    """Return all there is to know about ``item`` as text, for a clipboard: printable, a line for each line of it."""
    _, paragraphs = detail_of(item, snapshot, zone)
    lines = (f"{label}: {text}" if label else text for label, text, _ in paragraphs)
    return "\n".join(lines_of("\n".join(lines)))


def _task(task: Task, snapshot: Snapshot, zone: tzinfo | None) -> Iterator[Paragraph]:
    face = look(TASK_LOOKS, task.state)
    yield Paragraph("", f"{task.key or task.subject}", "bold")
    if task.key:
        yield Paragraph("", task.subject)
    yield Paragraph("", "")
    yield Paragraph("state", f"{face.glyph} {face.word}" + (f": {task.reason}" if task.reason else ""), face.tone)
    yield Paragraph("owner", task.owner or "nobody")
    yield Paragraph("author", task.author or "nobody yet")
    yield Paragraph("attempt", str(task.attempt))
    if task.blocked_by:
        yield Paragraph("waits for", " ".join(f"#{other}" for other in task.blocked_by))
    if task.description:
        yield Paragraph("", "")
        yield Paragraph("", task.description)
    yield from _promises(task, snapshot)
    yield from _checks(task, snapshot, zone)


def _promises(task: Task, snapshot: Snapshot) -> Iterator[Paragraph]:
    texts = {assertion.id: assertion for assertion in snapshot.assertions}
    for number, name in enumerate(task.assertions):
        if not number:
            yield Paragraph("", "")
            yield Paragraph("", "Promised", "heading")
        promise = texts.get(name)
        holds = promise.holds if promise else None
        glyph, tone = {None: ("·", "plain"), True: ("✓", "good"), False: ("×", "bad")}[holds]
        words = {None: "not checked yet", True: "holds", False: "does not hold"}[holds]
        yield Paragraph("", f"{glyph} {name} {words}: {promise.text if promise else ''}", tone)


def _checks(task: Task, snapshot: Snapshot, zone: tzinfo | None) -> Iterator[Paragraph]:
    checks = [check for check in snapshot.verifications if check.task == task.id]
    verdicts = [verdict for verdict in snapshot.verdicts if verdict.task == task.id]
    if checks or verdicts:
        yield Paragraph("", "")
        yield Paragraph("", "Verified", "heading")
    judged: list[Verification | Verdict] = [*checks, *verdicts]
    for thing in sorted(judged, key=lambda thing: thing.at):
        when = f"{clock(thing.at, zone)}  attempt {thing.attempt or '?'}  "
        yield from _verdict(thing, when) if isinstance(thing, Verdict) else _check(thing, when)


def _verdict(verdict: Verdict, when: str) -> Iterator[Paragraph]:
    face = look(VERDICT_LOOKS, verdict.verdict)
    yield Paragraph("", f"{when}{face.glyph} {face.word} by {verdict.by or 'nobody'}", face.tone)
    for finding in verdict.findings:
        yield Paragraph("", f"  {finding}")


def _check(check: Verification, when: str) -> Iterator[Paragraph]:
    ended = "timed out" if check.exit_code is None else f"exit {check.exit_code}"
    glyph, tone = ("✓", "good") if check.exit_code == 0 else ("×", "bad")
    yield Paragraph("", f"{when}{glyph} {ended}  {check.command}", tone)
    if check.exit_code != 0 and check.output:
        yield Paragraph("", "\n".join(f"  {line}" for line in check.output.splitlines()[-12:]), "dim")


def _agent(agent: Agent, heart: Heart | None, zone: tzinfo | None) -> Iterator[Paragraph]:
    face = look(AGENT_LOOKS, agent.state)
    usage = agent.usage
    yield Paragraph("", agent.name, "bold")
    yield Paragraph("", "")
    yield Paragraph("role", agent.role or "unknown")
    yield Paragraph("model", agent.model or "unknown")
    yield Paragraph("state", f"{face.glyph} {face.word} {agent.detail}", face.tone)
    if heart:
        yield Paragraph("heart", *_heart(heart, zone))
    yield Paragraph("task", f"#{agent.task}" if agent.task else "none")
    yield Paragraph("turns", f"{usage.turns}, of them {usage.scripted_turns} scripted")
    read, cached, written = map(short_count, (usage.tokens_in, usage.tokens_cached, usage.tokens_out))
    yield Paragraph("tokens", f"{read} read ({cached} from the cache), {written} written")
    unpriced = f" ({usage.unpriced_turns} turns without a known price)" if usage.unpriced_turns else ""
    yield Paragraph("cost", cost(usage) + unpriced)
    yield Paragraph("tools", f"{agent.tools} called, {agent.failed_tools} failed")
    if agent.tool:
        state = {None: "running", True: "✓ worked", False: "× failed"}[agent.tool.ok]
        yield Paragraph("last tool", f"{agent.tool.tool}, {state}")
        yield Paragraph("", agent.tool.arguments, "dim")


def _heart(heart: Heart, zone: tzinfo | None) -> tuple[str, str]:
    face = look(HEART_LOOKS, heart.life)
    last = f", last beat at {clock(heart.beaten_at, zone)}" if heart.beaten_at else ""
    return f"{face.glyph} {face.word}{last}" + (f", process {heart.pid}" if heart.pid else ""), face.tone


def _message(message: Message, zone: tzinfo | None) -> Iterator[Paragraph]:
    yield Paragraph("from", message.sender, "accent")
    yield Paragraph("to", message.to, "accent")
    yield Paragraph("at", clock(message.at, zone))
    yield Paragraph("read", "yes" if message.delivered else "not yet")
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


def _event(line: LogLine, zone: tzinfo | None) -> Iterator[Paragraph]:
    yield Paragraph("event", f"{line.seq} {line.type}", "accent")
    yield Paragraph("agent", line.agent or "none")
    yield Paragraph("at", clock(line.at, zone))
    yield Paragraph("", "")
    yield Paragraph("", line.text, line.tone)
    yield Paragraph("", "")
    yield Paragraph("", json.dumps(dict(line.data), indent=2, ensure_ascii=False, default=str), "dim")
