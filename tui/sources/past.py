"""The memory's graph as it was at a time: what was committed later is left out.

Rule 1: read once, and again when a branch has moved; for another time it is only laid out anew.
Rule 2: branches are named where they are now; one whose newest milestone came later has no name in the past.
Rule 3: imported and opened only when there is something to draw; a failure is a sentence, never an exit.
"""

from bisect import bisect_right
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from onecontext.errors import NoMemory, OneContextError
from tui.snapshot import GraphLine
from tui.sources.graph import LIMIT, lines_of, refs

if TYPE_CHECKING:
    from onecontext.recall.graph import GraphCommit

MOST = 5_000
"""Milestones, the newest: what is older has no graph."""


class PastGraph:
    """The graph of the memory at ``path``; None: there is none. ``trouble`` says why it cannot be read."""

    def __init__(self, path: Path | None) -> None:
        self.path = path
        self._seen: object = None
        self._commits: list[GraphCommit] = []
        self._times: list[datetime] = []
        self._laid_out: tuple[int, tuple[GraphLine, ...]] = (0, ())
        self.trouble = ""

    def at(self, when: datetime) -> tuple[GraphLine, ...]:
        """Return the newest lines of the graph as it was at ``when``."""
        self._refresh()
        # Who was there at one time was there at every later one, so their number says who they are.
        count = bisect_right(self._times, when)
        if count != self._laid_out[0]:
            from onecontext.recall.graph import lay_out

            there = [commit for commit in self._commits if commit.at <= when]
            self._laid_out = count, lines_of(lay_out(there[:LIMIT]))
        return self._laid_out[1]

    def _refresh(self) -> None:
        if self.path is None or not (self.path / ".git").is_dir():
            return
        try:
            seen = refs(self.path / ".git")
            if seen != self._seen:
                self._seen, self._commits, self.trouble = seen, _commits(self.path), ""
                self._times, self._laid_out = sorted(commit.at for commit in self._commits), (0, ())
        except NoMemory:
            self._commits, self._times = [], []
        except (OneContextError, OSError) as error:
            self.trouble, self._seen = f"the memory cannot be read: {error}", None


def _commits(path: Path) -> list["GraphCommit"]:
    from onecontext.api import Memory

    return [row.commit for row in Memory.open(path).graph(limit=MOST, settle=False) if row.commit]
