"""Who could work on a task, who of them has nothing to do, and what begins when one of them gets it.

Rule 1: a task is for the workers of its role, or for the member from outside whom a person named for that role.
Rule 2: whoever may spend nothing more gets nothing more.
"""

from collections.abc import Callable, Collection, Iterable
from shlex import quote

from teams.mission.attempt.attempt import Attempt
from teams.mission.attempt.withdrawal import Withdrawal
from teams.mission.contract import Contract
from teams.mission.roles.roles import WORKER
from teams.mission.site import LEAD, Site, worker_name
from teams.mission.workers.member import Delegation, Members
from teams.protocol.board.states import State
from teams.protocol.board.task import Task
from teams.protocol.mail.forms import TaskAssignment


class Staff:
    """The workers of one mission. ``spent``: names of those that may spend nothing more, to why."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._members = Members(site)
        self.spent: dict[str, str] = {}

    def free(self, task: Task, *, working: Collection[str]) -> str | None:
        """Return a worker who has nothing to do; the author of the last attempt first, who knows the task.

        Args:
            working: the names of all who are at work.
        """
        free = [name for name in self._names(task) if name not in working and name not in self.spent]
        free = [name for name in free if not self._members.is_one(name) or self._members.lives(name)]
        return task.author if task.author in free else next(iter(free), None)

    def seat(self, worker: str, task: Task) -> None:
        """Let a worker of another role join with the first task for it; plain workers are there from the start."""
        role = task.ours.role
        if self._members.is_one(worker) or role == WORKER:
            return
        if worker not in {member.name for member in self._site.team.members}:
            self._site.team.join(worker, role=role)

    def begin(self, worker: str, claimed: Task, contract: Contract, stop: Withdrawal) -> Callable[[], None]:
        """Tell a worker of its task, and return what then works on it, or waits for a member who does."""
        if self._members.is_one(worker):
            delegation = Delegation(self._site, claimed, contract, stop=stop)
            delegation.assign()
            return delegation.run
        assignment = TaskAssignment.make(claimed, assigned_by=LEAD)
        self._site.team.send(worker, assignment.to_text(), sender=LEAD)
        return Attempt(self._site, claimed, contract, stop=stop).run

    def is_of_this_process(self, worker: str) -> bool:
        """Say whether its claims are renewed here; a member from outside renews its own."""
        return not self._members.is_one(worker)

    def may_come(self, tasks: Iterable[Task]) -> bool:
        """Say whether a ready task is for a member from outside who is worth waiting for."""
        wanted = [self._members.of(task.ours.role) for task in tasks if task.state is State.READY]
        return any(name is not None and self._members.may_come(name) for name in wanted)

    def is_out_of_reach(self, task: Task) -> bool:
        """Say whether all who could work on the task may spend nothing more."""
        names = self._names(task)
        return task.state is State.READY and bool(names) and all(name in self.spent for name in names)

    def missing(self, task: Task) -> str:
        """Return who is missing for a ready task, "" where it is not that."""
        if task.state is not State.READY:
            return ""
        if member := self._members.of(task.ours.role):
            return (
                f"{member} is not there; 'onecontext team join {quote(self._site.team.name)} --name {quote(member)} …'"
            )
        if not self._names(task):
            return f"nobody here has the role {task.ours.role}; put its agent into .claude/agents"
        return ""

    def _names(self, task: Task) -> list[str]:
        """Return those who could work on a task; none where nobody here has its role."""
        role = task.ours.role
        if member := self._members.of(role):
            return [member]
        known = role in self._site.roles.names
        return [worker_name(number, role) for number in range(1, self._site.config.workers + 1)] if known else []
