"""A task of the board as a contract: what must be true when it is done, and how that is found out.

Rule 1: the workflow's checks come first and hold for every task; what only a reader can tell is judged, where there is
    a review.
Rule 2: whoever put the task there wrote it for people: no field of it has to be in a form.
"""

from collections.abc import Iterator

from teams.agent.observer import storable_head
from teams.agent.tools import cut
from teams.mission.contract import Assertion, Contract, PlannedTask
from teams.protocol.board.task import Task
from teams.serving.workflow import Settings, assertions_of

SUBJECT_CHARACTERS = 200
TEXT_CHARACTERS = 500
AS_ASKED = "Does the change do what the task asks for, all of it and nothing else? Quote the lines that show it."


def contract_for(task: Task, settings: Settings) -> Contract:
    """Return the contract of one task under this workflow; it has at least one assertion."""
    checks = assertions_of(settings.checks)
    judged = _judged(task, {check.id for check in checks}) if settings.review else []
    assertions = (*checks, *judged)
    subject = _subject(task)
    ids = tuple(one.id for one in assertions)
    planned = PlannedTask(key=task.key, subject=subject, assertions=ids, may_write=settings.may_write)
    return Contract(goal=subject, assertions=assertions, tasks=(planned,))


def _judged(task: Task, taken: set[str]) -> list[Assertion]:
    """Return what a validator is to find out: what the task names of its own, and that it does what it asks for."""
    names = _free_names(taken)
    texts = [text for text in map(_line, task.assertions) if text and text not in taken]
    return [
        *(Assertion(id=next(names), text=text, judge=f"Is it so? {AS_ASKED}") for text in texts[:50]),
        Assertion(id=next(names), text=_subject(task), judge=AS_ASKED),
    ]


def _free_names(taken: set[str]) -> Iterator[str]:
    return (name for number in range(1, 1000) if (name := f"VAL-TASK-{number:03}") not in taken)


def _subject(task: Task) -> str:
    return cut(_line(task.subject), SUBJECT_CHARACTERS)[:SUBJECT_CHARACTERS] or task.key


def _line(text: str) -> str:
    return storable_head(" ".join(text.split()))[:TEXT_CHARACTERS]
