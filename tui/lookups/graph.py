"""The graph of a long memory, further back than a picture holds.

Rule 1: a commit never changes, so each is read once, however often the graph is drawn.
Rule 2: nothing is written, and what is wrong is no error: the graph of the picture is shown then.
"""

from pathlib import Path
from typing import Any

from onecontext.errors import OneContextError
from tui.lookups.rest import Rest
from tui.snapshot import GraphLine
from tui.sources.graph import lines_of

MOST_COMMITS = 5_000


class LongGraph:
    """The newest :data:`MOST_COMMITS` commits of the memory that was asked about last. For one thread at a time."""

    def __init__(self) -> None:
        self._memory: Path | None = None
        self._known: dict[str, Any] = {}
        self.rest = Rest()

    def lines(self, memory: Path) -> tuple[GraphLine, ...] | None:
        """Return the lines; None where the memory cannot be read now."""
        from onecontext.api import Memory
        from onecontext.recall.revisions import graph

        if memory != self._memory:
            self._memory, self._known = memory, {}
        with self.rest:
            try:
                return lines_of(graph(Memory.open(memory).layout, limit=MOST_COMMITS, known=self._known))
            except (OneContextError, OSError):
                return None
