"""The head of the screen: the mission, how far it is, what it costs, what needs a person."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from onecontext.text.amounts import dollars
from tui.projection.attention import PRESSING, rank_of
from tui.projection.gone import DIED
from tui.rows.spans import Span, Spans, between, piece, spans_width
from tui.rows.teams import elsewhere_spans
from tui.snapshot import Attention, Mission, Snapshot
from tui.words import NO_MISSION, PHASE_LOOKS, age, cost, duration, look, stopwatch, tokens

QUIET_AFTER_S = 120
NEARLY = 0.8
"""Of the budget: from here on it stands out."""
BAR_CELLS, SMALL_BAR = 12, 8
BAR_FROM = 96
"""Narrower, the words have the place of the bar: they say the same, and all of them fit."""
GOING = ("branch", "sandbox", "bar", "provider", "tokens", "checks")
"""What the second row does without where it is short, the first of them first; a sandbox that is none stays."""
GOING_OVER = ("sandbox", "bar", "provider", "tokens", "model", "checks")
"""The same when the mission is over: where the work is then stays, as it is what a person needs next."""
DONE = frozenset(
    {
        "task.submitted",
        "task.completed",
        "task.finished",
        "work.merged",
        "verdict.given",
        "mission.planned",
        "mission.resumed",
        "mission.ended",
    }
)
"""What is worth saying as the last thing that was done."""
WIDE = 110
HALTED = ("pausing", "paused", "stopping")
"""Phases that are because somebody said so."""
_NOBODY = (DIED, "interrupted")
"""Phases in which nobody works, so the time of the mission stands still."""


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
    words = f"{face.glyph} {face.word}{_halted(mission, now)}"
    right: Spans = [piece(words, face.tone), *_time(mission, snapshot, now)]
    return between([("◆ ", "accent"), piece(mission.goal, "bold")], right, cells)


def _halted(mission: Mission, now: datetime) -> str:
    """Return for how long a word to pause or stop has stood, "" where none does."""
    since_s = (now - mission.halted_at).total_seconds() if mission.halted_at else 0
    return f" for {duration(since_s)}" if since_s >= 1 and mission.phase in HALTED else ""


def time_of(mission: Mission, snapshot: Snapshot, now: datetime) -> timedelta:
    """Return how long the mission took so far, or did; where nobody works, until the last that happened."""
    last = snapshot.last_event_at
    until = mission.ended_at or (last if mission.phase in _NOBODY and last else max(now, mission.started_at))
    return until - mission.started_at


def _time(mission: Mission, snapshot: Snapshot, now: datetime) -> Spans:
    last = snapshot.last_event_at
    spans: Spans = [(f"  {stopwatch(time_of(mission, snapshot, now).total_seconds())}", "plain")]
    if mission.ended_at:
        ago = (now - mission.ended_at).total_seconds()
        return [*spans, (f"  {duration(ago)} ago", "dim")] if ago >= 1 else spans
    quiet_s = (now - last).total_seconds() if last else 0
    if quiet_s >= QUIET_AFTER_S:
        spans.append((f"  quiet for {duration(quiet_s)}", "warn"))
    return spans


def _progress_row(snapshot: Snapshot, cells: int) -> Spans:
    """Return where it runs and how far it is; what matters least goes first, and the model's name is cut last."""
    gone: frozenset[str] = frozenset()
    for going in ("", *(GOING_OVER if _leaves_work(snapshot.mission) else GOING)):
        gone |= {going}
        left, right = _place(snapshot.mission, cells, gone), _figures(snapshot, cells, gone)
        if spans_width(left) + 2 + spans_width(right) <= cells:
            break
    return between(left, right, cells)


def _leaves_work(mission: Mission | None) -> bool:
    return mission is not None and mission.ending is not None and bool(mission.branch)


