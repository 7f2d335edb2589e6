"""What is worth going to in a recording: endings, what was sent back, what is remembered, what needed a person.

Rule 1: an event has one mark at most; what weighs most is told (:data:`WEIGHT`).
Rule 2: of very many the oldest are let go.
"""

from collections import deque

from teams.engine.event import Event
from tui import fields
from tui.projection import attention
from tui.projection.telling import tell
from tui.snapshot import Attention, Mark

KEPT = 20_000
TEXT = 160  # characters

DONE, ENDED, DAMAGED = "done", "ended", "damaged"
REJECTED, PERSON, MILESTONE = "rejected", "needs a person", "milestone"
WEIGHT = {name: weight for weight, name in enumerate((MILESTONE, REJECTED, PERSON, DONE, ENDED, DAMAGED))}
"""Kinds to how much they weigh where several share a place."""
_PASSED_OVER = frozenset({attention.FAILED_COMMAND})
"""A failed command of the contract is what a verdict follows, which has a mark."""


class Marks:
    """Takes in events in the order of the journal."""

    def __init__(self) -> None:
        self._marks: deque[Mark] = deque(maxlen=KEPT)
        self._picture: tuple[Mark, ...] | None = ()
        self._raised = 0

    def take(self, event: Event, newest: Attention | None) -> None:
        """Take in one event, and what a person was last asked to look at behind it; None: nothing so far."""
        raised = newest if newest is not None and newest.number > self._raised else None
        self._raised = newest.number if newest else 0
        kind = _kind(event, raised)
        if kind:
            words, _ = tell(event, lambda task: f"#{task}")
            self._marks.append(Mark(event.seq, kind, words[:TEXT]))
            self._picture = None

    def picture(self) -> tuple[Mark, ...]:
        """Return them, oldest first; the same object while there was no new one."""
        if self._picture is None:
            self._picture = tuple(self._marks)
        return self._picture


def _kind(event: Event, raised: Attention | None) -> str:
    if event.type == "mission.ended":
        return DONE if fields.text(event.data, "ending") == "done" else ENDED
    if event.type == "mission.interrupted":
        return ENDED
    if event.type == "memory.committed":
        return MILESTONE
    if raised is None or raised.kind in _PASSED_OVER:
        return ""
    return REJECTED if raised.kind == attention.REJECTED else PERSON
