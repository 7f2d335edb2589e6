"""The whole picture as one plain text, for pipes, logs and ``--once``.

Rule 1: the same rows as on the live screen, without colour; nothing here imports Textual.
"""

from datetime import datetime, tzinfo

from tui.rows.agents import agent_heading, agent_row, ordered, waiting_for
from tui.rows.board import CARD_ROWS, card, lane_widths, lanes, title_cell
from tui.rows.floor import floor_of
from tui.rows.head import head_rows
from tui.rows.log import log_row
from tui.rows.memory import commit_row, graph_row
from tui.rows.messages import message_row
from tui.rows.people import attention_row
from tui.rows.spans import Spans, clipped, plain, spans_width
from tui.snapshot import Snapshot

SHOWN = 12
SHOWN_TASKS = 40


def frame(snapshot: Snapshot, cells: int, *, now: datetime, zone: tzinfo | None) -> str:
    """Return the picture in lines of at most ``cells`` cells: every part, the newest of each."""
    if snapshot.mission is None and not snapshot.totals.events:
        return "\n".join(plain(row) for row in head_rows(snapshot, cells, now=now))
    floor = floor_of(snapshot, now)
    parts = [
        head_rows(snapshot, cells, now=now),
        _part("attention", [attention_row(item, zone=zone) for item in snapshot.attention if item.open], cells),
        _part("board", _board(snapshot, cells, now), cells, len(snapshot.tasks), shown=CARD_ROWS * SHOWN_TASKS + 1),
        _part(
            "agents",
            [
                agent_row(agent, snapshot.hearts, cells, now=now, waits=waiting_for(agent, floor))
                for agent in ordered(snapshot.agents, snapshot.hearts)
            ],
            cells,
            shown=1000,
        ),
        _part("messages", [message_row(item, cells, zone=zone) for item in snapshot.messages], cells),
        _part("memory", _memory(snapshot, cells, now), cells, snapshot.totals.memory_commits),
        _part("log", [log_row(line, cells, zone=zone) for line in snapshot.log], cells, snapshot.totals.events),
    ]
    if snapshot.agents:
        parts[3].insert(1, agent_heading(cells, hearts=bool(snapshot.hearts)))
    return "\n\n".join("\n".join(plain(clipped(row, cells)) for row in part) for part in parts if part)


def _part(title: str, rows: list[Spans], cells: int, count: int | None = None, *, shown: int = SHOWN) -> list[Spans]:
    if not rows:
        return []
    number = len(rows) if count is None else count
    line = f"── {title} {number:,} "
    newest = rows[:shown] if title in ("board", "memory") else rows[-shown:]
    return [[(line + "─" * max(0, cells - len(line)), "dim")], *newest]


def _board(snapshot: Snapshot, cells: int, now: datetime) -> list[Spans]:
    if not snapshot.tasks:
        return []
    columns = lanes(snapshot.tasks)
    widths, floor = lane_widths(columns, cells), floor_of(snapshot, now)
    rows: list[Spans] = [_beside([[title_cell(lane, room)] for lane, room in zip(columns, widths, strict=True)])]
    for index in range(min(SHOWN_TASKS, max(len(lane.tasks) for lane in columns))):
        cards = [
            _padded(card(lane.tasks[index], floor, room), room) if index < len(lane.tasks) else _padded([[], []], room)
            for lane, room in zip(columns, widths, strict=True)
        ]
        rows += [_beside([pair[row] for pair in cards]) for row in range(CARD_ROWS)]
    return rows


def _padded(rows: list[Spans], cells: int) -> list[Spans]:
    kept = [clipped(row, cells) for row in rows]
    return [[*row, (" " * (cells - spans_width(row)), "plain")] for row in kept]


def _beside(parts: list[Spans]) -> Spans:
    spans: Spans = []
    for part in parts:
        spans += [*part, ("  ", "plain")]
    return spans[:-1]


def _memory(snapshot: Snapshot, cells: int, now: datetime) -> list[Spans]:
    if snapshot.graph:
        return [graph_row(line, cells, now=now) for line in snapshot.graph]
    return [commit_row(commit, cells, now=now) for commit in reversed(snapshot.memory)]
