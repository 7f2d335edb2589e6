"""The agents as rows: who, in which state and for how long, on what, waiting for whom, and what it takes.

Rule 1: those who need a look come first: dead, silent, stuck; then those at work, those at rest, those who left.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from tui.projection.people import STRETCH_S
from tui.projection.telling import arguments_of
from tui.rows.floor import Floor
from tui.rows.query import Facts
from tui.rows.spans import Column, Span, Spans, layout, table_row
from tui.snapshot import Agent, Heart
from tui.words import AGENT_LOOKS, HEART_LOOKS, Look, age, cost, duration, look, short_count, tokens

PANE_COLUMNS = (
    Column("agent", 14),
    Column("role", 12, keep=1),
    Column("state", 10),
    Column("for", 4, keep=7, right=True),
    Column("heart", 10, keep=2),
    Column("task", 5, keep=8),
    Column("doing", 0),
    Column("turns", 5, keep=3, right=True),
    Column("tokens", 7, keep=4, right=True),
    Column("context", 7, keep=5, right=True),
    Column("cost", 9, keep=7, right=True),
    Column("seen", 4, keep=5, right=True),
)
WHOLE_COLUMNS = (
    *PANE_COLUMNS[:7],
    Column("turns", 5, keep=3, right=True),
    Column("in", 7, keep=3, right=True),
    Column("cached", 7, keep=2, right=True),
    Column("out", 6, keep=2, right=True),
    Column("context", 7, keep=7, right=True),
    Column("cost", 9, keep=8, right=True),
    Column("activity", 15, keep=6),
    Column("seen", 4, keep=5, right=True),
)
AGENT_FIELDS = ("state", "role", "model", "task", "tool", "heart", "cost", "context", "turns")
AT_REST = ("idle", "left", "unknown")
STEPS = "▁▂▃▄▅▆▇█"
LONG_S = 120
"""A tool that runs for longer is worth a look."""
FULL, NEARLY = 0.85, 0.65
"""Of the window: a conversation is begun anew at about the first."""


def agent_heading(cells: int, *, hearts: bool, whole: bool = False) -> Spans:
    """Return the titles of the agents' columns; ``hearts``: somebody has one; ``whole``: with all columns there are."""
    columns = _columns(hearts=hearts, whole=whole)
    return table_row(columns, layout(columns, cells), {column.title: (column.title, "dim") for column in columns})


def agent_row(
    agent: Agent, hearts: Mapping[str, Heart], cells: int, *, now: datetime, whole: bool = False, waits: str = ""
) -> Spans:
    """Return one agent; of one whose process is dead, that it is. ``waits``: for whom, "" where for nobody."""
    face = look(AGENT_LOOKS, agent.state)
    columns, beats = _columns(hearts=bool(hearts), whole=whole), _beats(agent, hearts)
    widths = layout(columns, cells)
    if beats is not None and beats.tone != "good" and "heart" not in widths:
        # What the journal says last is what a dead one was doing, and where there is little room this is the place for
        # saying that it is dead.
        face = beats
    at_rest = agent.state in AT_REST
    spent, usage = cost(agent.usage), agent.usage
    values = {
        "agent": (f"{face.glyph} {agent.name}", face.tone if not at_rest or face is beats else "plain"),
        "role": (agent.role, "dim"),
        "state": (face.word, face.tone),
        "for": _held(agent, now),
        "heart": (f"{beats.glyph} {beats.word}", beats.tone) if beats else ("–", "dim"),
        "task": (f"#{agent.task}" if agent.task else "–", "plain" if agent.task else "dim"),
        "doing": _doing(agent, waits),
        "turns": (str(usage.turns) if usage.known else "?", "plain"),
        "tokens": (tokens(usage), "plain"),
        "in": (_count(usage.turns, usage.tokens_in), "plain"),
        "cached": (_count(usage.turns, usage.tokens_cached), "dim"),
        "out": (_count(usage.turns, usage.tokens_out), "plain"),
        "context": context(agent),
        "cost": (spent, "warn" if spent == "unknown" else "plain"),
        "activity": (sparkline(agent.activity, now, WHOLE_COLUMNS[-2].cells), "info"),
        "seen": (age(agent.last_seen, now), "dim"),
    }
    return table_row(columns, widths, values)


def ordered(agents: Iterable[Agent], hearts: Mapping[str, Heart]) -> list[Agent]:
    """Return the agents, those who need a look first."""
    return sorted(agents, key=lambda agent: _rank(agent, hearts))


def at_work(agents: Iterable[Agent], hearts: Mapping[str, Heart]) -> int:
    """Return how many are at work: neither at rest nor dead."""
    return sum(_rank(agent, hearts) == 1 for agent in agents)


