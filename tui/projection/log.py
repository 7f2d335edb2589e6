"""The newest events as lines of the log.

Rule 1: an event is told in words when a picture is wanted, not when it is taken in: of a long journal only the lines
    that are kept are ever told. A task is called as it was when the event came.
"""

from collections import deque

from teams.engine.event import Event
from tui.projection.telling import tell
from tui.snapshot import LogLine


class Log:
    """The newest ``kept`` lines."""

    def __init__(self, kept: int) -> None:
        self._lines: deque[LogLine] = deque(maxlen=kept)
        self._untold: deque[tuple[Event, str]] = deque(maxlen=kept)

    def add(self, event: Event, name: str) -> None:
        """Take in an event; ``name`` is what its task is called now."""
        self._untold.append((event, name))

    def lines(self) -> tuple[LogLine, ...]:
        """Return the lines, oldest first."""
        while self._untold:
            event, name = self._untold.popleft()
            words, tone = tell(event, lambda _, name=name: name)  # type: ignore[misc]
            self._lines.append(
                LogLine(event.seq, event.at, event.type, event.agent or "", words, tone, event.data, event.task)
            )
        return tuple(self._lines)
