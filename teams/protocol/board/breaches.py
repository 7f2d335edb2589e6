"""Which rules of ours a task file breaks, next to what the journal says of the task.

Rule 1: no input or output and no clock: tasks in, words out. The same breach is always told in the same words.
Rule 2: what is told here lasts: it is so for as long as the file says it. What happened and left no trace in the file
    is told by :func:`passing`.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from teams.protocol.board.states import HELD, State
from teams.protocol.board.task import Task

_OPEN = (State.WAITING, State.READY)


class Breach(NamedTuple):
    """A rule that is broken. ``who``: the member it seems to be, None where nobody can say."""

    rule: str
    what: str
    who: str | None = None


def lasting(known: Task | None, file: Task, waits_for: Sequence[str]) -> Iterator[Breach]:
    """Yield what ``file`` breaks.

    Args:
        known: the task as the journal has it; None when it has none.
        file: the task as its file has it, no older than the journal.
        waits_for: ids of what it comes after and what is not done.
    """
    if known is None or known.is_foreign:
        if not file.is_foreign:
            yield Breach("forged", "metadata.onecontext is there, and nobody of ours wrote it")
        if file.status == "in_progress" and waits_for:
            yield Breach("started", f"started before {_named(waits_for)} was done", file.owner)
        return
    yield from _ours(known, file)
    if file.owner != known.owner and known.state not in _OPEN:
        yield _taken(known, file)
    if file.status != known.status:
        yield _moved(known, file, waits_for)


def passing(known: Task, file: Task | None) -> Iterator[Breach]:
    """Yield what another program broke when it made ``file`` of ``known``; ``file`` is None when it deleted it."""
    if file is None:
        if known.state in HELD:
            yield Breach("deleted", f"deleted while {known.owner or 'somebody'} had it")
        return
    if not known.is_foreign:
        return
    # An owner who shuts down gives back what it has: pending, and without owner.
    given_back = known.status == "in_progress" and file.status == "pending" and file.owner is None
    order = ("pending", "in_progress", "completed")
    if order.index(file.status) < order.index(known.status) and not given_back:
        yield Breach("backwards", f"its status went from {known.status} back to {file.status}", file.owner)


def _ours(known: Task, file: Task) -> Iterator[Breach]:
    if file.is_foreign:
        yield Breach("dropped", "metadata.onecontext is gone")
        return
    before, after = known.ours.model_dump(mode="json"), file.ours.model_dump(mode="json")
    changed = [name for name in before if before[name] != after[name]]
    if changed:
        told = ", ".join(f"{name} from {shown(before[name])} to {shown(after[name])}" for name in changed)
        yield Breach("forged", f"metadata.onecontext was changed: {told}")


def _taken(known: Task, file: Task) -> Breach:
    if known.state in HELD and file.owner is None:
        return Breach("taken", f"taken from {known.owner}, who holds it")
    if known.state in HELD:
        return Breach("taken", f"taken by {shown(file.owner)}, while {known.owner} holds it", file.owner)
    owners = f"from {known.owner or 'nobody'} to {shown(file.owner or 'nobody')}"
    return Breach("taken", f"given {owners}, though it is {known.state}", file.owner)


def _moved(known: Task, file: Task, waits_for: Sequence[str]) -> Breach:
    """Return what is wrong with a status that is not the journal's."""
    if known.state is State.DONE:
        return Breach("backwards", f"its status is {file.status}, though it is done", file.owner)
    if file.status == "completed":
        return Breach("completed", _completed(known, file), file.owner)
    if file.status == "pending":
        holder = f", and {known.owner} has it" if known.owner else ""
        return Breach("backwards", f"its status is pending, though it is {known.state}{holder}", file.owner)
    if known.state is State.BLOCKED:
        return Breach("started", "started while it is blocked", file.owner)
    if waits_for:
        return Breach("started", f"started before {_named(waits_for)} was done", file.owner)
    return Breach("started", "started without a claim", file.owner)


def _completed(known: Task, file: Task) -> str:
    if known.state in HELD and file.owner != known.owner:
        return f"completed by {shown(file.owner or 'somebody')}, while {known.owner} holds it"
    if known.state in HELD and not known.ours.review:
        return f"completed past the board, and {known.owner} holds it"
    if known.state in HELD or known.state is State.REVIEW:
        return "completed without review"
    return "completed without a claim"


def _named(task_ids: Sequence[str]) -> str:
    return " and ".join(f"#{task_id}" for task_id in task_ids[:5])


def shown(value: object) -> str:
    """Return what a file says as words of at most 40 characters: it may say anything, at any length."""
    text = str(value)
    return text if len(text) <= 40 else text[:37] + "…"
