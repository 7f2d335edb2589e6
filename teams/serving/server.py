"""A board that is served, from the first look to the last: by one process at a time, and again after any crash.

Rule 1: every look begins with what is there: the workflow, what became of the work, what others did.
Rule 2: what a server before this one held when it was killed is given back before anything is given out.
Rule 3: a person's word counts as for a mission: pause holds it, stop ends it, a signal interrupts it.
"""

import random as chance
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from typing import Any

from onecontext.errors import AlreadyRunning, BudgetExhausted, UsageError
from teams.engine.journal import utc_now
from teams.engine.regular import Regular
from teams.mission.control.alone import alone
from teams.mission.control.halt import PERSON
from teams.mission.control.tending import Tending
from teams.mission.history import TYPES, History, read_history
from teams.mission.mission import Ending
from teams.mission.outcome import STOPPED, Outcome
from teams.mission.site import LEAD, Site
from teams.protocol.team import Team
from teams.serving.branches import INTEGRATION
from teams.serving.chronicle import Chronicle
from teams.serving.crew import Crew
from teams.serving.dispatch import Dispatch
from teams.serving.ending import Goal, Until
from teams.serving.fate import Clock
from teams.serving.jobs import MOST_THREADS
from teams.serving.reload import Refused, WorkflowFile
from teams.serving.waiting import Waiting


def served_before(team: Team) -> History | None:
    """Return what the journal says of an earlier serving of the team's board, None where there was none.

    Raises:
        UsageError: the team is that of a mission, whose tasks are no board to serve.
    """
    history = read_history(team.journal.read(types=TYPES))
    if history is not None and not history.serving:
        raise UsageError(
            f"the team {team.name} is that of the mission {history.mission}, which is no board to serve",
            hint="'onecontext serve --board NAME' names another, and makes it where there is none",
        )
    return history


