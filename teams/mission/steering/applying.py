"""A changed contract on the board: tasks made, given another shape, taken off.

Rule 1: everything here can be done again after a kill at any point, and ends in the same state.
"""

from collections.abc import Mapping, Sequence

from teams.mission.contract import Contract, PlannedTask, in_order
from teams.mission.planning import put_on_board
from teams.mission.site import LEAD, Site
from teams.mission.steering.course import Applied
from teams.protocol.board.moves import Words
from teams.protocol.board.states import HELD, State
from teams.protocol.board.task import Task


def put_in_place(site: Site, contract: Contract, applied: Applied) -> None:
    """Bring the board to where an amendment wants it; ``contract`` is as it is after it."""
    there = {task.key: task for task in site.team.board.list() if task.mission == site.mission}
    put_on_board(site, contract)
    ids = {task.key: task.id for task in site.team.board.list() if task.mission == site.mission}
    planned = {task.key: task for task in contract.tasks}
    for key in in_order({task.key: task.after for task in contract.tasks}):
        before = there.get(key)
        if before is not None and key in applied.tasks and _is_due(before, planned[key], applied.tasks[key], ids):
            _revise(site, before, planned[key], [ids[name] for name in planned[key].after], applied.reason)
    for key in applied.dropped:
        if key in there and key not in planned:
            _free(site, there[key], applied.reason)
            site.team.board.delete(there[key].id, reason=applied.reason, by=LEAD)


def _is_due(task: Task, planned: PlannedTask, attempt: int | None, ids: Mapping[str, str]) -> bool:
    """Say whether the amendment has not reached the task yet: nobody has tried it since, and it is as it was."""
    if task.state is State.DONE or attempt != task.attempt:
        return False
    return (
        task.state is State.BLOCKED
        or (task.subject, task.description) != (planned.subject, planned.description)
        or set(task.assertions) != set(planned.assertions)
        or set(task.blocked_by) != {ids[name] for name in planned.after}
    )


def _revise(site: Site, task: Task, planned: PlannedTask, after: Sequence[str], reason: str) -> None:
    _free(site, task, reason)
    words = Words(planned.subject, planned.description, planned.assertions)
    site.team.board.revise(task.id, words, after=after, reason=reason, by=LEAD)


def _free(site: Site, task: Task, reason: str) -> None:
    """Take the task from who works on it; what comes of that work is refused, as its claim has passed on."""
    if task.state in HELD:
        site.team.board.block(task.id, reason=reason, by=LEAD)
