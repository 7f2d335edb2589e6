"""The life of a task, as one table.

Rule 1: everything that decides whether a task may change state is in this file.
Rule 2: this file does no input or output and reads no clock.
Rule 3: ``waiting`` and ``ready`` are one thing seen from two sides: an open task waits while something it comes after
    is not done. They are derived on every reading, so a crash cannot leave a task waiting for what is done already.
"""

from collections.abc import Iterable, Mapping
from enum import StrEnum

from onecontext.errors import InvalidTransition


class State(StrEnum):
    """Where a task stands."""

    WAITING = "waiting"
    READY = "ready"
    RUNNING = "running"
    NEEDS_INPUT = "needs_input"
    BLOCKED = "blocked"
    REVIEW = "review"
    DONE = "done"


class Action(StrEnum):
    """What somebody may do to a task."""

    CLAIM = "claim"
    RENEW = "renew"
    ASK = "ask"
    ANSWER = "answer"
    RELEASE = "release"
    SUBMIT = "submit"
    FINISH = "finish"
    INSPECT = "inspect"
    REAP = "reap"
    REJECT = "reject"
    COMPLETE = "complete"
    BLOCK = "block"
    UNBLOCK = "unblock"
    REOPEN = "reopen"
    REVISE = "revise"
    LINK = "link"
    DELETE = "delete"


OPEN = State.READY
"""Stands in the table for "ready, or waiting if something it comes after is not done"."""

TABLE: Mapping[Action, Mapping[State, State]] = {
    # A task that somebody has can be claimed only when the lease is over; the board checks that.
    Action.CLAIM: dict.fromkeys((State.READY, State.RUNNING, State.NEEDS_INPUT), State.RUNNING),
    Action.RENEW: {State.RUNNING: State.RUNNING, State.NEEDS_INPUT: State.NEEDS_INPUT},
    Action.ASK: {State.RUNNING: State.NEEDS_INPUT},
    Action.ANSWER: {State.NEEDS_INPUT: State.RUNNING},
    Action.RELEASE: {State.RUNNING: OPEN, State.NEEDS_INPUT: OPEN},
    # What the dead held is free again; of a review only the one who looked goes.
    Action.REAP: {State.RUNNING: OPEN, State.NEEDS_INPUT: OPEN, State.REVIEW: State.REVIEW},
    Action.SUBMIT: {State.RUNNING: State.REVIEW},
    # Only where no review is wanted; the board checks that.
    Action.FINISH: {State.RUNNING: State.DONE},
    Action.INSPECT: {State.REVIEW: State.REVIEW},
    Action.REJECT: {State.REVIEW: OPEN},
    Action.COMPLETE: {State.REVIEW: State.DONE},
    Action.BLOCK: dict.fromkeys((s for s in State if s not in (State.BLOCKED, State.DONE)), State.BLOCKED),
    Action.UNBLOCK: {State.BLOCKED: OPEN},
    Action.REOPEN: {State.DONE: OPEN},
    # Nobody has it, and nobody has accepted it.
    Action.REVISE: dict.fromkeys((State.WAITING, State.READY, State.BLOCKED), OPEN),
    Action.LINK: {state: state for state in State},
    Action.DELETE: {state: state for state in (State.WAITING, State.READY, State.BLOCKED, State.DONE)},
}

EVENTS: Mapping[Action, str] = {
    Action.CLAIM: "task.claimed",
    Action.RENEW: "task.renewed",
    Action.ASK: "task.asked",
    Action.ANSWER: "task.answered",
    Action.RELEASE: "task.released",
    Action.SUBMIT: "task.submitted",
    Action.FINISH: "task.finished",
    Action.INSPECT: "task.inspected",
    Action.REAP: "task.reaped",
    Action.REJECT: "task.rejected",
    Action.COMPLETE: "task.completed",
    Action.BLOCK: "task.blocked",
    Action.UNBLOCK: "task.unblocked",
    Action.REOPEN: "task.reopened",
    Action.REVISE: "task.revised",
    Action.LINK: "task.linked",
    Action.DELETE: "task.deleted",
}

CLIENT_STATUS: Mapping[State, str] = {
    State.WAITING: "pending",
    State.READY: "pending",
    State.BLOCKED: "pending",
    State.RUNNING: "in_progress",
    State.NEEDS_INPUT: "in_progress",
    State.REVIEW: "in_progress",
    State.DONE: "completed",
}
"""Our seven states as the three that the client knows; any other word makes a task invisible to it."""

FOREIGN_STATE: Mapping[str, State] = {"pending": OPEN, "in_progress": State.RUNNING, "completed": State.DONE}
"""How a task that carries nothing of ours is read."""


HELD = frozenset({State.RUNNING, State.NEEDS_INPUT})
"""The states in which an agent has the task, with a lease."""


def derived(state: State, blockers: Iterable[State]) -> State:
    """Return where an open task stands, given the states of what it comes after; other states are as they are."""
    if state not in (State.WAITING, State.READY):
        return state
    return State.READY if all(blocker == State.DONE for blocker in blockers) else State.WAITING


def after(action: Action, state: State, *, task_id: str) -> State:
    """Return the state in which ``action`` leaves a task that is in ``state``.

    Raises:
        InvalidTransition: the table has no such row; the message says which states it has.
    """
    row = TABLE[action]
    if state not in row:
        raise InvalidTransition(f"task {task_id} is {state}; {action} needs it to be {' or '.join(row)}")
    return row[state]