class Server:
    """Serves the board of ``site.team`` as ``file`` says.

    Args:
        site: as for a mission; ``branch`` is what the names of its branches begin with.
        goal: what is recorded of it, in a sentence.
        until: when it ends of itself.
        sleep: waits so many seconds where nothing is being done; None: really, and no longer than nothing happens.
    """

    def __init__(
        self,
        site: Site,
        file: WorkflowFile,
        *,
        goal: str,
        model: str,
        scripted: bool,
        until: Until = "stopped",
        clock: Clock = utc_now,
        random: Callable[[], float] = chance.random,
        sleep: Callable[[float], None] | None = None,
    ) -> None:
        self._site = site
        self._file = file
        self._goal = goal
        self._model = model
        self._scripted = scripted
        self._until = until
        self._clock = clock
        self._random = random
        self._waiting = Waiting(site, file.path.parent, clock=clock, sleep=sleep)
        self._chronicle = Chronicle(site.journal, mission=site.mission)
        self._crew = Crew(site.team, model=model, worked=lambda: self._chronicle.agents)
        self._is_ours = site.team.is_ours(LEAD)
        self._tending = Tending(site, branches=site.branch)

    def serve(self, *, by: str = PERSON) -> Ending:
        """Serve until an end; a word that held or stopped the serving before is taken back by ``by``.

        Raises:
            AlreadyRunning: another process serves this board, or runs a mission in this team.
            UsageError: the team is that of a mission. OneContextError: interrupted; serving again goes on.
        """
        site = self._site
        with self._alone():
            self._open(by)
            with self._tending.tending() as failed_beside:
                try:
                    outcome = self._go_on(failed_beside)
                finally:
                    if not self._is_ours:
                        # In the team of a running client nobody is left standing who is not there.
                        self._crew.leave(reason="the board is no longer served")
            tip = site.project.tip(f"{site.branch}/{INTEGRATION}")
            outcome = self._tending.end(outcome, milestone=self._goal, commit=tip)
            own = self._file.current.settings.branch == "task"
            branch = f"{site.branch}/{'<key of the task>' if own else INTEGRATION}"
            return Ending(site.mission, outcome.ending, outcome.reason, branch, None if own else tip)

    def _open(self, by: str) -> None:
        """Record that it begins, or goes on, and mend what a kill cut short."""
        site = self._site
        history = served_before(site.team)
        self._tending.halt.lift(mission=site.mission, by=by)
        if history is None:
            base = site.project.head_commit
            self._tending.begin(self._goal, base=base, model=self._model, scripted=self._scripted, **self._more())
        else:
            self._tending.come_back(reason=history.reason, workers=self._concurrency)
        self._record_workflow(mended=False)
        self._chronicle.catch_up()

    def _go_on(self, failed_beside: Callable[[], BaseException | None]) -> Outcome:
        site = self._site
        with ExitStack() as stack:
            pool = stack.enter_context(ThreadPoolExecutor(max_workers=MOST_THREADS))
            dispatch = Dispatch(
                site,
                self._chronicle,
                self._crew,
                pool,
                clock=self._clock,
                random=self._random,
                wake=self._waiting.wake,
            )
            stack.callback(self._let_go, dispatch)
            renewing = Regular(dispatch.renew, every_s=site.config.lease_s / 3, name="lease renewal")
            stack.enter_context(renewing)
            stack.enter_context(self._waiting.watching())
            try:
                return self._look_again_and_again(dispatch, lambda: renewing.failure or failed_beside())
            except BudgetExhausted as error:
                return Outcome("budget_exhausted", error.message)

    def _look_again_and_again(self, dispatch: Dispatch, failed: Callable[[], BaseException | None]) -> Outcome:
        goal = Goal(self._until, lambda name: self._site.team.pulse(name).life)
        while not self._site.stop.is_set():
            if failure := failed():
                raise failure
            self._waiting.wake.clear()
            self._look_at_workflow()
            workflow = self._file.current
            tasks = dispatch.settle(workflow)
            if not self._site.pause.is_set():
                goal.note(dispatch.give_out(goal.offered(tasks, dispatch, workflow.settings), workflow))
                if outcome := goal.outcome(tasks, dispatch, workflow.settings):
                    return outcome
            self._waiting.wait(dispatch, tasks, workflow.settings)
        dispatch.wind_up(self._file.current)
        return STOPPED

    def _let_go(self, dispatch: Dispatch) -> None:
        """Let every thread end at its next step, also who waits for room in a budget: the pool waits for them."""
        self._site.stop.set()
        dispatch.jobs.stop_all()

    # --- the record ---------------------------------------------------------------------------------------------------

    def _look_at_workflow(self) -> None:
        found = self._file.look()
        if isinstance(found, Refused):
            self._record("workflow.refused", {"path": str(self._file.path), "reason": found.reason})
        elif found is not None:
            self._record_workflow(mended=found.mended)

    def _record_workflow(self, *, mended: bool) -> None:
        path = str(self._file.path) if self._file.is_there else ""
        data = {"path": path, "sha256": self._file.current.digest, "mended": mended}
        self._record("workflow.loaded", data)

    def _record(self, type_: str, data: dict[str, Any]) -> None:
        self._site.journal.append(type_, data, mission=self._site.mission, agent=LEAD if self._is_ours else None)

    @property
    def _concurrency(self) -> int:
        return self._file.current.settings.concurrency or self._site.config.workers

    def _more(self) -> dict[str, object]:
        """Return what the record of the beginning has besides, or instead of, that of a mission."""
        settings, config = self._file.current.settings, self._site.config
        return {
            "serving": True,
            "workers": self._concurrency,
            "max_attempts": settings.max_attempts or config.max_attempts,
        }

    @contextmanager
    def _alone(self) -> Iterator[None]:
        # In the team of another program there may be nothing of ours yet.
        self._site.journal.make_folder()
        with ExitStack() as stack:
            try:
                stack.enter_context(alone(self._site.journal, self._site.mission))
            except AlreadyRunning as error:
                name = self._site.team.name
                hint = f"watch it with 'onecontext monitor'; 'onecontext stop {name}' ends it"
                raise AlreadyRunning(f"another process serves the board {name}", hint=hint) from error
            yield
