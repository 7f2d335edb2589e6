"""The memory's graph as rows: lanes, names of branches, what was learned."""

from datetime import datetime

from tui.rows.spans import Spans, between, piece
from tui.snapshot import GraphLine, MemoryCommit
from tui.words import age

LANES = 6
DRAWN = str.maketrans({"*": "●", "|": "│", "/": "╱", "\\": "╲", "_": "─"})


def graph_row(line: GraphLine, cells: int, *, now: datetime) -> Spans:
    """Return one line of the graph; each lane keeps a tone of its own."""
    drawn = piece(line.lanes)[0].translate(DRAWN)[: cells // 2]
    spans: Spans = [(character, f"lane{index // 2 % LANES}") for index, character in enumerate(drawn)]
    if not line.id:
        return spans
    spans.append((" ", "plain"))
    for name in line.refs:
        spans += [piece(name, "ref"), (" ", "plain")]
    spans.append(piece(line.subject))
    return between(spans, _who(line.author, line.at, cells, now), cells)


def commit_row(commit: MemoryCommit, cells: int, *, now: datetime) -> Spans:
    """Return one milestone as the journal tells it, for when the memory itself cannot be read."""
    spans: Spans = [("● ", "lane0"), piece(commit.branch, "ref"), (" ", "plain"), piece(commit.contribution)]
    return between(spans, _who(commit.agent, commit.at, cells, now), cells)


def _who(author: str, at: datetime | None, cells: int, now: datetime) -> Spans:
    if cells < 44:
        return [(age(at, now).rjust(4), "dim")]
    return [piece(author, "dim"), (f" {age(at, now):>4}", "dim")]
