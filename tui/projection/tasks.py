"""The board, as the journal's task events show it.

Rule 1: every task event carries the whole document after it; nothing is patched together from older ones.
Rule 2: an open task waits while one that it comes after is not done; one that is gone holds up nobody. The journal does
    not say when that is over, so it is worked out here, for those that come after a task that changed.
"""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from teams.engine.event import Event
from tui import fields
from tui.projection.replacing import replace
from tui.snapshot import Task

OPEN = ("waiting", "ready")
LINKED = "task.linked"
STATE_OF_STATUS = {"pending": "ready", "in_progress": "running", "completed": "done"}
"""What a task of a foreign writer counts as, which has a status and no state of ours."""


class Tasks:
    """The tasks by id, in the order of their creation."""

    def __init__(self) -> None:
        self._tasks: dict[str, Task] = {}
        self._after: dict[str, set[str]] = {}
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
        self._tie(task_id, old, new)
        self._settle(task_id, event.at)
        self._keep_since(task_id, old)
        if (old and old.state == "done") != (new is not None and new.state == "done") or new is None:
            for other in self._after.get(task_id, ()):
                self._settle(other, event.at)
        return old.state if old else None, self._tasks[task_id].state if new else None

    def _put(self, task_id: str, old: Task | None, new: Task | None) -> None:
        if old:
            self._states[old.state] -= 1
        if new:
            self._tasks[task_id] = new
            self._states[new.state] += 1
        else:
            self._tasks.pop(task_id, None)

    def _keep_since(self, task_id: str, old: Task | None) -> None:
        task = self._tasks.get(task_id)
        if task and old and task.state == old.state and task.since != old.since:
            self._tasks[task_id] = replace(task, since=old.since)

    def _tie(self, task_id: str, old: Task | None, new: Task | None) -> None:
        if old and new and old.blocked_by == new.blocked_by:
            return
        before, now = (set(task.blocked_by) if task else set() for task in (old, new))
        for other in before - now:
            self._after[other].discard(task_id)
        for other in now - before:
            self._after.setdefault(other, set()).add(task_id)

    def _settle(self, task_id: str, at: datetime) -> None:
        """Say of an open task whether it waits."""
        task = self._tasks.get(task_id)
        if task is None or task.state not in OPEN:
            return
        held = any(other in self._tasks and self._tasks[other].state != "done" for other in task.blocked_by)
        state = "waiting" if held else "ready"
        if state != task.state:
            self._put(task_id, task, replace(task, state=state, since=at))


def _reason(event: Event, old: Task | None) -> str:
    """Return why the task is in its state: the reason of a link is why that was made, and a state outlives both."""
    said = "" if event.type == LINKED else fields.text(event.data, "reason")
    return said or (old.reason if old and event.type in (LINKED, "task.renewed") else "")


def _task(task_id: str, document: Mapping[str, Any], event: Event, old: Task | None) -> Task:
    to = fields.text(event.data, "to")
    if not document and old:
        state = to or old.state
        return replace(old, state=state, changed_at=event.at, since=event.at)
    ours = fields.mapping(fields.mapping(document, "metadata"), "onecontext")
    status = STATE_OF_STATUS.get(fields.text(document, "status"), "ready")
    state = fields.text(ours, "state") or to or status
    return Task(
        id=task_id,
        key=fields.text(ours, "key"),
        subject=fields.text(document, "subject"),
        description=fields.text(document, "description"),
        state=state,
        owner=fields.optional_text(document, "owner"),
        author=fields.optional_text(ours, "author"),
        attempt=fields.number(ours, "attempt", event.attempt or 0),
        verdict=fields.optional_text(ours, "verdict"),
        blocked_by=fields.texts(document, "blockedBy"),
        assertions=fields.texts(ours, "assertions"),
        reason=_reason(event, old),
        changed_at=event.at,
        since=old.since if old and old.state == state else event.at,
    )
