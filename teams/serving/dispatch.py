"""Who does what next on a board that is served: what became of the jobs, what others did, then what is ready.

Rule 1: reconcile before dispatch: nothing is given out before it is known what became of everything else.
Rule 2: the board decides what may be claimed; this asks it, and renews the claims of those at work.
Rule 3: what is wrong with one task rests or blocks that task; what is wrong with the host ends all of it.
"""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from datetime import datetime

from onecontext.errors import Conflict, InvalidTransition, OneContextError, StaleEpoch, UnknownTask
from teams.mission.attempt.attempt import Attempt
from teams.mission.attempt.doubts import asks
from teams.mission.attempt.withdrawal import Withdrawal
from teams.mission.judging.verification import Verification
from teams.mission.site import LEAD, VALIDATOR, Site
from teams.protocol.board.states import State
from teams.protocol.board.task import Task
from teams.protocol.mail.forms import IdleNotification
from teams.serving.branches import branch_of, prepare
from teams.serving.choosing import chosen, is_free, prompt_of
from teams.serving.chronicle import Chronicle
from teams.serving.crew import Crew
from teams.serving.failing import Failing
from teams.serving.fate import Clock, Fate
from teams.serving.jobs import Job, Jobs
from teams.serving.promises import contract_for
from teams.serving.reconciling import call_off
from teams.serving.revival import free_idle
from teams.serving.workflow import Settings, Workflow


