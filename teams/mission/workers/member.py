"""A member of the team from outside: the mission gives it a task, it works where it works, and hands over a commit.

Rule 1: the claim is the member's: made for it, renewed by it alone, and gone when its process is.
Rule 2: nobody beats for it, and nobody works for it: what it hands over is judged like anybody's.
Rule 3: what it gives back undone is a person's to look at: nobody asks it the same thing again and again.
"""

import time
from collections.abc import Mapping
from typing import Any

from onecontext.errors import StaleEpoch, UnknownTask
from teams.mission.attempt.briefing import brief
from teams.mission.attempt.withdrawal import Withdrawal
from teams.mission.contract import Contract
from teams.mission.handoff import commit_in
from teams.mission.site import LEAD, Site
from teams.protocol.board.states import HELD, State
from teams.protocol.board.task import Task
from teams.protocol.heartbeat import Life
from teams.protocol.mail.forms import TaskAssignment

LOOK_S = 0.5
_HANDED_IN = """
Work in a clone or a worktree of {path}, on top of the commit {start}; change nothing that is checked out there. When \
it is done, end your answer with a line

Commit: <its id>

of a commit that {path} has. Its work is judged, and sent back to you with what is wrong."""


class Members:
    """The members who work in roles of a mission, and how long one that is not there is waited for."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._by_role: Mapping[str, str] = site.members
        self._missed: dict[str, float] = {}

    def of(self, role: str) -> str | None:
        """Return the member who works in ``role``, None where that is no member from outside."""
        return self._by_role.get(role)

    def is_one(self, name: str) -> bool:
        """Say whether ``name`` is one of them."""
        return name in self._by_role.values()

    def lives(self, name: str) -> bool:
        """Say whether it is in the team, and beats."""
        is_in = name in {member.name for member in self._site.team.members}
        lives = is_in and self._site.team.pulse(name).life is Life.ALIVE
        if lives:
            self._missed.pop(name, None)
        return lives

    def may_come(self, name: str) -> bool:
        """Say whether it is worth waiting for: it lives, or has not been missed for too long."""
        if self.lives(name):
            return True
        if name not in self._missed:
            self._site.journal.append(
                "agent.state", {"state": "waiting", "detail": f"for {name}"}, mission=self._site.mission, agent=LEAD
            )
        since = self._missed.setdefault(name, time.monotonic())
        return time.monotonic() - since < self._site.config.member_wait_s


class Delegation:
    """One claim that was made for a member. ``task`` is as it was claimed, ``stop`` ends the waiting for it."""

    def __init__(self, site: Site, task: Task, contract: Contract, *, stop: Withdrawal) -> None:
        self._site = site
        self._task = task
        self._contract = contract
        self._member = task.owner or ""
        self._stop = stop

    def assign(self) -> None:
        """Send the member its assignment."""
        form = TaskAssignment.make(self._task, assigned_by=LEAD).model_copy(update={"description": self._text()})
        self._site.team.send(self._member, form.to_text(), sender=LEAD)

    def run(self) -> None:
        """Wait until the member has handed over, given back, or is gone, or until it is to stop."""
        self._record("attempt.started", {"role": self._task.ours.role, "model": f"member {self._member}"})
        while True:
            task = self._now()
            if task is None or not self._has_it(task):
                return self._ended(task)
            if self._stop.is_set():
                return self._take_back("the work was stopped")
            if self._site.team.pulse(self._member).life is Life.GONE:
                return self._take_back(f"the process of {self._member} is gone")
            self._stop.wait(LOOK_S)

    def _text(self) -> str:
        previous = commit_in(self._task.evidence)
        start = previous if previous and not self._task.evidence.get("conflicts") else self._site.branch_tip()
        lines = brief(self._task, self._contract, where=f"It is the commit {start}")
        return "\n".join([*lines, _HANDED_IN.format(path=self._site.project.path, start=start)])

    def _now(self) -> Task | None:
        try:
            return self._site.team.board.get(self._task.id)
        except UnknownTask:
            return None

    def _has_it(self, task: Task) -> bool:
        return task.state in HELD and (task.owner, task.epoch) == (self._member, self._task.epoch)

    def _ended(self, task: Task | None) -> None:
        if task is None or task.epoch != self._task.epoch or task.state is State.BLOCKED:
            return self._record("attempt.ended", {"outcome": "interrupted", "reason": "it was taken from the member"})
        if task.state not in (State.READY, State.WAITING):
            return self._record("attempt.ended", {"outcome": "submitted"})
        reason = f"{self._member} gave it back: {task.reason or 'it did not say why'}"
        self._record("attempt.ended", {"outcome": "interrupted", "reason": reason})
        is_in = self._member in {member.name for member in self._site.team.members}
        if is_in and self._site.team.pulse(self._member).life is Life.ALIVE:
            self._site.team.board.block(task.id, reason=reason, by=LEAD)
        return None

    def _take_back(self, reason: str) -> None:
        self._record("attempt.ended", {"outcome": "interrupted", "reason": reason})
        try:
            self._site.team.board.release(self._task.id, self._member, self._task.epoch, reason=reason)
        except StaleEpoch:
            # It handed over, or lost it, in this very moment: so the board has it.
            return

    def _record(self, type_: str, data: dict[str, Any]) -> None:
        where: dict[str, Any] = {"task": self._task.id, "attempt": self._task.attempt, "epoch": self._task.epoch}
        self._site.journal.append(type_, data, mission=self._site.mission, agent=self._member, **where)
