"""The history of all branches, drawn with characters: ``*`` a commit, ``|`` ``/`` ``\\`` ``_`` the way to its parents.

Rule 1: a lane is a column that waits for one commit; lane n is drawn at character 2n, what moves between lanes at the
        odd characters. Between two commits every lane waits for another commit and none is empty.
Rule 2: a lane moves right only to make room for the other parents of a merge, and left only to close a gap or to meet
        the lane that waits for the same commit; first all that move right, then all that move left.
Rule 3: commits come newest first, each before its parents. A parent that is not among them keeps its lane to the end.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class GraphCommit:
    """A commit as the drawing needs it: ``parents`` in order, ``refs`` the names that point at it, ``at`` in UTC."""

    id: str
    parents: tuple[str, ...]
    refs: tuple[str, ...]
    subject: str
    at: datetime
    author: str


@dataclass(frozen=True)
class GraphRow:
    """One line of the drawing; ``commit`` is None on lines that only carry lanes on."""

    lanes: str
    commit: GraphCommit | None


def lay_out(commits: Sequence[GraphCommit]) -> list[GraphRow]:
    """Return the lines of the drawing, top to bottom, as `git log --graph` would draw them.

    Args:
        commits: newest first, each before its parents.

    Raises:
        ValueError: a commit comes after one of its parents.
    """
    rows: list[GraphRow] = []
    lanes: list[str] = []
    seen: set[str] = set()
    for commit in commits:
        if seen.intersection(commit.parents):
            raise ValueError(f"commit {commit.id} comes after one of its parents")
        seen.add(commit.id)
        if commit.id not in lanes:
            lanes.append(commit.id)
        step = _Step(lanes, commit)
        rows += [GraphRow(text, None) for text in step.rows_before()]
        rows.append(GraphRow(step.commit_row(), commit))
        rows += [GraphRow(text, None) for text in step.rows_after()]
        lanes = step.lanes_after
    return rows


class _Step:
    """What is drawn for one commit, given the lanes above it."""

    def __init__(self, lanes: Sequence[str], commit: GraphCommit) -> None:
        self._width = len(lanes)
        self._column = column = lanes.index(commit.id)
        left, right = list(lanes[:column]), list(lanes[column + 1 :])
        parents = list(dict.fromkeys(commit.parents))
        # A merge with a lane on the left goes there directly; its own lane goes on with the next parent.
        self._to_left = next((parent for parent in parents if parent in left), None) if len(parents) > 1 else None
        straight, *others = [parent for parent in parents if parent != self._to_left] or [""]
        # A merge with the very next lane on the right needs no lane between them.
        self._to_right = len(others) == 1 and right[:1] == others
        self._others = [] if self._to_right else [parent for parent in others if parent]
        self._straight = straight
        self._left, self._right = left, right
        own = [straight] if straight else []
        self.lanes_after = list(dict.fromkeys([*left, *own, *self._others, *right]))

    def rows_before(self) -> Iterator[str]:
        """Make room for all but one of the further parents of a merge of three or more."""
        for done in range(len(self._others) - 1 if self._right else 0):
            line = _Line()
            line.put("|", range(0, 2 * self._column + 1, 2))
            self._shift_right(line, self._column + 1 + done)
            yield line.text()

    def commit_row(self) -> str:
        extra = max(len(self._others) - 1, 0)
        line = _Line()
        line.put("|", [2 * lane for lane in range(self._width) if lane < self._column])
        line.put("|", [2 * (lane + extra) for lane in range(self._column + 1, self._width)])
        node = 2 * self._column
        line.put("*", [node])
        if extra:
            line.put("-", range(node + 1, node + 2 * extra))
            line.put(".", [node + 2 * extra])
        # The subject begins where the lines below it do not run into it.
        return line.text().ljust(2 * (self._width + len(self._others)) - 1)

    def rows_after(self) -> Iterator[str]:
        """Branch out to the further parents, then close the gaps."""
        column, others = self._column, self._others
        if others or self._to_right:
            line = _Line()
            line.put("|", range(0, 2 * column + 1, 2))
            line.put("\\", [2 * (column + n) + 1 for n in range(max(len(others), 1))])
            if others:
                self._shift_right(line, column + len(others))
            else:
                line.put("|", [2 * lane for lane in range(column + 1, column + 1 + len(self._right))])
            yield line.text()
        yield from _close(self._edges())

    def _shift_right(self, line: "_Line", first_lane: int) -> None:
        line.put("\\", [2 * (first_lane + n) + 1 for n in range(len(self._right))])

    def _edges(self) -> list["_Edge"]:
        own = [self._straight] if self._straight else []
        waiting = [*self._left, *(own or [""]), *self._others, *self._right]
        target = {commit_id: 2 * lane for lane, commit_id in enumerate(self.lanes_after)}
        edges = [_Edge(2 * lane, target[commit_id]) for lane, commit_id in enumerate(waiting) if commit_id]
        if self._to_left:
            edges.append(_Edge(2 * self._column, target[self._to_left]))
        return edges


@dataclass(eq=False)  # two edges at one place are still two
class _Edge:
    """A lane on its way left: the character it is at and the one it goes to."""

    at: int
    to: int


def _close(edges: list[_Edge]) -> Iterator[str]:
    """Move every edge to where it goes, one lane a line, or far in one line where nothing is in the way."""
    while moving := _movable(edges):
        line = _Line()
        line.put("|", [edge.at for edge in edges if edge not in moving])
        for edge in moving:
            line.put("/", [edge.at - 1])
        # The leftmost of them may run along the ground, under nothing but lanes that stand.
        runner = min(moving, key=lambda edge: edge.at)
        run = range(runner.to + 3, runner.at - 1, 2)
        for edge in moving:
            edge.at -= 2
        if run and not any(edge.at + 1 in run for edge in moving if edge is not runner):
            line.put("_", run)
            runner.at = runner.to + 2
        yield line.text()


def _movable(edges: list[_Edge]) -> list[_Edge]:
    """Return the edges that move now: of those at one place only one can leave it, the farthest first."""
    first: dict[int, _Edge] = {}
    for edge in edges:
        if edge.at > edge.to and (edge.at not in first or edge.to < first[edge.at].to):
            first[edge.at] = edge
    return list(first.values())


class _Line:
    def __init__(self) -> None:
        self._signs: dict[int, str] = {}

    def put(self, sign: str, places: Sequence[int] | range) -> None:
        self._signs.update(dict.fromkeys(places, sign))

    def text(self) -> str:
        return "".join(self._signs.get(place, " ") for place in range(max(self._signs, default=-1) + 1))
