"""What the journal says of the tasks of a board that is served: which rest, how often they failed, who worked.

Rule 1: nothing of this is kept anywhere else, so a server that was killed rests where it rested before.
Rule 2: a person who says that a task is to be tried again ends its rest.
"""

from dataclasses import dataclass
from datetime import datetime

from teams.engine.event import Event
from teams.engine.journal import Journal, Tail

DELAYED = "attempt.delayed"
_AWAKE = frozenset({"task.unblocked", "task.reopened", "task.completed", "task.finished", "task.deleted"})


@dataclass(frozen=True)
class Rest:
    """A task is not given out before ``until``; ``rejected``: because ``attempt`` was sent back."""

    until: datetime
    attempt: int
    rejected: bool


class Chronicle:
    """What was read of the journal so far; :meth:`catch_up` reads on. For one thread."""

    def __init__(self, journal: Journal, *, mission: str) -> None:
        self._tail = Tail(journal.path)
        self._mission = mission
        self._rests: dict[str, Rest] = {}
        self._failures: dict[str, int] = {}
        self.agents: set[str] = set()
        """Everybody who ever worked here."""

    def catch_up(self) -> None:
        """Read what was appended since the last time.

        Raises:
            Damaged, NewerFormat: the journal cannot be read on.
        """
        for event in self._tail.poll():
            if event.task is not None:
                self._apply(event, event.task)

    def rest(self, task_id: str) -> Rest | None:
        """Return the last rest of the task, which may be over; None where there is none, or it was ended."""
        return self._rests.get(task_id)

    def failures(self, task_id: str) -> int:
        """Return how often in a row something that was not the work's fault failed."""
        return self._failures.get(task_id, 0)

    def _apply(self, event: Event, task_id: str) -> None:
        if event.type in _AWAKE:
            self._rests.pop(task_id, None)
            self._failures.pop(task_id, None)
        elif event.type == "task.submitted":
            self._failures.pop(task_id, None)
        elif event.mission == self._mission and event.type == DELAYED:
            until = datetime.fromisoformat(event.data["until"])
            rejected = event.data["rejected"] is True
            self._rests[task_id] = Rest(until, event.attempt or 0, rejected)
            if not rejected:
                self._failures[task_id] = int(event.data["failures"])
        elif event.mission == self._mission and event.type == "attempt.started" and event.agent:
            self.agents.add(event.agent)
