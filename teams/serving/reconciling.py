"""What others did to a task while somebody is at work on it, and what follows.

Rule 1: it decides and does nothing: tasks and jobs in, words out.
Rule 2: a worker is called off when its work could not count any more: the task is gone, with somebody else, blocked, or
    a person says that it is done.
"""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from teams.protocol.board.states import HELD, State
from teams.protocol.board.task import Task
from teams.protocol.violations import Violation
from teams.serving.jobs import Job

_TAKEN_OVER = ("completed", "taken")


class CallOff(NamedTuple):
    """Why a job is to be called off; ``block``: its task is not given out again until somebody says so."""

    why: str
    block: bool = False


def call_off(job: Job, tasks: Mapping[str, Task], breaches: Iterable[Violation]) -> CallOff | None:
    """Return why the job is to be called off, None where it is to go on.

    Args:
        tasks: those of the board as it is, by id.
        breaches: what another program says in the files that the journal does not have.
    """
    task = tasks.get(job.task.id)
    if task is None:
        return CallOff("the task was deleted")
    if task.epoch != job.task.epoch:
        return CallOff(f"the task is with {task.owner or 'somebody else'} now")
    if task.state is State.BLOCKED:
        return CallOff("the task is blocked now" + (f": {task.reason}" if task.reason else ""))
    if job.kind == "judge" or task.state not in HELD:
        # Handed over, given back, judged: the job's own doing, and it is about to end.
        return None
    said = {breach.rule: breach.what for breach in breaches if breach.task == task.id}
    what = next((said[rule] for rule in _TAKEN_OVER if rule in said), "")
    return CallOff(f"another program says of it: {what}", block=True) if what else None
