"""The memory's graph as rows: lanes, names of branches, what was learned."""

from datetime import datetime

from tui.rows.lanes import lane_spans
from tui.rows.spans import Spans, between, cell, piece
from tui.snapshot import GraphLine, MemoryCommit
from tui.words import age

NARROW, WIDE = 44, 90  # cells
AUTHOR_CELLS = 14


def graph_row(line: GraphLine, cells: int, *, now: datetime, marked: bool = False) -> Spans:
    """Return one line of the graph; each lane keeps a tone of its own; ``marked``: others are compared with it."""
    spans = lane_spans(piece(line.lanes)[0], cells // 2, parents=len(line.parents))
    if not line.id:
        return spans
    spans.append((" ◂marked▸ ", "warn") if marked else (" ", "plain"))
    if line.refs:
        spans += [piece(f"({', '.join(line.refs)})", "ref"), (" ", "plain")]
    spans.append(piece(line.subject))
    return between(spans, _who(line.author, line.at, cells, now), cells)


def commit_row(commit: MemoryCommit, cells: int, *, now: datetime) -> Spans:
    """Return one milestone as the journal tells it, for when the memory itself cannot be read."""
    spans: Spans = [("● ", "lane0"), piece(f"({commit.branch})", "ref"), (" ", "plain"), piece(commit.contribution)]
    return between(spans, _who(commit.agent, commit.at, cells, now), cells)


def _who(author: str, at: datetime | None, cells: int, now: datetime) -> Spans:
    if cells < NARROW:
        return [(age(at, now).rjust(4), "dim")]
    who = cell(author, AUTHOR_CELLS, "dim") if cells >= WIDE else piece(author, "dim")
    return [who, (f" {age(at, now):>4}", "dim")]
