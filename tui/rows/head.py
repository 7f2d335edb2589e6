"""The head of the screen: the mission, how far it is, what it costs, what needs a person."""

from datetime import datetime

from tui.projection.attention import ASKED, NEEDS_INPUT
from tui.rows.spans import Spans, between, piece
from tui.rows.teams import elsewhere_spans
from tui.snapshot import Mission, Snapshot
from tui.words import PHASE_LOOKS, cost, duration, look, stopwatch, tokens

QUIET_AFTER_S = 120
BAR_CELLS = 12
WAITING = (ASKED, NEEDS_INPUT)
WIDE = 110


def head_rows(snapshot: Snapshot, cells: int, *, now: datetime) -> list[Spans]:
    """Return three rows: goal and phase, place and progress, and what needs a person."""
    return [_goal_row(snapshot, cells, now), _progress_row(snapshot, cells), attention_line(snapshot, cells, now=now)]


def _goal_row(snapshot: Snapshot, cells: int, now: datetime) -> Spans:
    mission = snapshot.mission
    if mission is None:
        words = f"team {snapshot.team}" if snapshot.team else "no team yet"
        why = "· files of another program, no journal" if snapshot.kept == "files" else "· no mission"
        return between([("◆ ", "accent"), piece(words, "bold")], [(why, "dim")], cells)
    face = look(PHASE_LOOKS, mission.phase)
    right: Spans = [piece(f"{face.glyph} {face.word}", face.tone), *_time(mission, snapshot, now)]
    return between([("◆ ", "accent"), piece(mission.goal, "bold")], right, cells)


def _time(mission: Mission, snapshot: Snapshot, now: datetime) -> Spans:
    until = mission.ended_at or max(now, mission.started_at)
    spans: Spans = [(f"  {stopwatch((until - mission.started_at).total_seconds())}", "plain")]
    last = snapshot.last_event_at
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
    model = "scripted model" if mission.scripted else f"model {mission.model or 'unknown'}"
    sandbox = f"sandbox {mission.sandbox or 'unknown'}"
    unsafe = mission.sandbox in ("none", "")
    parts: Spans = [("  ", "plain"), piece(model, "warn" if mission.scripted else "dim")]
    parts += [(" · ", "dim"), piece(sandbox, "warn" if unsafe else "dim")]
    if cells >= WIDE and mission.branch:
        parts += [(" · ", "dim"), piece(f"branch {mission.branch}", "dim")]
    return parts


def _figures(snapshot: Snapshot, cells: int) -> Spans:
    total, done = sum(snapshot.task_states.values()), snapshot.task_states.get("done", 0)
    spans: Spans = []
    if total:
        filled = BAR_CELLS * done // total
        if cells >= WIDE:
            spans += [("━" * filled, "good"), ("━" * (BAR_CELLS - filled), "faint"), (" ", "plain")]
        spans += [(f"{done:,}/{total:,} tasks", "good" if done == total else "plain"), ("  ", "plain")]
    if snapshot.assertions:
        held = sum(assertion.holds is True for assertion in snapshot.assertions)
        count = len(snapshot.assertions)
        spans += [(f"{held}/{count} checks", "good" if held == count else "plain"), ("  ", "plain")]
    usage = snapshot.totals.usage
    if cells >= WIDE and usage.turns:
        spans += [(f"{tokens(usage)} tokens", "dim"), ("  ", "plain")]
    return [*spans, *_money(snapshot)]


def _money(snapshot: Snapshot) -> Spans:
    usage = snapshot.totals.usage
    words = cost(usage)
    return [(f"cost {words}", "warn" if words == "unknown" or words.startswith("≥") else "plain")]


def violations_now(count: int) -> str:
    """Return how many rules are broken now."""
    return f"{count:,} violation{'s' if count != 1 else ''} open now"


def attention_line(snapshot: Snapshot, cells: int, *, now: datetime) -> Spans:
    """Return trouble with reading, else the newest open item and how many more there are, here and in other teams."""
    others = elsewhere_spans(snapshot, now)
    if snapshot.trouble:
        return [piece(f"■ {snapshot.trouble}", "bad")]
    count = snapshot.totals.attention_open
    if not count:
        over = snapshot.totals.rejections
        words = f"  nothing needs you · sent back {over}, put right" if over else "  nothing needs you"
        return between([(words, "dim")], others, cells)
    opened = [item for item in reversed(snapshot.attention) if item.open]
    # Who waits for a word of a person does nothing until it comes.
    newest = next((item for item in opened if item.kind in WAITING), opened[0] if opened else None)
    spans: Spans = [(f"▲ {count:,} to look at", "warn")]
    if snapshot.violations:
        spans.append((f", ■ {violations_now(len(snapshot.violations))}", "bad"))
    if newest:
        task = f" #{newest.task}" if newest.task else ""
        spans += [("  newest: ", "dim"), piece(f"{newest.kind}{task} ", "bad"), piece(newest.text)]
    return between(spans, [*others, ("a shows all", "dim")], cells) if cells >= 60 else spans
