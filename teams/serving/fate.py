"""What becomes of a task of the board: it rests, is blocked, is given back, or whoever is at it is called off.

Rule 1: each of these is on record before anything else is done for the task.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

from onecontext.errors import Conflict, Damaged, InvalidTransition, UnknownTask
from teams.mission.site import LEAD, Site
from teams.protocol.board.states import HELD, State
from teams.protocol.board.task import Task
from teams.serving.backoff import rest_s
from teams.serving.chronicle import DELAYED, Chronicle
from teams.serving.failing import Remedy
from teams.serving.jobs import Job
from teams.serving.reconciling import CallOff
from teams.serving.workflow import Settings

Clock = Callable[[], datetime]


class Fate:
    """Writes on the board and in the journal what becomes of tasks.

    Args:
        random: returns a number from 0 to 1, for the share of a rest that is left to chance.
    """

    def __init__(self, site: Site, chronicle: Chronicle, *, clock: Clock, random: Callable[[], float]) -> None:
        self._site = site
        self._board = site.team.board
        self._chronicle = chronicle
        self._clock = clock
        self._random = random

    def apply(self, task: Task, remedy: Remedy, settings: Settings) -> None:
        """Let the task rest, or block it, as ``remedy`` says."""
        if remedy.do == "block":
            self.block(task, remedy.why)
        elif remedy.do == "rest":
            failures = self._chronicle.failures(task.id) + 1
            self._rest(task, settings, failures, rejected=False, reason=remedy.why, least_s=remedy.least_s)

    def send_back(self, task: Task, settings: Settings, *, most: int) -> bool:
        """Let a task rest whose attempt was rejected, or block it after ``most`` of them; say whether it was blocked.

        That is done here and not where it was rejected: between the two, a server can be killed.
        """
        attempts = task.attempt - task.ours.attempts_from
        if task.verdict != "rejected" or task.state not in (State.READY, State.WAITING) or attempts < 1:
            return False
        reason = next(iter(task.findings), "no reason was given")
        if attempts >= most:
            self.block(task, f"rejected {attempts} times; the last: {reason}")
            return True
        rest = self._chronicle.rest(task.id)
        if rest is None or not rest.rejected or rest.attempt != task.attempt:
            self._rest(task, settings, attempts, rejected=True, reason=reason)
        return False

    def call_off(self, job: Job, off: CallOff) -> None:
        """Let a job end at its next step, and its task become what follows from why."""
        job.called_off = off.why
        job.stop.set()
        self._record("attempt.cancelled", {"reason": off.why}, job.task, agent=job.agent)
        if off.block:
            self.block(job.task, f"{off.why}; 'onecontext task unblock {job.task.id}' gives it out again")

    def give_back(self, job: Job, reason: str) -> bool:
        """Release the claim of a job; say whether it was still there."""
        try:
            task = self._board.get(job.task.id)
            if task.state not in HELD or (task.owner, task.epoch) != (job.agent, job.task.epoch):
                return False
            self._board.release(task.id, job.agent, task.epoch, reason=reason)
        except (Conflict, InvalidTransition, UnknownTask):
            # It was handed over or passed on in this moment.
            return False
        return True

    def rest_what_came_back(self, job: Job, settings: Settings) -> None:
        """Let a task rest whose worker gave it back of its own accord, as one does that was stuck."""
        try:
            task = self._board.get(job.task.id)
        except (UnknownTask, Damaged):
            # It was deleted meanwhile, or nobody can tell what it is: the next look at the board shows which.
            return
        given_back = task.state in (State.READY, State.WAITING) and task.verdict is None
        if job.kind == "work" and not job.stop.is_set() and given_back and task.epoch == job.task.epoch:
            self.apply(task, Remedy("rest", task.reason or "it was given back"), settings)

    def block(self, task: Task, reason: str) -> None:
        """Stop the task until somebody unblocks it, unless it is done, gone or blocked already."""
        try:
            self._board.block(task.id, reason=reason, by=LEAD if self._site.team.is_ours(LEAD) else None)
        except (InvalidTransition, UnknownTask):
            # The next look at the board shows what it is.
            return

    def _rest(
        self, task: Task, settings: Settings, failures: int, *, rejected: bool, reason: str, least_s: float = 0.0
    ) -> None:
        seconds = rest_s(settings.backoff, failures, random=self._random, least_s=least_s)
        until = self._clock() + timedelta(seconds=seconds)
        data: dict[str, object] = {
            "until": until.isoformat(),
            "seconds": round(seconds, 3),
            "failures": failures,
            "rejected": rejected,
            "reason": reason,
        }
        self._record(DELAYED, data, task)

    def _record(self, type_: str, data: dict[str, object], task: Task, *, agent: str | None = None) -> None:
        self._site.journal.append(
            type_,
            data,
            mission=self._site.mission,
            task=task.id,
            attempt=task.attempt or None,
            epoch=task.epoch or None,
            agent=agent,
        )
