"""The board, as the journal's task events show it.

Rule 1: every task event carries the whole document after it; nothing is patched together from older ones.
"""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from teams.engine.event import Event
from tui import fields
from tui.projection.replacing import replace
from tui.snapshot import Task

STATE_OF_STATUS = {"pending": "ready", "in_progress": "running", "completed": "done"}
"""What a task of a foreign writer counts as, which has a status and no state of ours."""


class Tasks:
    """The tasks by id, in the order of their creation."""

    def __init__(self) -> None:
        self._tasks: dict[str, Task] = {}
        self._states: Counter[str] = Counter()

    def all(self) -> tuple[Task, ...]:
        return tuple(self._tasks.values())

    def states(self) -> dict[str, int]:
        """Return the states that tasks are in, to how many there are."""
        return {state: count for state, count in self._states.items() if count}

    def name(self, task_id: str) -> str:
        """Return ``#id key`` for a task that is known, else ``#id``."""
        task = self._tasks.get(task_id)
        return f"#{task_id} {task.key}" if task and task.key else f"#{task_id}"

    def apply(self, event: Event) -> tuple[str | None, str | None]:
        """Take in a task event and return the task's state before and after; None where there was no task."""
        document = fields.mapping(event.data, "task")
        task_id = event.task or fields.text(document, "id")
        old = self._tasks.get(task_id)
        new = None if event.type == "task.deleted" or not task_id else _task(task_id, document, event, old)
        self._put(task_id, old, new)
        return old.state if old else None, new.state if new else None

    def _put(self, task_id: str, old: Task | None, new: Task | None) -> None:
        if old:
            self._states[old.state] -= 1
        if new:
            self._tasks[task_id] = new
            self._states[new.state] += 1
        else:
            self._tasks.pop(task_id, None)


def _task(task_id: str, document: Mapping[str, Any], event: Event, old: Task | None) -> Task:
    to = fields.text(event.data, "to")
    if not document and old:
        return replace(old, state=to or old.state, changed_at=event.at)
    ours = fields.mapping(fields.mapping(document, "metadata"), "onecontext")
    status = STATE_OF_STATUS.get(fields.text(document, "status"), "ready")
    return Task(
        id=task_id,
        key=fields.text(ours, "key"),
        subject=fields.text(document, "subject"),
        description=fields.text(document, "description"),
        state=fields.text(ours, "state") or to or status,
        owner=fields.optional_text(document, "owner"),
        author=fields.optional_text(ours, "author"),
        attempt=fields.number(ours, "attempt", event.attempt or 0),
        verdict=fields.optional_text(ours, "verdict"),
        blocked_by=fields.texts(document, "blockedBy"),
        assertions=fields.texts(ours, "assertions"),
        reason=fields.text(event.data, "reason") or (old.reason if old and event.type == "task.renewed" else ""),
        changed_at=event.at,
    )