def needing(agents: Iterable[Agent], hearts: Mapping[str, Heart]) -> int:
    """Return how many need a look: stuck, silent or dead."""
    return sum(_rank(agent, hearts) == 0 for agent in agents)


def waiting_for(agent: Agent, floor: Floor) -> str:
    """Return for whom or what an agent waits, "" when for nothing: as it says, or as its task does."""
    if agent.state == "waiting":
        return "a resume" if agent.detail == "paused" else agent.detail.removeprefix("for ") or "something"
    task = floor.tasks.get(agent.task or "")
    if task and task.owner == agent.name and task.state == "needs_input":
        return floor.waits_for(task)
    return ""


def agent_facts(agent: Agent, hearts: Mapping[str, Heart]) -> Facts:
    """Return the fields that the agents can be narrowed by; ``context`` is in percent."""
    beats, filled = _beats(agent, hearts), fill(agent)
    return {
        "state": look(AGENT_LOOKS, agent.state).word,
        "role": agent.role,
        "model": agent.model,
        "task": f"#{agent.task}" if agent.task else None,
        "tool": agent.tool.tool if agent.tool else None,
        "heart": beats.word if beats else None,
        "cost": agent.usage.cost_usd,
        "context": None if filled is None else 100 * filled,
        "turns": float(agent.usage.turns),
    }


def fill(agent: Agent) -> float | None:
    """Return how much of its window the last prompt of an agent took; None where nobody knows."""
    return agent.prompt_tokens / agent.window if agent.prompt_tokens is not None and agent.window else None


def context(agent: Agent) -> Span:
    """Return the share of the window that was in use, or the tokens and ``/?`` where nobody knows the window."""
    filled = fill(agent)
    if filled is None:
        return (f"{short_count(agent.prompt_tokens)}/?", "dim") if agent.prompt_tokens else ("–", "dim")
    step = STEPS[min(len(STEPS) - 1, int(filled * len(STEPS)))]
    return f"{step} {filled:.0%}", "bad" if filled >= FULL else "warn" if filled >= NEARLY else "plain"


def sparkline(activity: Sequence[tuple[int, int]], now: datetime, cells: int) -> str:
    """Return how busy an agent was, a cell for each twenty seconds until ``now``; what was quiet is a dot."""
    stretches = 2
    last = int(now.timestamp()) // STRETCH_S // stretches
    counts = [0] * cells
    for stretch, count in activity:
        place = cells - 1 - (last - stretch // stretches)
        if 0 <= place < cells:
            counts[place] += count
    most = max(counts, default=0)
    return "".join(STEPS[min(len(STEPS) - 1, count * len(STEPS) // (most + 1))] if count else "·" for count in counts)


def _count(turns: int, count: int) -> str:
    return short_count(count) if turns else "–"


def _columns(*, hearts: bool, whole: bool) -> Sequence[Column]:
    columns = WHOLE_COLUMNS if whole else PANE_COLUMNS
    return columns if hearts else [column for column in columns if column.title != "heart"]


def _beats(agent: Agent, hearts: Mapping[str, Heart]) -> Look | None:
    heart = hearts.get(agent.name)
    return look(HEART_LOOKS, heart.life) if heart else None


def _rank(agent: Agent, hearts: Mapping[str, Heart]) -> int:
    beats = _beats(agent, hearts)
    if agent.state != "left" and (agent.state == "stuck" or (beats is not None and beats.tone != "good")):
        return 0
    return 1 if agent.state not in AT_REST else 3 if agent.state == "left" else 2


def _held(agent: Agent, now: datetime) -> Span:
    """Return how long the agent is in its state, or its tool runs."""
    running = agent.tool.began_at if agent.tool and agent.tool.ok is None else None
    since = running or agent.since
    if since is None or agent.state in AT_REST:
        return ("–" if since is None else age(since, now)), "dim"
    held_s = (now - since).total_seconds()
    return duration(held_s), "warn" if held_s >= LONG_S else "plain"


def _doing(agent: Agent, waits: str) -> Span:
    if waits:
        return f"◌ waits for {waits}", "warn"
    if agent.state in ("stuck", "checking"):
        return agent.detail, "bad" if agent.state == "stuck" else "plain"
    if agent.state == "tool" and agent.tool is None and agent.detail:
        return f"▸ {agent.detail}", "plain"  # a command or a function that works as a whole
    if agent.state == "left" or agent.tool is None:
        return agent.detail, "dim" if agent.state in AT_REST else "plain"
    mark = {None: "▸", True: "✓", False: "×"}[agent.tool.worked]
    tone = "dim" if agent.state in AT_REST or agent.tool.ok is not None else "plain"
    return f"{mark} {agent.tool.tool} {arguments_of(agent.tool.arguments)}", tone
