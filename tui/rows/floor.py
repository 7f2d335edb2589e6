"""What a task stands among: the other tasks, who is at it and with which model, and what its time is.

Rule 1: worked out once for a picture, however many tasks are then drawn.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import NamedTuple

from tui.rows.query import Facts
from tui.snapshot import Snapshot, Task
from tui.words import TASK_LOOKS, look

PERSON = "you"
TASK_FIELDS = ("state", "owner", "author", "model", "attempt", "verdict", "age", "after", "id", "key")
AT_REST = ("idle", "left", "unknown")


class Floor(NamedTuple):
    """What there is besides a task. ``judges`` maps tasks to who judges them now; ``max_attempts`` 0: nobody knows."""

    tasks: Mapping[str, Task]
    models: Mapping[str, str]
    judges: Mapping[str, str]
    held_up: Mapping[str, tuple[str, ...]]
    max_attempts: int
    now: datetime

    def open_before(self, task: Task) -> list[Task]:
        """Return the tasks that ``task`` comes after and that are not done."""
        found = (self.tasks.get(other) for other in task.blocked_by)
        return [other for other in found if other and other.state != "done"]

    def model(self, task: Task) -> str:
        """Return the model of who is or was at it, "" where nobody knows."""
        return self.models.get(task.owner or task.author or "", "")

    def waits_for(self, task: Task) -> str:
        """Return whom a task waits for: a person, who has what it comes after, who judges it; "" for nobody."""
        if task.state == "needs_input":
            return PERSON
        if task.state == "review":
            return self.judges.get(task.id) or "a validator"
        if task.state == "waiting":
            return ", ".join(dict.fromkeys(other.owner or f"#{other.id}" for other in self.open_before(task)))
        return ""

    def tries(self, task: Task) -> str:
        """Return which attempt it is, of how many: ``2/3``."""
        return f"{task.attempt}/{self.max_attempts}" if self.max_attempts else str(task.attempt)

    def facts(self, task: Task) -> Facts:
        """Return the fields that a board can be narrowed by."""
        return {
            "state": f"{task.state} {look(TASK_LOOKS, task.state).word}",
            "owner": task.owner,
            "author": task.author,
            "model": self.model(task),
            "attempt": float(task.attempt),
            "verdict": task.verdict,
            "age": (self.now - task.since).total_seconds(),
            "after": " ".join(f"#{other}" for other in task.blocked_by),
            "id": f"#{task.id}",
            "key": task.key,
        }


NOWHERE = Floor({}, {}, {}, {}, 0, datetime.fromtimestamp(0, UTC))


def floor_of(snapshot: Snapshot, now: datetime) -> Floor:
    """Return what the tasks of ``snapshot`` stand among."""
    agents = snapshot.agents
    judging = (agent for agent in agents if agent.role == "validator" and agent.state not in AT_REST)
    return Floor(
        tasks=(index := _index_of(snapshot.tasks)).by_id,
        models={agent.name: agent.model for agent in agents},
        judges={agent.task: agent.name for agent in judging if agent.task},
        held_up=index.held_up,
        max_attempts=snapshot.mission.max_attempts if snapshot.mission else 0,
        now=now,
    )


class _Index(NamedTuple):
    """The tasks of one picture by id, and those that wait for each."""

    of: tuple[Task, ...]
    by_id: Mapping[str, Task]
    held_up: Mapping[str, tuple[str, ...]]


_newest = _Index((), {}, {})


def _index_of(tasks: tuple[Task, ...]) -> _Index:
    """Return the index of ``tasks``; of the same ones as the last time it is made once.

    While nothing happens a picture is drawn each second for the sake of its ages, by several panes.
    """
    global _newest
    if _newest.of is not tasks:
        _newest = _Index(tasks, {task.id: task for task in tasks}, _held_up(tasks))
    return _newest


def _held_up(tasks: Iterable[Task]) -> Mapping[str, tuple[str, ...]]:
    """Return tasks to those that wait for them."""
    found: dict[str, list[str]] = {}
    for task in tasks:
        if task.state == "waiting":
            for other in task.blocked_by:
                found.setdefault(other, []).append(task.id)
    return {other: tuple(waiting) for other, waiting in found.items()}
