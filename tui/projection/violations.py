"""Which rules the files of a team break now, as its events tell it.

Rule 1: open is what was told as lasting and has not ended; what merely happened is for the attention of a person.
"""

from teams.engine.event import Event
from tui import fields
from tui.snapshot import Violation

KEPT = 1_000


class OpenViolations:
    """The open ones, oldest first; of more than a thousand the oldest are let go."""

    def __init__(self) -> None:
        self._open: dict[str, tuple[Violation, int]] = {}

    def all(self) -> tuple[Violation, ...]:
        return tuple(violation for violation, _ in self._open.values())

    def begin(self, event: Event, number: int) -> None:
        """Take in a violation that lasts; ``number`` is that of the item it is for a person."""
        data = event.data
        path, rule, what = (fields.text(data, name) for name in ("path", "rule", "what"))
        self._open[event.id] = Violation(event.at, path, rule, what, event.task, event.agent or ""), number
        if len(self._open) > KEPT:
            del self._open[next(iter(self._open))]

    def end(self, cause: str | None) -> int | None:
        """Close the one that the event ``cause`` told of; return the number of its item, None where none is open."""
        _, number = self._open.pop(cause or "", (None, None))
        return number
