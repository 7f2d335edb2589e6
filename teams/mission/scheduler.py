"""Who does what next: ready tasks to free workers, submitted ones to the validator, until nothing is left to do.

Rule 1: the board decides what may be claimed; this only asks it, and renews the claims of those at work.
Rule 2: it does not end while a member outside this process is at work on one of its tasks.
Rule 3: an error in one attempt stops the dispatch of more, lets the others come to an end, and is then raised.
"""

from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait

from onecontext.errors import BudgetExhausted, Conflict, InvalidTransition, LockTimeout, StaleEpoch, UnknownTask
from teams.engine.regular import Regular
from teams.mission.attempt.doubts import asks, free_answered
from teams.mission.attempt.withdrawal import Withdrawal
from teams.mission.judging.verification import Verification
from teams.mission.outcome import STOPPED, Outcome
from teams.mission.roles.staff import Staff
from teams.mission.site import LEAD, Site
from teams.mission.steering.steering import Steering
from teams.protocol.board.states import State
from teams.protocol.board.task import Task
from teams.protocol.heartbeat import Life
from teams.protocol.mail.forms import IdleNotification

LOOK_S = 0.5
JUDGE = "validator"
_HANDED_OVER = (State.REVIEW, State.DONE)
_THERE = (Life.ALIVE, Life.SILENT, Life.ORPHANED)


