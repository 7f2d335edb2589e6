"""The head of the screen: the mission, how far it is, what it costs, what needs a person."""

from collections.abc import Sequence
from datetime import datetime

from onecontext.text.amounts import dollars
from tui.projection.attention import PRESSING, rank_of
from tui.projection.gone import DIED
from tui.rows.spans import Spans, between, piece
from tui.rows.teams import elsewhere_spans
from tui.snapshot import Attention, Mission, Snapshot
from tui.words import NO_MISSION, PHASE_LOOKS, age, cost, duration, look, stopwatch, tokens

QUIET_AFTER_S = 120
NEARLY = 0.8
"""Of the budget: from here on it stands out."""
BAR_CELLS, SMALL_BAR = 12, 8
BAR_FROM = 96
"""Narrower, the words have the place of the bar: they say the same, and all of them fit."""
DONE = frozenset(
    {
        "task.submitted",
        "task.completed",
        "task.finished",
        "work.merged",
        "verdict.given",
        "mission.planned",
        "mission.ended",
    }
)
"""What is worth saying as the last thing that was done."""
WIDE = 110


def head_rows(snapshot: Snapshot, cells: int, *, now: datetime) -> list[Spans]:
    """Return three rows: goal and phase, place and progress, and what needs a person."""
    return [_goal_row(snapshot, cells, now), _progress_row(snapshot, cells), attention_line(snapshot, cells, now=now)]


def _goal_row(snapshot: Snapshot, cells: int, now: datetime) -> Spans:
    mission = snapshot.mission
    if mission is None:
        words = f"team {snapshot.team}" if snapshot.team else "no team yet"
        why = f"· {NO_MISSION.get(snapshot.kept, 'no mission')}"
        return between([("◆ ", "accent"), piece(words, "bold")], [(why, "dim")], cells)
    face = look(PHASE_LOOKS, mission.phase)
    right: Spans = [piece(f"{face.glyph} {face.word}", face.tone), *_time(mission, snapshot, now)]
    return between([("◆ ", "accent"), piece(mission.goal, "bold")], right, cells)


def _time(mission: Mission, snapshot: Snapshot, now: datetime) -> Spans:
    last = snapshot.last_event_at
    until = mission.ended_at or (last if mission.phase == DIED and last else max(now, mission.started_at))
    spans: Spans = [(f"  {stopwatch((until - mission.started_at).total_seconds())}", "plain")]
    if mission.ended_at:
        ago = (now - mission.ended_at).total_seconds()
        return [*spans, (f"  {duration(ago)} ago", "dim")] if ago >= 1 else spans
    quiet_s = (now - last).total_seconds() if last else 0
    if quiet_s >= QUIET_AFTER_S:
        spans.append((f"  quiet for {duration(quiet_s)}", "warn"))
    return spans


def _progress_row(snapshot: Snapshot, cells: int) -> Spans:
    return between(_place(snapshot.mission, cells), _figures(snapshot, cells), cells)


def _place(mission: Mission | None, cells: int) -> Spans:
    if mission is None:
        return [("  ", "plain")]
    roomy, safe = cells >= BAR_FROM, mission.sandbox not in ("none", "")
    model = "scripted model" if mission.scripted else f"model {mission.model or 'unknown'}"
    sandbox = f"sandbox {mission.sandbox or 'unknown'}"
    if not roomy:
        model = "scripted" if mission.scripted else mission.model or model
        sandbox = mission.sandbox if safe else sandbox
    facts: Spans = [piece(model, "warn" if mission.scripted else "dim"), piece(sandbox, "dim" if safe else "warn")]
    # Where one of them is cut, it is the name of the model: how far agents can reach matters more.
    first, second = facts if roomy else reversed(facts)
    parts: Spans = [("  ", "plain"), first, (" · ", "dim"), second]
    if cells >= WIDE and mission.branch:
        parts += [(" · ", "dim"), piece(f"branch {mission.branch}", "dim")]
    return parts


