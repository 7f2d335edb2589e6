"""What breaks our rules in files that other programs write: told once each time it happens, and never put right here.

Rule 1: a violation that lasts is open from the ``violation`` that tells of it to the ``violation.ended`` whose cause
    that is. While it is open it is not told again, however many processes look: the journal's lock decides.
Rule 2: what it is known by is the file, the rule and the words; words with positions in them (a garbled file) are not
    part of it.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

from onecontext.errors import Conflict
from onecontext.text.redact import redact
from teams.engine.event import Event
from teams.engine.journal import Journal

VIOLATION = "violation"
ENDED = "violation.ended"
GARBLED = "garbled"
"""The rule that a file must be readable as what it is."""


@dataclass(frozen=True)
class Violation:
    """A rule that a file breaks.

    ``path`` is relative to the root of the teams; ``rule`` one word; ``who`` the member it seems to be, None where
    nobody can say; ``task`` the id on the board, None when it is about no task.
    """

    path: str
    rule: str
    what: str
    task: str | None = None
    who: str | None = None

    @property
    def key(self) -> "Key":
        """What it is known by from one look to the next."""
        return Key(redact(self.path), self.rule, "" if self.rule == GARBLED else redact(self.what))


class Key(NamedTuple):
    """See :attr:`Violation.key`."""

    path: str
    rule: str
    what: str


class Violations:
    """The open violations of one team, kept up to date from the journal. Safe for threads."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._open: dict[Key, str] = {}
        journal.follow(self._apply, (VIOLATION, ENDED))

    def settle(self, found: Iterable[Violation], *, looked_at: Callable[[str], bool]) -> list[Event]:
        """Record what was found and is not open yet, and the end of what is open and was not found.

        Args:
            found: all that breaks a rule now.
            looked_at: says of a path whether it was looked at; what is open elsewhere stays open.

        Returns:
            The events that this call recorded.
        """
        present = {violation.key: violation for violation in found}
        self.catch_up()
        events = [self._tell(violation) for key, violation in present.items() if key not in self._open]
        gone = [key for key in self._open.copy() if key not in present and looked_at(key.path)]
        return [event for event in [*events, *map(self._end, gone)] if event]

    def tell_past(self, violation: Violation, *, cause: str) -> Event:
        """Record what broke a rule when it happened, in the event ``cause``, and has left no trace in the file."""
        return self._journal.append(VIOLATION, _data(violation), task=violation.task, agent=violation.who, cause=cause)

    def is_open(self, violation: Violation) -> bool:
        """Say whether it was told of and has not ended."""
        return violation.key in self._open

    def catch_up(self) -> None:
        """Read what was appended since the last time."""
        self._journal.catch_up()

    def _tell(self, violation: Violation) -> Event | None:
        try:
            return self._journal.append(
                VIOLATION,
                _data(violation) | {"lasting": True},
                task=violation.task,
                agent=violation.who,
                guard=lambda: self._expect(violation.key, is_open=False),
            )
        except _Settled:
            return None

    def _end(self, key: Key) -> Event | None:
        event_id = self._open.get(key)
        try:
            return self._journal.append(
                ENDED,
                {"path": key.path, "rule": key.rule, "what": key.what or "it can be read again"},
                cause=event_id,
                guard=lambda: self._expect(key, is_open=True),
            )
        except _Settled:
            return None

    def _expect(self, key: Key, *, is_open: bool) -> None:
        self.catch_up()
        if (key in self._open) is not is_open:
            raise _Settled(f"{key.path}: somebody else told of it at the same moment")

    def _apply(self, event: Event) -> None:
        if event.type == VIOLATION and event.data.get("lasting"):
            data = event.data
            what = "" if data["rule"] == GARBLED else data["what"]
            self._open[Key(data["path"], data["rule"], what)] = event.id
        elif event.type == ENDED:
            self._open = {key: event_id for key, event_id in self._open.items() if event_id != event.cause}


def _data(violation: Violation) -> dict[str, Any]:
    return {"path": violation.path, "rule": violation.rule, "what": violation.what}


class _Settled(Conflict):
    """Another process was first; nothing was written."""
