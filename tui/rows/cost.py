"""What models cost: against the budget, as it grew, and where it went.

Rule 1: a bar or a curve never stands alone: the figures stand beside it.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, tzinfo
from typing import NamedTuple

from onecontext.text.amounts import dollars
from tui.rows.detail import Paragraph
from tui.rows.head import HALTED
from tui.rows.spans import Column, Spans, layout, piece, table_row
from tui.snapshot import Snapshot, Spending, SpentPoint, Usage
from tui.words import cost, counted, duration, short_count, stopwatch

_NOTHING = Paragraph("", "")
BAR_CELLS = 24
WIDE = 100  # cells
STEPS = " ▁▂▃▄▅▆▇█"
RATE_OVER_S = 600.0
"""The rate is that of the last ten minutes: what a run did at its beginning says little about what it will do."""
COLUMNS = (
    Column("name", 0),
    Column("calls", 7, right=True),
    Column("in", 8, keep=4, right=True),
    Column("cached", 8, keep=2, right=True),
    Column("out", 8, keep=3, right=True),
    Column("cost", 11, right=True),
    Column("share", 18, keep=1),
)


class Part(NamedTuple):
    """One line of the table: who or what, and what it took."""

    name: str
    usage: Usage
    share: float
    way: str

    def told(self, zone: tzinfo | None) -> tuple[str, list[Paragraph]]:
        """Return all there is to know about it."""
        usage = self.usage
        return f"cost by {self.way}", [
            Paragraph("", self.label, "bold"),
            Paragraph("", ""),
            Paragraph("cost", cost(usage) + f", {self.share:.1%} of all"),
            Paragraph("calls", f"{usage.turns:,}, {usage.unpriced_turns:,} without a price"),
            Paragraph("scripted", f"{usage.scripted_turns:,}: nobody was paid") if usage.scripted_turns else _NOTHING,
            Paragraph("read", f"{usage.tokens_in:,} tokens, {usage.tokens_cached:,} of them from the cache"),
            Paragraph("written", f"{usage.tokens_out:,} tokens"),
        ]

    @property
    def label(self) -> str:
        """How people call it."""
        if not self.name:
            return "the mission" if self.way == "task" else "unknown"
        return f"#{self.name}" if self.way == "task" else self.name


def parts_of(spending: Spending, way: str) -> list[Part]:
    """Return where it went by ``way``, the dearest first; without any price by tokens."""
    used = spending.by.get(way, {})
    priced = any(usage.cost_usd for usage in used.values())

    def weight(usage: Usage) -> float:
        return (usage.cost_usd or 0.0) if priced else float(usage.tokens_in + usage.tokens_out)

    whole = sum(map(weight, used.values()))
    parts = [Part(name, usage, weight(usage) / whole if whole else 0.0, way) for name, usage in used.items()]
    return sorted(parts, key=lambda part: (-part.share, part.name))


def part_heading(way: str, cells: int) -> Spans:
    """Return the titles of the table."""
    titles = {column.title: (column.title, "dim") for column in COLUMNS}
    return table_row(COLUMNS, layout(COLUMNS, cells), {**titles, "name": (way, "dim")})


def part_row(part: Part, cells: int) -> Spans:
    """Return one line of the table."""
    usage, spent = part.usage, cost(part.usage)
    filled = round(part.share * 10)
    return table_row(
        COLUMNS,
        layout(COLUMNS, cells),
        {
            "name": (part.label, "plain"),
            "calls": (f"{usage.turns:,}", "plain"),
            "in": (short_count(usage.tokens_in), "plain"),
            "cached": (short_count(usage.tokens_cached), "dim"),
            "out": (short_count(usage.tokens_out), "plain"),
            "cost": (spent, "warn" if spent == "unknown" else "plain"),
            "share": (f"{'━' * filled}{' ' * (10 - filled)} {part.share:>5.0%}", "info"),
        },
    )


def budget_rows(snapshot: Snapshot, cells: int, *, now: datetime) -> list[Spans]:
    """Return a line for all of it together, and one for each limit: how much of it is gone, and when it will be."""
    usage, limits = snapshot.totals.usage, snapshot.spending.limits
    total: Spans = [
        ("together  ", "dim"),
        piece(cost(usage), "bold"),
        piece(f"  {counted(usage.turns, 'call')}", "plain"),
    ]
    total.append(piece(f"  {short_count(usage.tokens_in)} read", "dim"))
    total.append(piece(f" ({short_count(usage.tokens_cached)} cached)  {short_count(usage.tokens_out)} written", "dim"))
    if usage.unpriced_turns:
        total.append(piece(f"  {usage.unpriced_turns:,} without a price", "warn"))
    rows = [total]
    points = snapshot.spending.points if _spends(snapshot) else None
    for name, limit in limits.items():
        rows.append(_limit_row(name, limit, _used(name, snapshot, now), points, cells))
    return rows if limits else [*rows, [("budget    ", "dim"), ("no limit was set", "dim")]]


def _spends(snapshot: Snapshot) -> bool:
    """Say whether somebody is at work: what stands still is gone at no time."""
    mission = snapshot.mission
    return mission is None or (mission.ended_at is None and mission.phase not in (*HALTED, "interrupted", "died"))


def _used(name: str, snapshot: Snapshot, now: datetime) -> float:
    usage, mission = snapshot.totals.usage, snapshot.mission
    if name == "seconds":
        until = (mission.ended_at or now) if mission else now
        return max(0.0, (until - mission.started_at).total_seconds()) if mission else 0.0
    return {"usd": usage.cost_usd or 0.0, "tokens": float(usage.tokens_in + usage.tokens_out)}.get(name, usage.turns)


def _counted(value: float) -> str:
    return short_count(int(value))


_SAID: dict[str, Callable[[float], str]] = {"usd": dollars, "seconds": stopwatch}


def _limit_row(name: str, limit: float, used: float, points: Sequence[SpentPoint] | None, cells: int) -> Spans:
    """Return how much of a limit is gone, and when it will be at the rate of ``points``; None: nobody spends."""
    share = used / limit
    tone = "bad" if share >= 1 else "warn" if share >= 0.8 else "good"
    bar = BAR_CELLS if cells >= WIDE else BAR_CELLS // 2
    filled = min(bar, round(share * bar))
    said = _SAID.get(name, _counted)
    spans: Spans = [(f"{name:<10}", "dim")]
    if cells >= 70:
        spans += [("━" * filled, tone), ("━" * (bar - filled), "faint"), (" ", "plain")]
    spans.append(piece(f"{share:.0%}  {said(used)} of {said(limit)}", tone))
    left_s = None if points is None else _left_s(name, limit - used, points)
    if share >= 1:
        spans.append(("  used up", "bad"))
    elif left_s is not None:
        spans.append(piece(f"  gone in {duration(left_s)}" + (" at this rate" if cells >= WIDE else ""), "dim"))
    return spans


def _left_s(name: str, left: float, points: Sequence[SpentPoint]) -> float | None:
    """Return for how many seconds ``left`` lasts at the rate of the newest calls; None when that says nothing."""
    field = {"usd": "cost_usd", "tokens": "tokens", "calls": "calls"}.get(name)
    if field is None or len(points) < 2:
        return left if name == "seconds" else None
    last = points[-1]
    first = next(point for point in points if (last.at - point.at).total_seconds() <= RATE_OVER_S)
    seconds = (last.at - first.at).total_seconds()
    grown = float(getattr(last, field) or 0) - float(getattr(first, field) or 0)
    return left * seconds / grown if seconds > 0 and grown > 0 else None


def plot_rows(points: Sequence[SpentPoint], cells: int, rows: int, *, limit_usd: float | None = None) -> list[Spans]:
    """Return the curve of what was spent, drawn in ``rows`` rows of blocks, with its scale; of tokens without a cost.

    ``limit_usd`` is drawn as a line where it is not far above the curve; None draws none.
    """
    if len(points) < 2 or rows < 3 or cells < 30:
        return [[("a curve is drawn from the second call on", "dim")]] if len(points) < 2 else []
    priced = _priced(points)
    values = [(point.cost_usd or 0.0) if priced else float(point.tokens) for point in points]
    said = dollars if priced else _in_tokens
    top = max(values[-1], 1e-9)
    if priced and limit_usd and limit_usd <= 2 * top:
        top = max(top, limit_usd)
    margin = max(len(said(top)), len(said(0.0))) + 1
    heights = _heights(points, values, cells - margin - 1)
    drawn: list[Spans] = []
    for row in range(rows - 1):
        low, high = top * (rows - 2 - row) / (rows - 1), top * (rows - 1 - row) / (rows - 1)
        label = said(top) if row == 0 else said(0.0) if row == rows - 2 else ""
        line = "".join(_block(height, low, high) for height in heights)
        over = priced and bool(limit_usd) and low < (limit_usd or 0.0) <= high
        drawn.append(
            [(f"{label:>{margin}}", "dim"), ("┼" if over else "│", "bad" if over else "faint"), (line, "info")]
        )
    span_s = (points[-1].at - points[0].at).total_seconds()
    axis = f"{'':>{margin}}└{'─' * max(0, cells - margin - 1 - len(stopwatch(span_s)) - 1)} {stopwatch(span_s)}"
    return [*drawn, [(axis, "dim")]]


def plot_title(spending: Spending) -> Spans:
    """Return what the curve is of: of money, where any was spent; else of tokens, and why."""
    points = spending.points
    if len(points) < 2:
        return []
    if _priced(points):
        return [("cost over time", "dim")]
    unknown = any(usage.unpriced_turns for usage in spending.by.get("model", {}).values())
    why = "no price is known" if unknown else "no call cost anything"
    return [("tokens over time", "dim"), (f": {why}", "dim")]


def _priced(points: Sequence[SpentPoint]) -> bool:
    return bool(points[-1].cost_usd)


def _in_tokens(value: float) -> str:
    return f"{_counted(value)} tokens"


def _heights(points: Sequence[SpentPoint], values: Sequence[float], columns: int) -> list[float]:
    """Return the value at the end of each of ``columns`` equal stretches of time."""
    start, span_s = points[0].at, max(1e-9, (points[-1].at - points[0].at).total_seconds())
    heights, place = [], 0
    for column in range(columns):
        until = span_s * (column + 1) / columns
        while place + 1 < len(points) and (points[place + 1].at - start).total_seconds() <= until + 1e-9:
            place += 1
        heights.append(values[place])
    return heights


def _block(height: float, low: float, high: float) -> str:
    part = (height - low) / (high - low)
    return STEPS[max(0, min(8, round(part * 8)))]
