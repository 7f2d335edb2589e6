"""What each verb of the board sets on a task, or what stands against it.

Rule 1: no input or output and no clock: a task and arguments in, a change out.
Rule 2: whether the state allows it is not asked here but in :mod:`teams.protocol.board.states`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from onecontext.errors import Conflict, StaleEpoch, UsageError
from teams.protocol.board.states import HELD, State
from teams.protocol.board.task import Task, Verdict


@dataclass(frozen=True)
class Change:
    """What an action sets: ``ours`` in ``metadata.onecontext``, ``fields`` at the top level."""

    ours: Mapping[str, Any] = field(default_factory=dict)
    fields: Mapping[str, Any] = field(default_factory=dict)


Move = Callable[[Task], Change]
NOBODY: Mapping[str, Any] = {"owner": None}


def always(change: Change) -> Move:
    """Return the move that sets ``change`` whatever the task is."""
    return lambda _: change


def claim(agent: str, *, now: datetime, until: datetime) -> Move:
    """Return the move that gives the task to ``agent``; it refuses what somebody else has or had."""

    def move(task: Task) -> Change:
        _refuse_taken(task, agent, now)
        ours = {
            "author": agent,
            # An attempt that was interrupted goes on under its number; one that was rejected is over.
            "attempt": task.attempt + 1 if task.attempt == 0 or task.verdict == "rejected" else task.attempt,
            "epoch": task.epoch + 1,
            "lease_until": until,
            "verdict": None,
            "reason": None,
        }
        return Change(ours, {"owner": agent})

    return move


def held(agent: str, epoch: int, change: Change) -> Move:
    """Return the move that sets ``change`` for whoever holds the claim, and for nobody else."""

    def move(task: Task) -> Change:
        _refuse_stale(task, epoch)
        if task.owner != agent:
            raise StaleEpoch(f"task {task.id} is with {task.owner or 'nobody'}, not with {agent}")
        return change

    return move


def judge(
    by: str,
    verdict: Verdict,
    evidence: Mapping[str, Any],
    *,
    epoch: int | None,
    reason: str | None = None,
    fields: Mapping[str, Any] | None = None,
) -> Move:
    """Return the move that gives a verdict; it refuses the author, and another epoch than the one looked at."""

    def move(task: Task) -> Change:
        if by == task.author:
            raise UsageError(f"{by} did the newest attempt at task {task.id} and may not judge it")
        if epoch is not None:
            _refuse_stale(task, epoch)
        return Change({"verdict": verdict, "reason": reason, "evidence": {**task.evidence, **evidence}}, fields or {})

    return move


def come_after(blocker_id: str) -> Move:
    """Return the move that lets the task wait for another."""
    return lambda task: Change(fields={"blocked_by": tuple(dict.fromkeys((*task.blocked_by, blocker_id)))})


def come_before(task_id: str) -> Move:
    """Return the move that names another task as waiting; the client shows it, what counts is the other's side."""
    return lambda task: Change(fields={"blocks": tuple(dict.fromkeys((*task.blocks, task_id)))})


def forget(task_id: str) -> Move:
    """Return the move that removes another task from both lists."""
    return lambda task: Change(
        fields={
            "blocks": tuple(name for name in task.blocks if name != task_id),
            "blocked_by": tuple(name for name in task.blocked_by if name != task_id),
        }
    )


def _refuse_taken(task: Task, agent: str, now: datetime) -> None:
    if task.state in (State.REVIEW, State.DONE):
        raise Conflict(f"task {task.id} is {task.state} already, by {task.author or task.owner or 'somebody else'}")
    if task.state in HELD and (task.lease_until is None or task.lease_until > now):
        until = f" until {task.lease_until:%H:%M:%S} UTC" if task.lease_until else ""
        raise Conflict(f"task {task.id} is with {task.owner or 'somebody else'}{until}")
    if task.state not in HELD and task.owner not in (None, agent):
        raise Conflict(f"task {task.id} is meant for {task.owner}")


def _refuse_stale(task: Task, epoch: int) -> None:
    if epoch != task.epoch:
        raise StaleEpoch(f"task {task.id} is at epoch {task.epoch}; this claim had {epoch}")