def _figures(snapshot: Snapshot, cells: int) -> Spans:
    total, done = sum(snapshot.task_states.values()), snapshot.task_states.get("done", 0)
    spans: Spans = []
    if total:
        bar = BAR_CELLS if cells >= WIDE else SMALL_BAR if cells >= BAR_FROM else 0
        filled = bar * done // total
        spans += [("━" * filled, "good"), ("━" * (bar - filled), "faint"), (" ", "plain")] if bar else []
        spans += [(f"{done:,}/{total:,} tasks", "good" if done == total else "plain"), ("  ", "plain")]
    if snapshot.assertions:
        held = sum(assertion.holds is True for assertion in snapshot.assertions)
        count = len(snapshot.assertions)
        spans += [(f"{held}/{count} checks", "good" if held == count else "plain"), ("  ", "plain")]
    usage = snapshot.totals.usage
    if usage.turns:
        spans += [(f"{tokens(usage)} tokens", "dim"), ("  ", "plain")]
    return [*spans, *_money(snapshot)]


def _money(snapshot: Snapshot) -> Spans:
    words, limit = cost(snapshot.totals.usage), snapshot.spending.limits.get("usd")
    known = words != "unknown" and not words.startswith("≥")
    spans: Spans = [(f"cost {words}", "plain" if known else "warn")]
    if limit:
        used = (snapshot.totals.usage.cost_usd or 0.0) / limit
        spans.append((f" of {dollars(limit)}", "bad" if used >= 1 else "warn" if used >= NEARLY else "dim"))
    return spans


def violations_now(count: int) -> str:
    """Return how many rules are broken now."""
    return f"{count:,} violation{'s' if count != 1 else ''} open now"


def attention_line(snapshot: Snapshot, cells: int, *, now: datetime) -> Spans:
    """Return trouble with reading, else what needs a person most and how much more does, here and in other teams.

    Where nothing does here, it is what was done last.
    """
    if snapshot.trouble:
        return [piece(f"■ {snapshot.trouble}", "bad")]
    others = elsewhere_spans(snapshot, now)
    if not snapshot.totals.attention_open:
        return between(_calm(snapshot, now), others, cells) if others else _calm(snapshot, now)
    count = snapshot.totals.attention_open
    spans: Spans = [(f"▲ {_counted(count, snapshot.attention)}", "warn")]
    if snapshot.violations:
        spans.append((f", ■ {violations_now(len(snapshot.violations))}", "bad"))
    if item := most_pressing(snapshot.attention):
        task = f" #{item.task}" if item.task else ""
        named = not item.agent or item.text.startswith(item.agent)
        who = f" ({item.agent})" if not named and cells >= WIDE else ""
        spans += [("  ", "plain"), piece(f"{item.kind}{task}{who} ", "bad"), piece(item.text)]
        spans.append((f"  {age(item.at, now)}", "dim"))
    return between(spans, [*others, ("a shows all", "dim")], cells) if cells >= 60 else spans


def _counted(count: int, items: Sequence[Attention]) -> str:
    """Return how many of what is open wait for a person, and how many there are to look at in all."""
    waiting = sum(item.open and item.kind in PRESSING for item in items)
    if not waiting:
        return f"{count:,} to look at"
    of_all = f" of {count:,}" if count > waiting else ""
    return f"{waiting:,}{of_all} {'waits' if waiting == 1 else 'wait'} for you"


def most_pressing(items: Sequence[Attention]) -> Attention | None:
    """Return the open item for which somebody waits most; of the same kind the newest."""
    return min((item for item in items if item.open), key=lambda item: (rank_of(item), -item.number), default=None)


def _calm(snapshot: Snapshot, now: datetime) -> Spans:
    spans: Spans = [("  nothing needs you", "good")]
    if over := snapshot.totals.rejections:
        spans.append((f" · sent back {over:,}, put right", "dim"))
    last = next((line for line in reversed(snapshot.log) if line.type in DONE), None)
    if last:
        ago = age(last.at, now)
        when = "just now" if ago == "now" else f"{ago} ago"
        spans.append(piece(f" · {when}: {f'{last.agent} {last.text}'.strip()}", "dim"))
    return spans
