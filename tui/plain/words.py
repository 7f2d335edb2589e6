"""What happens in words alone: a line for each event that says something, and a short summary of all of it.

Rule 1: no colour, no frames, no sign that stands for a word; whatever needs a person begins with ``ATTENTION``.
Rule 2: a line is one line whatever agents write.
"""

from datetime import datetime, tzinfo

from teams.engine.event import Event
from tui import fields
from tui.forms import IDLE_FORM
from tui.projection.telling import tell
from tui.rows.head import HALTED
from tui.snapshot import Agent, Attention, Snapshot
from tui.text import cut, one_line
from tui.words import clock, cost, counted, duration, stopwatch, tokens

ATTENTION = "ATTENTION"
CELLS = 240
MOST_OPEN = 10
NOT_TOLD = frozenset(
    {
        # What agents do all the time; the log of the monitor has it.
        *("agent.state", "task.renewed", "message.delivered", "message.posted"),
        *("tool.intent", "tool.result", "model.called", "turn.started"),
        # What they come with has a line: the claim, the handing over, the verdict.
        *("attempt.started", "attempt.ended", "task.inspected", "task.rejected", "task.linked", "task.revised"),
    }
)
_SIGNS = {"✓": "", "×": "", "■": "", "▲": "", "‖": "", "‣": "", "?": "", "▸": "", "→": "to"}


def event_line(event: Event, name: str, raised: Attention | None, *, zone: tzinfo | None) -> str | None:
    """Return the line of ``event``, or None when it says nothing worth one.

    Args:
        name: what its task is called.
        raised: what a person is asked to look at because of it; None: nothing.
        zone: of the times; None is that of this machine.
    """
    if raised is None and (event.type in NOT_TOLD or fields.text(event.data, "form") == IDLE_FORM):
        return None
    words = _without_signs(tell(event, lambda _: name)[0])
    if event.type == "verify.command":
        words = f"check {words}"
    who = one_line(event.agent or "")
    line = " ".join(filter(None, (clock(event.at, zone), who, one_line(words))))
    return cut(f"{ATTENTION} {line}" if raised else line, CELLS)


def trouble_line(trouble: str) -> str:
    """Return the line about what cannot be read."""
    return cut(f"{ATTENTION} {one_line(trouble)}", CELLS)


def died_line(item: Attention, *, zone: tzinfo | None) -> str:
    """Return the line about a mission whose process is gone, which no event tells."""
    return cut(f"{ATTENTION} {clock(item.at, zone)} {item.kind}: {one_line(item.text)}", CELLS)


def summary_lines(snapshot: Snapshot, *, now: datetime, zone: tzinfo | None) -> list[str]:
    """Return how it stands, in a few lines: the mission, the tasks, who is at work, the cost, what needs a person."""
    lines = [f"summary at {clock(now, zone)}, {counted(snapshot.totals.events, 'event')}", _mission(snapshot, now)]
    if snapshot.task_states:
        lines.append(_tasks(snapshot))
    lines += [_agent(agent, now) for agent in snapshot.agents if agent.state not in ("idle", "left")]
    lines.append(f"cost {cost(snapshot.totals.usage)}, tokens {tokens(snapshot.totals.usage).replace('–', 'none')}")
    if snapshot.trouble:
        lines.append(trouble_line(snapshot.trouble))
    return [cut(one_line(line), CELLS) for line in [*lines, *_open(snapshot, zone)]]


def _mission(snapshot: Snapshot, now: datetime) -> str:
    mission = snapshot.mission
    if mission is None:
        return f"team {snapshot.team}, no mission" if snapshot.team else "no team yet"
    took = stopwatch(((mission.ended_at or now) - mission.started_at).total_seconds())
    reason = f": {mission.reason}" if mission.reason else ""
    how_long = f"{'after' if mission.ended_at else 'for'} {took}"
    if mission.halted_at and mission.phase in HALTED:
        how_long = f"for {stopwatch((now - mission.halted_at).total_seconds())}, begun {took} ago"
    return f"team {snapshot.team}, mission {mission.phase} {how_long}{reason}; goal: {mission.goal}"


def _tasks(snapshot: Snapshot) -> str:
    states = ", ".join(f"{count:,} {state.replace('_', ' ')}" for state, count in sorted(snapshot.task_states.items()))
    held = sum(assertion.holds is True for assertion in snapshot.assertions)
    checks = f"; {held} of {len(snapshot.assertions)} checks hold" if snapshot.assertions else ""
    return f"{counted(sum(snapshot.task_states.values()), 'task')}: {states}{checks}"


def _agent(agent: Agent, now: datetime) -> str:
    named = agent.tool.tool if agent.tool else agent.detail
    doing = f", {named}" if named and agent.state == "tool" else ""
    task = f" on #{agent.task}" if agent.task else ""
    seen = ""
    if agent.last_seen:
        ago = duration((now - agent.last_seen).total_seconds())
        seen = ", seen just now" if ago == "now" else f", seen {ago} ago"
    return f"{agent.name} {agent.state}{task}{doing}{seen}"


def _open(snapshot: Snapshot, zone: tzinfo | None) -> list[str]:
    count = snapshot.totals.attention_open
    if not count:
        return ["nothing needs a person"]
    items = [item for item in snapshot.attention if item.open][-MOST_OPEN:]
    told = [
        f"{ATTENTION} open since {clock(item.at, zone)}: {_about(item)}: {item.text.replace(' → ', ': ')}"
        for item in items
    ]
    return [f"{count:,} {'thing needs' if count == 1 else 'things need'} a person", *told]


def _about(item: Attention) -> str:
    return f"{item.kind} #{item.task}" if item.task else item.kind


def _without_signs(words: str) -> str:
    head, _, rest = words.partition(" ")
    if head in _SIGNS and rest:
        return f"{_SIGNS[head]} {rest}".strip()
    return words
