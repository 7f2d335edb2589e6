"""Calls in doubt, between the board and a person: what is asked before a task is begun, and what an answer frees.

Rule 1: the question stands on the task as any question of its holder does, and any ``task answer`` answers it.
Rule 2: nobody else takes the task meanwhile, however long the person takes.
"""

from collections.abc import Collection, Iterable
from typing import Any

from teams.mission.attempt.effects import settle
from teams.mission.site import LEAD, Site, worker_name
from teams.protocol.board.states import State
from teams.protocol.board.task import Task
from teams.protocol.board.verbs import LONGEST_LEASE_S


def asks(site: Site, task: Task, worker: str) -> bool:
    """Ask where an interrupted run left a side effect in doubt; say whether the task, just claimed, waits for that."""
    attempted = site.past.of(task.id, task.attempt)
    where: dict[str, Any] = {"task": task.id, "attempt": task.attempt, "epoch": task.epoch}

    def record(type_: str, data: dict[str, Any]) -> None:
        site.journal.append(type_, data, mission=site.mission, agent=LEAD, **where)

    question = settle(attempted, record) if attempted else ""
    if question:
        site.team.board.renew(task.id, worker, task.epoch, lease_s=LONGEST_LEASE_S)
        site.team.board.ask(task.id, worker, task.epoch, question)
    return bool(question)


def free_answered(site: Site, tasks: Collection[Task], *, at_work: Collection[str]) -> bool:
    """Free what a worker of ours asked about before it began and a person has answered; say whether that was any.

    Args:
        at_work: the ids of what is being worked on.
    """
    numbers = range(1, site.config.workers + 1)
    held = [task for task in tasks if task.state is State.RUNNING and task.owner in _workers(task, numbers)]
    answered = [task for task in held if task.id not in at_work]
    for task in answered:
        site.team.board.release(task.id, task.owner or "", task.epoch, reason="what was asked is answered")
    return bool(answered)


def _workers(task: Task, numbers: Iterable[int]) -> set[str]:
    return {worker_name(number, task.ours.role) for number in numbers}
