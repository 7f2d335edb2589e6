"""Which tasks of a board are worked on, and in which order.

Rule 1: tasks in, tasks out: no clock, no input or output.
Rule 2: what another program wrote into a task only orders it; a priority that is none is the last.
"""

import json
from collections.abc import Iterable, Sequence
from typing import Any

from teams.protocol.board.states import State
from teams.protocol.board.task import Task
from teams.serving.template import Template
from teams.serving.workflow import Only

_METADATA_CHARACTERS = 20_000


def chosen(tasks: Iterable[Task], only: Only) -> list[Task]:
    """Return those that the workflow is for, the most urgent first.

    ``metadata.priority`` counts, a whole number, lower ones first; those without one come last. Then the order of the
    board.
    """
    return sorted((task for task in tasks if is_chosen(task, only)), key=_urgency)


def is_chosen(task: Task, only: Only) -> bool:
    """Say whether the workflow is for the task; one that is a mission's own is not."""
    theirs = _metadata(task)
    return (
        task.mission is None
        and task.role == only.role
        and task.subject.startswith(only.subject)
        and all(name in theirs and _equal(theirs[name], value) for name, value in only.metadata.items())
    )


def is_free(task: Task) -> bool:
    """Say whether anybody may have it; with an owner it is meant for that one."""
    return task.state is State.READY and task.owner is None


def prompt_of(task: Task, prompt: Template, *, most: int, team: str, branch: str) -> str:
    """Return what a worker is told to do.

    Args:
        most: how many attempts there may be.
    """
    of_the_task = {
        "id": task.id,
        "key": task.key,
        "subject": task.subject,
        "description": task.description,
        "role": task.role,
        "metadata": json.dumps(_metadata(task), ensure_ascii=False, default=str)[:_METADATA_CHARACTERS],
    }
    return prompt.render(
        {
            **{f"task.{name}": value for name, value in of_the_task.items()},
            "attempt": str(task.attempt - task.ours.attempts_from),
            "max_attempts": str(most),
            "team": team,
            "branch": branch,
        }
    )


def unfinished(tasks: Sequence[Task]) -> list[Task]:
    """Return those that are not done."""
    return [task for task in tasks if task.state is not State.DONE]


def _urgency(task: Task) -> float:
    priority = _metadata(task).get("priority")
    is_number = isinstance(priority, int) and not isinstance(priority, bool) and abs(priority) < 2**53
    return float(priority) if is_number and priority is not None else float("inf")


def _equal(theirs: Any, wanted: Any) -> bool:
    return bool(theirs == wanted) and isinstance(theirs, bool) == isinstance(wanted, bool)


def _metadata(task: Task) -> dict[str, Any]:
    """Return what others keep in the task's metadata."""
    return dict(task.metadata.model_extra or {}) if task.metadata is not None else {}