class Scheduler:
    """Dispatches one mission's tasks to threads of this process.

    ``failed_beside`` returns what went wrong outside of any attempt, None while nothing did.
    """

    def __init__(self, site: Site, steering: Steering, failed_beside: Callable[[], BaseException | None]) -> None:
        self._site = site
        self._failed_beside = failed_beside
        self._steering = steering
        self._board = site.team.board
        self._staff = Staff(site)
        self._working: dict[str, Future[None]] = {}
        """Names of agents at work to what they do."""
        self._claims: dict[str, Task] = {}
        self._withdrawals: dict[str, Withdrawal] = {}
        self._failure: BaseException | None = None

    def run(self) -> Outcome:
        """Dispatch until an end is reached.

        Raises:
            OneContextError: what an attempt or a verification raised; every claim was given back before.
        """
        with (
            ThreadPoolExecutor(max_workers=self._site.config.workers + 2) as pool,
            Regular(self._renew, every_s=self._site.config.lease_s / 3, name="lease renewal") as renewing,
        ):
            try:
                outcome = self._loop(pool, renewing)
            except BaseException:
                # Whatever it was, ^C too: to leave the pool is to wait for all who work, who must be told to end.
                self._let_go()
                raise
        if self._failure is not None:
            raise self._failure
        return outcome

    def _loop(self, pool: ThreadPoolExecutor, renewing: Regular) -> Outcome:
        while True:
            self._failure = self._failure or renewing.failure or self._failed_beside()
            if self._failure is not None:
                self._let_go()
            tasks = self._tasks()
            if free_answered(self._site, tasks, at_work={task.id for task in self._claims.values()}):
                tasks = self._tasks()
            self._withdraw(tasks)
            if not self._halted:
                tasks = self._dispatch(pool, tasks)
            if not self._working and not self._is_held and not self._waits_for_another(tasks):
                return self._outcome(tasks)
            if self._working:
                wait(self._working.values(), timeout=LOOK_S, return_when=FIRST_COMPLETED)
            else:
                self._site.stop.wait(LOOK_S)
            self._collect()
            self._take_note()

    def _let_go(self) -> None:
        """Stop who is held: they would wait for a person, and an error with them; they give back what they have."""
        if self._site.pause.is_set():
            self._site.stop.set()

    def _tasks(self) -> list[Task]:
        """Return the mission's tasks; one whose attempts are used up is blocked first.

        That is done here and not where it was rejected: between the two, it could be claimed, or the run be killed.
        """
        tasks = [task for task in self._board.list() if task.mission == self._site.mission]
        used_up = [task for task in tasks if self._is_used_up(task)]
        for task in used_up:
            last = next(iter(task.findings), "no reason was given")
            self._board.block(task.id, reason=f"rejected {task.attempt} times; the last: {last}", by=LEAD)
        return self._tasks() if used_up else tasks

    def _is_used_up(self, task: Task) -> bool:
        rejected = task.state in (State.READY, State.WAITING) and task.verdict == "rejected"
        return rejected and task.attempt - task.ours.attempts_from >= self._site.config.max_attempts

    @property
    def _halted(self) -> bool:
        return self._failure is not None or self._site.stop.is_set() or self._site.pause.is_set()

    @property
    def _is_held(self) -> bool:
        """Whether a pause is all that keeps the mission from going on."""
        return self._site.pause.is_set() and self._failure is None and not self._site.stop.is_set()

    def _dispatch(self, pool: ThreadPoolExecutor, tasks: list[Task]) -> list[Task]:
        """Give out what can be; return the tasks, looked at again where one turned out to need an answer first."""
        asked = False
        done = [task.key for task in tasks if task.state is State.DONE]
        for task in tasks:
            if task.state is State.REVIEW and JUDGE not in self._working:
                judge = Verification(self._site, task, self._steering.contract, done)
                self._working[JUDGE] = pool.submit(judge.run)
        if self._is_steered(pool, tasks):
            return tasks
        for task in tasks:
            may_be_had = task.state is State.READY or self._is_with_another(task)
            if may_be_had and (free := self._free_worker(task)):
                asked = self._claim(pool, task, free) or asked
        return self._tasks() if asked else tasks

    def _is_steered(self, pool: ThreadPoolExecutor, tasks: list[Task]) -> bool:
        """Let the orchestrator decide where something is to be decided; while it does, nothing new is begun."""
        if self._steering.stop is not None:
            # What is at work leads to nothing any more, and is given back.
            self._site.stop.set()
            return True
        if LEAD not in self._working and (cause := self._steering.cause(tasks)):
            self._working[LEAD] = pool.submit(self._steering.decide, cause)
        return LEAD in self._working

    def _waits_for_another(self, tasks: list[Task]) -> bool:
        """Say whether a task is with somebody outside this process who beats: it hands over, or its lease ends.

        For who is dead, or cannot be seen to live, nobody waits; what the dead had is freed here, and gone on with.
        """
        others = [task.owner for task in tasks if task.owner and self._is_with_another(task)]
        if self._halted:
            return False
        if self._staff.may_come(tasks):
            return True
        if not others:
            return False
        try:
            freed = self._board.reap()
        except LockTimeout:
            # Somebody is writing the file of one of them just now: the next look says more.
            return True
        return bool(freed) or any(self._site.team.pulse(name).life in _THERE for name in others)

    def _is_with_another(self, task: Task) -> bool:
        """Say whether somebody outside this process has the task; claiming it works once that lease is over."""
        return task.state is State.RUNNING and task.owner not in self._claims

    def _free_worker(self, task: Task) -> str | None:
        """Return a worker who has nothing to do, and room to do it in; None: there is none now."""
        full = len(self._claims) >= self._site.config.workers
        return None if full else self._staff.free(task, working=self._working)

    def _claim(self, pool: ThreadPoolExecutor, task: Task, worker: str) -> bool:
        """Let ``worker`` begin on a task it can have; True: a person has to answer something first."""
        self._staff.seat(worker, task)
        try:
            claimed = self._board.claim(task.id, worker, lease_s=self._site.config.lease_s)
        except Conflict:
            # A teammate outside this process was quicker; the next look at the board shows who.
            return False
        if asks(self._site, claimed, worker):
            return True
        self._claims[worker] = claimed
        self._withdrawals[worker] = Withdrawal(self._site.stop)
        work = self._staff.begin(worker, claimed, self._steering.contract, self._withdrawals[worker])
        self._working[worker] = pool.submit(work)
        return False

    def _withdraw(self, tasks: list[Task]) -> None:
        """Stop who works on what was taken from them: the plan is another one, or somebody else has it."""
        now = {task.id: task for task in tasks}
        for worker, claim in list(self._claims.items()):
            task = now.get(claim.id)
            if task is None or (task.state not in _HANDED_OVER and (task.owner, task.epoch) != (worker, claim.epoch)):
                self._withdrawals[worker].set()

    def _collect(self) -> None:
        for name, future in list(self._working.items()):
            if not future.done():
                continue
            del self._working[name]
            self._claims.pop(name, None)
            self._withdrawals.pop(name, None)
            error = future.exception()
            if isinstance(error, BudgetExhausted):
                self._use_up(name, error)
            elif error is not None and self._failure is None:
                self._failure = error

    def _use_up(self, agent: str, error: BudgetExhausted) -> None:
        """Go on without what has nothing left to spend: a task, a worker. Without validator and lead nothing does."""
        if error.kind == "task":
            task = self._board.by_key(error.name, mission=self._site.mission)
            self._board.block(task.id, reason=error.message, by=LEAD)
        elif error.kind == "agent" and agent not in (JUDGE, LEAD):
            self._staff.spent[agent] = error.message
        elif self._failure is None:
            self._failure = error

    def _take_note(self) -> None:
        """Acknowledge that workers are free again, which the board has said; what they write in words waits."""
        mail = self._site.team.receive(LEAD)
        self._site.team.acknowledge(LEAD, [message for message in mail if isinstance(message.form, IdleNotification)])

    def _renew(self) -> None:
        for worker, task in list(self._claims.items()):
            if not self._staff.is_of_this_process(worker):
                continue
            try:
                # Who was taken it from is told to stop (:meth:`_withdraw`), and breaks no rule until then.
                held = self._board.get(task.id)
                if (held.owner, held.epoch) == (worker, task.epoch):
                    self._board.renew(task.id, worker, task.epoch, lease_s=self._site.config.lease_s)
            except (StaleEpoch, InvalidTransition, UnknownTask):
                # The claim has passed on or was handed over since; the attempt itself meets the same refusal.
                continue

    def _outcome(self, tasks: list[Task]) -> Outcome:
        if self._steering.stop is not None:
            return self._steering.stop
        if self._site.stop.is_set():
            return STOPPED
        open_tasks = [task for task in tasks if task.state is not State.DONE]
        if not open_tasks:
            return Outcome("done", f"{len(tasks)} of {len(tasks)} tasks are done")
        if any(self._staff.is_out_of_reach(task) for task in open_tasks):
            return Outcome("budget_exhausted", "; ".join(self._staff.spent.values()))
        return Outcome("blocked", "; ".join(self._need(task) for task in open_tasks))

    def _need(self, task: Task) -> str:
        reason = self._staff.missing(task) or next(iter((task.reason or "").splitlines()), "")
        return f"task {task.id} {task.key} is {task.state}" + (f": {reason}" if reason else "")
