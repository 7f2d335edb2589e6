"""``onecontext task assign``: a task is given to a member, as the client's lead does it: by a ``task_assignment``.

Rule 1: the member claims it; here it is only free by then, and whoever had it has lost it (an older epoch).
Rule 2: a mission gives its tasks out itself; what a person wants otherwise is said to its orchestrator.
"""

from onecontext.errors import InvalidTransition, UsageError
from teams.mission.history import TYPES, read_history
from teams.protocol.board.states import HELD, State
from teams.protocol.board.task import Task
from teams.protocol.config import LEAD
from teams.protocol.mail.forms import TaskAssignment
from teams.protocol.mail.sender import check_text
from teams.protocol.team import Team

_TAKEN_FROM = (*HELD, State.BLOCKED)


def assign(team: Team, task_id: str, member: str, *, by: str) -> Task:
    """Ask ``member`` to do the task, and return it: free, where somebody had it or it was blocked.

    Args:
        by: whose wish it is; "" is the lead's own.

    Raises:
        UnknownTask, UnknownMember: there is none.
        UsageError: a mission that is not over gives it out, or the task is longer than a message; nothing was changed.
        InvalidTransition: it is done, under review, or waits for others; nothing was changed.
    """
    task = team.board.get(task_id)
    team.config.member(member)
    _check(team, task, member)
    check_text(TaskAssignment.make(task, assigned_by=by or LEAD).to_text())
    if task.state in _TAKEN_FROM:
        if task.state is not State.BLOCKED:
            team.board.block(task.id, f"given to {member} by {by or LEAD}", by=by or None)
        task = team.board.unblock(task.id, by=by or None)
    sender = by if by and team.is_ours(by) else LEAD
    form = TaskAssignment.make(task, assigned_by=by or LEAD)
    team.send(member, form.to_text(), sender=sender, by=by if by != sender else None, summary=f"task #{task.id}")
    return task


def _check(team: Team, task: Task, member: str) -> None:
    history = read_history(team.journal.read(types=TYPES)) if task.mission is not None else None
    if history is not None and history.mission == task.mission and history.ending is None:
        raise UsageError(
            f"task {task.id} is of the mission {task.mission}, which gives its tasks out itself",
            hint="'onecontext redirect \"…\"' says to its orchestrator what is wanted otherwise",
        )
    if task.state not in (State.READY, *_TAKEN_FROM):
        raise InvalidTransition(
            f"task {task.id} is {task.state}; only one that is ready, blocked or at work can be given to somebody"
        )
    if task.owner == member and task.state in HELD:
        raise InvalidTransition(f"{member} has task {task.id} already")
