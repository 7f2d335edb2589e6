"""The memory's graph, read through its public face, when there is a memory that can be read.

Rule 1: imported and opened only when there is something to draw; a failure is a sentence, never an exit.
Rule 2: nothing is written: a milestone that git does not have yet is drawn when its writer has put it there.
"""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from onecontext.errors import NoMemory, OneContextError
from tui.snapshot import GraphLine

if TYPE_CHECKING:
    from onecontext.recall.graph import GraphRow

LIMIT = 200


class MemoryGraph:
    """The graph of the memory at ``path``; read again only when a branch has moved.

    ``until`` leaves out what was committed later; None leaves out nothing. Branches are named where they are now.
    """

    def __init__(self, path: Path | None, *, until: datetime | None = None) -> None:
        self._path = path
        self._until = until
        self._seen: object = None
        self.lines: tuple[GraphLine, ...] = ()
        self.trouble = ""

    def refresh(self, occasion: object = None) -> bool:
        """Read the graph when ``occasion`` or the branches changed since the last time; return whether it was read."""
        if self._path is None or not (self._path / ".git").is_dir():
            return False
        seen = (occasion, refs(self._path / ".git"))
        if seen == self._seen:
            return False
        self._seen = seen
        try:
            self.lines, self.trouble = _read(self._path, self._until), ""
        except NoMemory:
            self.lines = ()
        except (OneContextError, OSError) as error:
            # Perhaps it is being written just now: look again next time, whatever has moved until then.
            self.trouble, self._seen = f"the memory cannot be read: {error}", None
        return True


def _read(path: Path, until: datetime | None) -> tuple[GraphLine, ...]:
    from onecontext.api import Memory
    from onecontext.recall.graph import lay_out

    rows = Memory.open(path).graph(limit=LIMIT, settle=False)
    if until is not None:
        rows = lay_out([row.commit for row in rows if row.commit and row.commit.at <= until])
    return lines_of(rows)


def lines_of(rows: Sequence["GraphRow"]) -> tuple[GraphLine, ...]:
    """Return what is drawn of ``rows`` (:func:`onecontext.recall.graph.lay_out`)."""
    lines = []
    for row in rows:
        commit = row.commit
        if commit is None:
            lines.append(GraphLine(row.lanes))
            continue
        refs, parents = tuple(commit.refs), tuple(commit.parents)
        lines.append(GraphLine(row.lanes, commit.id, refs, parents, commit.subject, commit.author, commit.at))
    return tuple(lines)


def refs(git: Path) -> Sequence[tuple[str, int]]:
    """Return where the branches in the folder ``git`` point, in a form that differs when one has moved."""
    places = [git / "packed-refs", git / "HEAD", *sorted((git / "refs" / "heads").glob("*"))]
    return tuple((path.name, path.stat().st_mtime_ns) for path in places if path.exists())