class Dispatch:
    """The work on one board, a look at a time. For one thread, but for :meth:`renew`.

    Args:
        site: as for a mission; ``branch`` is what the names of its branches begin with.
        random: returns a number from 0 to 1, for the share of a rest that is left to chance.
        wake: is set whenever a job ends.
    """

    def __init__(
        self,
        site: Site,
        chronicle: Chronicle,
        crew: Crew,
        pool: ThreadPoolExecutor,
        *,
        clock: Clock,
        random: Callable[[], float],
        wake: threading.Event,
    ) -> None:
        self._site = site
        self._board = site.team.board
        self._chronicle = chronicle
        self._crew = crew
        self._clock = clock
        self._fate = Fate(site, chronicle, clock=clock, random=random)
        self._failing = Failing()
        self.jobs = Jobs(pool, wake)

    # --- a look -------------------------------------------------------------------------------------------------------

    def settle(self, workflow: Workflow) -> list[Task]:
        """See what became of everything, and return the tasks the workflow is for, as they are then.

        Raises:
            OneContextError, OSError: what no single task is to blame for.
        """
        self._take_note()
        for job in self.jobs.ended():
            self._ended(job, workflow.settings)
        self._chronicle.catch_up()
        tasks = self._board.list()
        changed = self._reconcile(tasks)
        changed |= free_idle(
            self._site.team,
            tasks,
            is_ours=lambda name: self._crew.is_ours(name, workflow.settings.only.role),
            at_work={job.task.id for job in self.jobs.all()},
            reason="nobody was at it any more",
        )
        for task in self._chosen(tasks, workflow.settings):
            changed |= self._fate.send_back(task, workflow.settings, most=self.most_attempts(workflow.settings))
        self._chronicle.catch_up()
        return self._chosen(self._board.list() if changed else tasks, workflow.settings)

    def _chosen(self, tasks: list[Task], settings: Settings) -> list[Task]:
        """Return the tasks the workflow is for, and what was handed over by ours when another one was."""
        found = chosen(tasks, settings.only)
        ids, workers = {task.id for task in found}, self._chronicle.agents
        handed_over = [task for task in tasks if task.state is State.REVIEW and task.mission is None]
        return [*(task for task in handed_over if task.author in workers and task.id not in ids), *found]

    def give_out(self, tasks: list[Task], workflow: Workflow) -> list[Task]:
        """Have what is ready worked on, and what was handed over judged, as many at a time as there may be.

        Returns those that this was tried with, as they were.
        """
        everything = {task.id: task for task in self._board.list()}
        tried = []
        for task in tasks:
            if self.can_begin(task, workflow.settings):
                blockers = [everything[name] for name in task.blocked_by if name in everything]
                self._begin(task, blockers, workflow)
                tried.append(task)
        return tried

    def can_begin(self, task: Task, settings: Settings) -> bool:
        """Say whether something can be begun for the task now: it is ready or handed over, rests not, has somebody."""
        if task.id in {job.task.id for job in self.jobs.current()} or self.rests_until(task) is not None:
            return False
        if task.state is State.REVIEW:
            return not self.jobs.current("judge") and task.ours.reviewer in (None, VALIDATOR)
        return is_free(task) and len(self.jobs.current("work")) < self.concurrency(settings) and not self.is_spent

    def rests_until(self, task: Task) -> datetime | None:
        """Return until when the task rests, None where it does not."""
        rest = self._chronicle.rest(task.id)
        return rest.until if rest is not None and rest.until > self._clock() else None

    def concurrency(self, settings: Settings) -> int:
        """Return how many may work side by side."""
        return settings.concurrency or self._site.config.workers

    @property
    def is_spent(self) -> bool:
        """Whether some worker may spend nothing more; who comes next would begin with as little."""
        return bool(self._failing.spent)

    @property
    def spent(self) -> str:
        """Who may spend nothing more, and why; "" where nobody was refused."""
        return self._failing.spent

    def renew(self) -> None:
        """Renew the claims of those at work; may be called from any thread."""
        for job in self.jobs.current("work"):
            try:
                self._board.renew(job.task.id, job.agent, job.task.epoch, lease_s=self._site.config.lease_s)
            except (StaleEpoch, InvalidTransition, UnknownTask):
                # The claim has passed on or was handed over since; the next look, or the attempt, meets that.
                continue

    def wind_up(self, workflow: Workflow) -> None:
        """Let every job end at its next step, wait for that, and give back what is left.

        Raises:
            OneContextError, OSError: as :meth:`settle`.
        """
        self.jobs.stop_all()
        wait([job.future for job in self.jobs.all()])
        for job in self.jobs.ended():
            self._ended(job, workflow.settings)

    # --- what became of it --------------------------------------------------------------------------------------------

    def _ended(self, job: Job, settings: Settings) -> None:
        error = job.future.exception()
        if job.called_off:
            return
        if error is None:
            self._fate.rest_what_came_back(job, settings)
            return
        if job.kind == "work":
            self._fate.give_back(job, f"{type(error).__name__}: {error}")
        remedy = self._failing.remedy(error)
        if remedy.do == "raise":
            raise error
        self._fate.apply(job.task, remedy, settings)

    def _reconcile(self, tasks: list[Task]) -> bool:
        """Call off what cannot count any more; say whether anything was."""
        current = self.jobs.current()
        if not current:
            return False
        breaches = self._board.violations()
        by_id = {task.id: task for task in tasks}
        found = False
        for job in current:
            if off := call_off(job, by_id, breaches):
                self._fate.call_off(job, off)
                found = True
        return found

    def most_attempts(self, settings: Settings) -> int:
        """Return how many attempts there may be at one task."""
        return settings.max_attempts or self._site.config.max_attempts

    # --- what is begun ------------------------------------------------------------------------------------------------

    def _begin(self, task: Task, blockers: list[Task], workflow: Workflow) -> None:
        settings = workflow.settings
        branch = branch_of(self._site.branch, task, settings)
        try:
            prepare(self._site.project, branch, task, blockers)
            if task.state is State.REVIEW:
                self._judge(task, branch, settings)
            else:
                self._work(task, branch, workflow)
        except (InvalidTransition, UnknownTask):
            # Somebody was quicker; the next look shows who.
            return
        except OneContextError as error:
            remedy = self._failing.remedy(error)
            if remedy.do == "raise":
                raise
            self._fate.apply(task, remedy, settings)

    def _work(self, task: Task, branch: str, workflow: Workflow) -> None:
        worker = self._crew.worker(workflow.settings.only.role, self.jobs.busy(), rather=task.author)
        contract = contract_for(task, workflow.settings)
        try:
            claimed = self._board.claim(task.id, worker, lease_s=self._site.config.lease_s)
        except Conflict:
            # A teammate outside this process was quicker.
            return
        most = self.most_attempts(workflow.settings)
        told = prompt_of(claimed, workflow.prompt, most=most, team=self._site.team.name, branch=branch)
        if asks(self._site, claimed, worker):
            # A call is in doubt that a killed server began: a person has to say what came of it.
            return
        job = Job("work", claimed, worker, Withdrawal(self._site.stop))
        site = self._site_for(job, branch, workflow.settings)
        # What a worker is told stands in the place of the description; whoever judges reads the task itself.
        shown = claimed.model_copy(update={"description": told})
        self.jobs.begin(job, lambda: Attempt(site, shown, contract, stop=job.stop).run())

    def _judge(self, task: Task, branch: str, settings: Settings) -> None:
        if not self._crew.validator():
            self._fate.block(task, f"another program has a member {VALIDATOR}, so nobody of ours can judge this")
            return
        job = Job("judge", task, VALIDATOR, Withdrawal(self._site.stop))
        site = self._site_for(job, branch, settings)
        contract = contract_for(task, settings)
        judged = settings.review
        self.jobs.begin(job, lambda: Verification(site, task, contract, done=(), judged=judged).run())

    def _site_for(self, job: Job, branch: str, settings: Settings) -> Site:
        """Return the site of one job: with its branch, its own stop, and the workflow's word on silence."""
        config = self._site.config
        if settings.silence_s is not None:
            config = config.model_copy(update={"silence_s": settings.silence_s})
        return self._site.altered(branch=branch, stop=job.stop, config=config)

    # --- mail ---------------------------------------------------------------------------------------------------------

    def _take_note(self) -> None:
        """Acknowledge, where the lead is ours, that workers are free again; what they write in words waits."""
        team = self._site.team
        if team.is_ours(LEAD):
            mail = [message for message in team.receive(LEAD) if isinstance(message.form, IdleNotification)]
            team.acknowledge(LEAD, mail)
