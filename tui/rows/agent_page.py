"""All there is to know about an agent: state, context, cost, tasks, its last tools and messages."""

from collections.abc import Iterator
from datetime import tzinfo

from tui.forms import gist
from tui.projection.telling import arguments_of
from tui.rows.agents import fill, waiting_for
from tui.rows.floor import floor_of
from tui.rows.paragraphs import NOTHING, Paragraph
from tui.snapshot import Agent, Heart, Snapshot, ToolUse
from tui.words import AGENT_LOOKS, HEART_LOOKS, TASK_LOOKS, clock, cost, counted, look, model_word, seconds, short_count

LAST_MESSAGES = 8
TASKS = 12


def agent_page(agent: Agent, snapshot: Snapshot, zone: tzinfo | None) -> Iterator[Paragraph]:
    """Tell of ``agent``."""
    known = ", ".join(filter(None, (agent.role, model_word(agent.model)))) or "nobody knows its role and model"
    yield Paragraph("", f"{agent.name}: {known}", "bold")
    yield NOTHING
    yield from _standing(agent, snapshot, zone)
    yield from _money(agent)
    yield from _tools(agent, zone)
    yield from _tasks(agent, snapshot)
    yield from _messages(agent, snapshot, zone)


def _standing(agent: Agent, snapshot: Snapshot, zone: tzinfo | None) -> Iterator[Paragraph]:
    face = look(AGENT_LOOKS, agent.state)
    since = f" since {clock(agent.since, zone)}" if agent.since else ""
    seen = f", last seen at {clock(agent.last_seen, zone)}" if agent.last_seen else ""
    detail = f": {agent.detail}" if agent.detail else ""
    yield Paragraph("state", f"{face.glyph} {face.word}{since}{seen}{detail}", face.tone)
    floor = floor_of(snapshot, snapshot.last_event_at) if snapshot.last_event_at else None
    if floor and (whom := waiting_for(agent, floor)):
        yield Paragraph("waits for", whom, "warn")
    heart = snapshot.hearts.get(agent.name)
    if heart:
        yield Paragraph("heart", *_heart(heart, zone))
    yield Paragraph("task", f"#{agent.task}" if agent.task else "none")


def _heart(heart: Heart, zone: tzinfo | None) -> tuple[str, str]:
    face = look(HEART_LOOKS, heart.life)
    last = f", last beat at {clock(heart.beaten_at, zone)}" if heart.beaten_at else ""
    return f"{face.glyph} {face.word}{last}" + (f", process {heart.pid}" if heart.pid else ""), face.tone


def _money(agent: Agent) -> Iterator[Paragraph]:
    usage = agent.usage
    yield Paragraph("context", _context(agent))
    read, cached, written = map(short_count, (usage.tokens_in, usage.tokens_cached, usage.tokens_out))
    scripted = f", {usage.scripted_turns:,} scripted" if usage.scripted_turns else ""
    unpriced = f", {usage.unpriced_turns:,} without a known price" if usage.unpriced_turns else ""
    yield Paragraph("cost", f"{cost(usage)} for {counted(usage.turns, 'turn')}{scripted}{unpriced}")
    if usage.turns:
        yield Paragraph("tokens", f"{read} read, {cached} of them from the cache, {written} written")


def _context(agent: Agent) -> str:
    if agent.prompt_tokens is None:
        return "no model was asked yet" if not agent.usage.turns else "unknown"
    filled = fill(agent)
    if filled is None:
        return f"{agent.prompt_tokens:,} tokens in the last prompt; nobody knows the window of this model"
    return f"{filled:.0%}: {agent.prompt_tokens:,} tokens in the last prompt, of {agent.window:,}"


def _tools(agent: Agent, zone: tzinfo | None) -> Iterator[Paragraph]:
    yield Paragraph("tools", f"{agent.tools} called, {agent.failed_tools} failed")
    if agent.recent:
        yield NOTHING
        yield Paragraph("", "Last tools, the newest first", "heading")
    for use in reversed(agent.recent):
        yield from _tool(use, zone)


def _tool(use: ToolUse, zone: tzinfo | None) -> Iterator[Paragraph]:
    glyph, tone = {None: ("▸", "info"), True: ("✓", "plain"), False: ("×", "warn")}[use.worked]
    when = f"{clock(use.began_at, zone)}  " if use.began_at else ""
    took = f"  {seconds(use.duration_s)}" if use.duration_s is not None else "  running" if use.ok is None else ""
    yield Paragraph("", f"{when}{glyph} {use.tool} {arguments_of(use.arguments)}{took}", tone)
    said = [line for line in use.output.splitlines() if line.strip()][:2]
    for line in said:
        yield Paragraph("", f"            {line}", "dim")


def _tasks(agent: Agent, snapshot: Snapshot) -> Iterator[Paragraph]:
    theirs = [task for task in snapshot.tasks if agent.name in (task.owner, task.author)]
    if theirs:
        yield NOTHING
        yield Paragraph("", "Tasks", "heading")
    for task in theirs[-TASKS:]:
        face = look(TASK_LOOKS, task.state)
        usage = snapshot.spending.by.get("task", {}).get(task.id)
        spent = f", {cost(usage)}" if usage else ""
        yield Paragraph("", f"{face.glyph} #{task.id} {task.key or task.subject}: {face.word}{spent}", face.tone)


def _messages(agent: Agent, snapshot: Snapshot, zone: tzinfo | None) -> Iterator[Paragraph]:
    theirs = [m for m in snapshot.messages if agent.name in (m.sender, m.to) and not m.idle]
    if theirs:
        yield NOTHING
        yield Paragraph("", "Messages, the newest first", "heading")
    for message in reversed(theirs[-LAST_MESSAGES:]):
        waits = "  ▲ not read yet" if message.waits else ""
        words = f"{clock(message.at, zone)}  {message.sender} → {message.to}: {gist(message)}{waits}"
        yield Paragraph("", words, "warn" if message.waits else "plain")
