"""What each verb of the board sets on a task, or what stands against it.

Rule 1: no input or output and no clock: a task and arguments in, a change out.
Rule 2: whether the state allows it is not asked here but in :mod:`teams.protocol.board.states`.
"""

from collections.abc import Callable, Mapping, Sequence
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


@dataclass(frozen=True)
class Words:
    """What a task is, in words: ``assertions`` are the ids of what it owns of a contract."""

    subject: str
    description: str
    assertions: Sequence[str] = ()


Move = Callable[[Task], Change]
NOBODY: Mapping[str, Any] = {"owner": None}
LEAD_ROLE = "team-lead"


def always(change: Change) -> Move:
    """Return the move that sets ``change`` whatever the task is."""
    return lambda _: change


def again(change: Change, *, anew: bool = True) -> Move:
    """Return the move that sets ``change`` and, with ``anew``, counts attempts from here on."""
    return lambda task: Change({**change.ours, **({"attempts_from": task.attempt} if anew else {})}, change.fields)


def claim(agent: str, *, role: str | None, now: datetime, until: datetime, lives: Callable[[str], bool]) -> Move:
    """Return the move that gives the task to ``agent``; it refuses what somebody else has or had.

    Args:
        role: what ``agent`` is for; None (nobody said) may do anything.
        lives: says whether a holder whose lease is over is known to live all the same.
    """

    def move(task: Task) -> Change:
        refuse_taken(task, now=now, lives=lives)
        if task.state not in HELD and task.owner not in (None, agent):
            raise Conflict(f"task {task.id} is meant for {task.owner}")
        refuse_role(task, agent, role)
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


def inspect(agent: str, *, role: str | None, now: datetime, until: datetime, lives: Callable[[str], bool]) -> Move:
    """Return the move that gives the review of the task to ``agent``; it refuses the author of the work.

    Args:
        role: what ``agent`` is for; None (nobody said) may do anything.
        lives: as in :func:`claim`.
    """

    def move(task: Task) -> Change:
        if agent == task.author:
            raise UsageError(f"{agent} did the newest attempt at task {task.id} and may not judge it")
        if role not in (None, LEAD_ROLE, "validator"):
            raise UsageError(f"task {task.id} is for a validator to judge; {agent} is a {role}")
        other = task.ours.reviewer
        if other not in (None, agent) and _is_held(task, str(other), now, lives):
            raise Conflict(f"task {task.id} is being judged by {other}")
        return Change({"reviewer": agent, "lease_until": until})

    return move


def finish(agent: str, epoch: int, evidence: Mapping[str, Any]) -> Move:
    """Return the move that ends a task nobody wants to review, for its holder."""
    hold = held(agent, epoch, Change({"lease_until": None, "evidence": dict(evidence)}))

    def move(task: Task) -> Change:
        change = hold(task)
        if task.ours.review:
            raise UsageError(f"task {task.id} is reviewed by somebody else before it is done; submit it")
        return change

    return move


def reap(gone: Callable[[Task], str]) -> Move:
    """Return the move that frees the task if ``gone`` says why it is to be freed.

    Raises, as a move:
        Conflict: ``gone`` says "": whoever has it lives, or nobody has it by now.
    """

    def move(task: Task) -> Change:
        why = gone(task)
        if not why:
            raise Conflict(f"task {task.id} is not held by anybody dead")
        if task.state is State.REVIEW:
            return Change({"reviewer": None, "lease_until": None})
        return Change({"lease_until": None, "reason": why}, NOBODY)

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
    """Return the move that gives a verdict; it refuses the author, another epoch than the one looked at, and whoever
    is not the one who has the review where somebody has it.
    """

    def move(task: Task) -> Change:
        if by == task.author:
            raise UsageError(f"{by} did the newest attempt at task {task.id} and may not judge it")
        if epoch is not None:
            _refuse_stale(task, epoch)
        if task.ours.reviewer not in (None, by):
            raise Conflict(f"task {task.id} is being judged by {task.ours.reviewer}")
        told = {"verdict": verdict, "reason": reason, "evidence": {**task.evidence, **evidence}}
        return Change({**told, "reviewer": None, "lease_until": None}, fields or {})

    return move


def revise(words: Words, after: Sequence[str]) -> Move:
    """Return the move that makes the task another one under its key: what was tried and found before is over."""

    def move(task: Task) -> Change:
        anew: dict[str, Any] = {"evidence": {}, "reason": None, "attempts_from": task.attempt}
        fields = {"subject": words.subject, "description": words.description, "blocked_by": tuple(after)}
        return Change({"assertions": tuple(words.assertions), **anew}, fields)

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


def refuse_taken(task: Task, *, now: datetime, lives: Callable[[str], bool]) -> None:
    """Refuse a task that is over, or that somebody has: within the lease, or past it and known to live.

    Raises:
        Conflict: so it is.
    """
    if task.state in (State.REVIEW, State.DONE):
        raise Conflict(f"task {task.id} is {task.state} already, by {task.author or task.owner or 'somebody else'}")
    if task.state in HELD and _is_held(task, task.owner, now, lives):
        until = f" until {task.lease_until:%H:%M:%S} UTC" if task.lease_until and task.lease_until > now else ""
        raise Conflict(f"task {task.id} is with {task.owner or 'somebody else'}{until}")


def refuse_role(task: Task, agent: str, role: str | None) -> None:
    """Refuse work that is for others.

    Raises:
        UsageError: the task wants another role than the agent has.
    """
    is_for = task.ours.role
    if role in (None, LEAD_ROLE, is_for):
        return
    if is_for != "worker" or role in ("validator", "orchestrator"):
        raise UsageError(f"task {task.id} is for a {is_for}; {agent} is a {role}")


def _is_held(task: Task, holder: str | None, now: datetime, lives: Callable[[str], bool]) -> bool:
    """Say whether nobody else may have it: the lease runs (none: another program's own), or the holder lives."""
    return task.lease_until is None or task.lease_until > now or (holder is not None and lives(holder))


def _refuse_stale(task: Task, epoch: int) -> None:
    if epoch != task.epoch:
        raise StaleEpoch(f"task {task.id} is at epoch {task.epoch}; this claim had {epoch}")
