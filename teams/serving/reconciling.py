"""What others did to a task while somebody is at work on it, and what follows.

Rule 1: it decides and does nothing: tasks, jobs and signs in, words out.
Rule 2: a worker is called off when its work could not count any more: the task is gone, with somebody else, blocked, or
    a person says that it is done; and when it was silent for too long.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Literal, NamedTuple

from teams.protocol.board.states import HELD, State
from teams.protocol.board.task import Task
from teams.protocol.violations import Violation
from teams.serving.jobs import Job

Then = Literal["nothing", "block", "rest"]
_TAKEN_OVER = ("completed", "taken")


class CallOff(NamedTuple):
    """Why a job is to be called off, and what becomes of its task."""

    why: str
    then: Then = "nothing"


def call_off(
    job: Job,
    tasks: Mapping[str, Task],
    breaches: Iterable[Violation],
    *,
    sign: datetime,
    now: datetime,
    silence_s: float | None,
) -> CallOff | None:
    """Return why the job is to be called off, None where it is to go on.

    Args:
        tasks: those of the board as it is, by id.
        breaches: what another program says in the files that the journal does not have.
        sign: when something was last seen to be done for the task.
        silence_s: how long nothing may be; None: for ever.
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
    for breach in breaches:
        if breach.task == task.id and breach.rule in _TAKEN_OVER:
            return CallOff(f"another program says of it: {breach.what}", "block")
    silent_s = (now - sign).total_seconds()
    if silence_s is not None and silent_s > silence_s:
        return CallOff(f"{job.agent} gave no sign for {silent_s:,.0f} s", "rest")
    return None