def _place(mission: Mission | None, cells: int, gone: frozenset[str]) -> Spans:
    if mission is None:
        return [("  ", "plain")]
    roomy, safe, over = cells >= BAR_FROM, mission.sandbox not in ("none", ""), _leaves_work(mission)
    model = f"model {mission.model or 'unknown'}" if roomy or not mission.model else mission.model
    if mission.scripted:
        model = "scripted model" if roomy else "scripted"
    elif "provider" in gone:
        model = model.rpartition("/")[2]
    sandbox = mission.sandbox if safe and not roomy else f"sandbox {mission.sandbox or 'unknown'}"
    facts: list[Span] = [] if "model" in gone else [piece(model, "warn" if mission.scripted else "dim")]
    if "sandbox" not in gone or not (safe or over):
        facts.append(piece(sandbox, "dim" if safe else "warn"))
    branch = piece(f"branch {mission.branch}", "plain" if over else "dim")
    if cells >= WIDE and mission.branch and "branch" not in gone and not over:
        facts.append(branch)
    # Where one of them is cut, it is the name of the model: how far agents can reach matters more.
    ordered = facts if roomy else facts[::-1]
    first, *others = [branch, *ordered] if over else ordered
    return [("  ", "plain"), first, *(span for other in others for span in ((" · ", "dim"), other))]


def _figures(snapshot: Snapshot, cells: int, gone: frozenset[str]) -> Spans:
    total, done = sum(snapshot.task_states.values()), snapshot.task_states.get("done", 0)
    spans: Spans = []
    if total:
        bar = 0 if "bar" in gone or cells < BAR_FROM else BAR_CELLS if cells >= WIDE else SMALL_BAR
        filled = bar * done // total
        spans += [("━" * filled, "good"), ("━" * (bar - filled), "faint"), (" ", "plain")] if bar else []
        spans += [(f"{done:,}/{total:,} tasks", "good" if done == total else "plain"), ("  ", "plain")]
    if snapshot.assertions and "checks" not in gone:
        held = sum(assertion.holds is True for assertion in snapshot.assertions)
        count = len(snapshot.assertions)
        spans += [(f"{held}/{count} checks", "good" if held == count else "plain"), ("  ", "plain")]
    usage = snapshot.totals.usage
    if usage.turns and "tokens" not in gone:
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
        calm = _calm(snapshot, now, cells - spans_width(others) - 1)
        return between(calm, others, cells) if others else calm
    spans: Spans = [(f"▲ {counted_waiting(snapshot)[0]}", "warn")]
    if snapshot.violations:
        spans.append((f", ■ {violations_now(len(snapshot.violations))}", "bad"))
    if item := most_pressing(snapshot.attention):
        task = f" #{item.task}" if item.task else ""
        named = not item.agent or item.text.startswith(item.agent)
        who = f" ({item.agent})" if not named and cells >= WIDE else ""
        spans += [("  ", "plain"), piece(f"{item.kind}{task}{who} ", "bad"), piece(item.text)]
        spans.append((f"  {age(item.at, now)}", "dim"))
    return between(spans, [*others, ("a shows all", "dim")], cells) if cells >= 60 else spans


def counted_waiting(snapshot: Snapshot) -> tuple[str, int]:
    """Return how many of what is open wait for a person, of how many there are to look at: in words, and the former."""
    count = snapshot.totals.attention_open
    waiting = sum(item.open and item.kind in PRESSING for item in snapshot.attention)
    if not waiting:
        return f"{count:,} to look at", 0
    of_all = f" of {count:,}" if count > waiting else ""
    return f"{waiting:,}{of_all} {'waits' if waiting == 1 else 'wait'} for you", waiting


def most_pressing(items: Sequence[Attention]) -> Attention | None:
    """Return the open item for which somebody waits most; of the same kind the newest."""
    return min((item for item in items if item.open), key=lambda item: (rank_of(item), -item.number), default=None)


def _calm(snapshot: Snapshot, now: datetime, cells: int) -> Spans:
    """Return that nothing needs a person, and what was done last; how much was sent back only where both fit."""
    calm: Span = ("  nothing needs you", "good")
    last = next((line for line in reversed(snapshot.log) if line.type in DONE), None)
    done: Spans = []
    if last:
        ago = age(last.at, now)
        when = "just now" if ago == "now" else f"{ago} ago"
        done = [piece(f" · {when}: {f'{last.agent} {last.text}'.strip()}", "dim")]
    over = snapshot.totals.rejections
    right: Spans = [(f" · sent back {over:,}, put right", "dim")] if over else []
    whole = [calm, *right, *done]
    return whole if spans_width(whole) <= cells else [calm, *done]
