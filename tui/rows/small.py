"""A screen too small for what it should show: it says so, and counts what waits for you before all else.

Rule 1: below 40 columns or 12 rows the screen is drawn as it is, and its last row says that it is small; where not even
    the head and a list have room, there is nothing but these rows.
Rule 2: no row is cut in the middle of what it says: where a form does not fit a shorter one stands.
"""

from collections.abc import Sequence
from datetime import datetime

from tui.rows.head import counted_waiting, time_of
from tui.rows.spans import Span, Spans, piece
from tui.snapshot import Snapshot
from tui.text import width
from tui.words import PHASE_LOOKS, look, stopwatch

CELLS, ROWS = 40, 12
"""What the screen needs at the least."""
TINY_CELLS, TINY_ROWS = 20, 7
"""From where on there is a head, a list and a foot."""


def is_small(cells: int, rows: int) -> bool:
    """Say whether the screen shows less than it should."""
    return cells < CELLS or rows < ROWS


def is_tiny(cells: int, rows: int) -> bool:
    """Say whether there is no room for more than these rows."""
    return cells < TINY_CELLS or rows < TINY_ROWS


def small_words(cells: int) -> Span:
    """Return what a small screen says of itself, in at most so many cells."""
    return longest(
        (f"small screen: {CELLS}x{ROWS} shows more", f"small: use {CELLS}x{ROWS}", "too small", "small"), cells
    ), "warn"


def tiny_rows(snapshot: Snapshot, cells: int, rows: int, *, now: datetime) -> list[Spans]:
    """Return the rows of a screen that is nothing but them, the most important first."""
    waiting, small = _waiting(snapshot, cells), small_words(cells)
    if rows == 1:
        beside = width(waiting[0]) + 2 + width(small[0]) <= cells
        return [[waiting, ("  ", "plain"), small] if beside else [waiting]]
    found = [waiting, *_phase(snapshot, cells, now), *_tasks(snapshot, cells)][: rows - 1]
    return [[row] for row in (*found, small)]


def longest(forms: Sequence[str], cells: int) -> str:
    """Return the first of ``forms`` that fits; "" where none does."""
    return next((form for form in forms if width(form) <= cells), "")


def _waiting(snapshot: Snapshot, cells: int) -> Span:
    if snapshot.trouble:
        return longest((piece(f"■ {snapshot.trouble}")[0], "■ cannot be read", "■ trouble", "■"), cells), "bad"
    count = snapshot.totals.attention_open
    if not count:
        return longest(("✓ nothing needs you", "✓ all well", "✓"), cells), "good"
    words, waiting = counted_waiting(snapshot)
    few = f"▲ {waiting} for you" if waiting else f"▲ {count} to see"
    return longest((f"▲ {words}", few, f"▲ {waiting or count:,}", f"▲{waiting or count}", "▲"), cells), "warn"


def _phase(snapshot: Snapshot, cells: int, now: datetime) -> list[Span]:
    mission = snapshot.mission
    if mission is None:
        words = piece(f"team {snapshot.team}")[0] if snapshot.team else "no team yet"
        return [(longest((words, "no mission", "–"), cells), "plain")]
    face = look(PHASE_LOOKS, mission.phase)
    word, took = f"{face.glyph} {face.word}", stopwatch(time_of(mission, snapshot, now).total_seconds())
    forms = (piece(f"{word}  {took}  {mission.goal}")[0], f"{word}  {took}", word, face.glyph)
    return [(longest(forms, cells), face.tone)]


def _tasks(snapshot: Snapshot, cells: int) -> list[Span]:
    total, done = sum(snapshot.task_states.values()), snapshot.task_states.get("done", 0)
    return [(longest((f"{done:,}/{total:,} tasks", f"{done}/{total}"), cells), "plain")] if total else []
