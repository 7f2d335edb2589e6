"""A mission from its first event to its last: started once, resumed any number of times, run by one process at a time.

Rule 1: every step can be repeated after a crash: what the journal says is done is not done again.
Rule 2: the last word (``mission.ended``) comes after the contract was measured once more on what the branch holds.
Rule 3: the team is cared for, once for the whole mission, from its first event to before its last word: what other
    programs wrote while no run was there is taken in before anything is repaired.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from onecontext.errors import BudgetExhausted, OneContextError
from onecontext.store.project import remove_copy
from teams.engine.regular import Regular
from teams.mission.alone import alone
from teams.mission.contract import Contract
from teams.mission.halt import PERSON, Halt, Heed, Order
from teams.mission.history import History, read_history
from teams.mission.judging.checks import Checks, Measure
from teams.mission.judging.pins import Pins
from teams.mission.notebook import tell
from teams.mission.planning import make_plan, put_on_board
from teams.mission.rest import give_back
from teams.mission.scheduler import STOPPED, Outcome, Scheduler
from teams.mission.site import LEAD, VALIDATOR, Site, worker_name
from teams.protocol.board.states import State
from teams.protocol.care import CARE_S, Care

HEED_S = 0.25


@dataclass(frozen=True)
class Ending:
    """How a mission ended, or paused. ``commit`` is the tip of ``branch``, None before anything landed there."""

    mission: str
    ending: str
    reason: str
    branch: str
    commit: str | None


class Mission:
    """One mission on one site."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._care = Care(site.team, mission=site.mission, agent=LEAD)
        self._halt = Halt(site.journal)
        self._heed = Heed(self._halt, mission=site.mission)
        self._stopped: Order | None = None

    def start(self, goal: str, *, model: str, scripted: bool) -> Ending:
        """Record the goal and run until an end.

        Raises:
            AlreadyRunning: another process runs it. OneContextError: the mission is interrupted and can be resumed.
        """
        site = self._site
        with alone(site.journal, site.mission):
            base = site.project.head_commit
            self._record(
                "mission.started",
                {
                    "goal": goal,
                    "branch": site.branch,
                    "base": base,
                    "model": model,
                    "scripted": scripted,
                    "workers": site.config.workers,
                    "sandbox": site.sandbox.tier,
                    "max_attempts": site.config.max_attempts,
                    "budget": self._budget(),
                },
            )
            return self._go_on(self._history())

    def resume(self, *, by: str = PERSON) -> Ending:
        """Go on where the journal ends; a word that held or stopped the mission is taken back by ``by``.

        Raises:
            AlreadyRunning: another process runs it. OneContextError: interrupted once more.
        """
        site = self._site
        with alone(site.journal, site.mission):
            # Before all else: a word that is given from here on is meant for this run.
            self._halt.lift(mission=site.mission, by=by)
            history = self._history()
            self._care.look()
            repaired = self._clear_what_the_dead_left()
            reason = history.reason or "the last run did not come to its end"
            self._record("mission.resumed", {"reason": reason, "repaired": repaired, "budget": self._budget()})
            give_back(site.team, site.mission, workers=site.config.workers)
            self._unblock_what_may_be_tried_again()
            return self._go_on(history)

    def _go_on(self, history: History) -> Ending:
        team = self._site.team
        try:
            self._care.keep_journal()
            self._gather(history)
            with (
                team.beating(LEAD),
                Regular(self._care.look, every_s=CARE_S, name="care for the team") as care,
                self._heeding() as heed,
            ):
                outcome, commit = self._do(history, lambda: care.failure or heed.failure)
            if failure := care.failure or heed.failure:
                raise failure
            self._care.look()
            self._obey()
        except (OneContextError, OSError, KeyboardInterrupt) as error:
            self._interrupted(error)
            raise
        return self._end(history, outcome, commit)

    def _do(self, history: History, failed_beside: Callable[[], BaseException | None]) -> tuple[Outcome, str | None]:
        """Plan, where there is no plan yet, and carry it out; return how that came out."""
        site = self._site
        try:
            contract = history.contract or make_plan(site, history.goal, history.base)
            if contract is not None:
                return self._carry_out(contract, history.base, failed_beside)
        except BudgetExhausted as error:
            # A call that was not made because of the stop has no name; a purse that is empty is so in a pause, too.
            if error.name:
                return Outcome("budget_exhausted", error.message), site.project.tip(site.branch)
        return STOPPED, site.project.tip(site.branch)

    @contextmanager
    def _heeding(self) -> Iterator[Regular]:
        """Look for a word from outside, at once and then again and again."""
        self._obey()
        with Regular(self._obey_or_end, every_s=HEED_S, name="heeds a halt") as heed:
            yield heed

    def _obey_or_end(self) -> None:
        try:
            self._obey()
        except BaseException:
            # Nobody would be left to let go who is held.
            self._site.stop.set()
            raise

    def _obey(self) -> None:
        order = self._heed.look()
        if order is None:
            self._site.pause.clear()
        elif order.word == "pause":
            self._site.pause.set()
        else:
            self._stopped = order
            self._site.stop.set()

    def _carry_out(
        self, contract: Contract, base: str, failed_beside: Callable[[], BaseException | None]
    ) -> tuple[Outcome, str]:
        """Return how the contract's tasks came out, and the commit of the branch that this is said of."""
        site = self._site
        put_on_board(site, contract)
        site.project.ensure_branch(site.branch, base)
        outcome = Scheduler(site, contract, failed_beside).run()
        tip = site.branch_tip()
        return (self._final_check(contract, tip) if outcome.ending == "done" else outcome), tip

    def _final_check(self, contract: Contract, tip: str) -> Outcome:
        """Look whether the branch at ``tip`` holds all that landed, and run every command of the contract on it."""
        site = self._site
        history = self._history()
        lost = [commit for commit in history.merged.values() if not site.project.holds(tip, commit)]
        if lost:
            return Outcome(
                "blocked", f"{site.branch} was moved: it no longer holds {', '.join(lost)}, which had landed"
            )
        pins = Pins(site.project, contract)
        measure = Measure.of(pins, tip, history.accepted, pins.compare(history.accepted, tip))
        checks = Checks(site, measure, purpose="final").run(contract.assertions)
        if checks is None:
            return STOPPED
        failed = [check for check in checks if not check.passed]
        if failed:
            names = ", ".join(check.outline for check in failed)
            return Outcome("blocked", f"on the finished branch these do not hold: {names}")
        tasks = counted(len(contract.tasks), "task is done", "tasks are done")
        commands = counted(len({check.command for check in checks}), "command", "commands")
        return Outcome("done", f"{tasks}; {commands} of the contract exit 0")

    def _interrupted(self, error: BaseException) -> None:
        """Record why the run ends before its end; where that cannot be, the error itself must not be hidden by it."""
        reason = "interrupted from the keyboard" if isinstance(error, KeyboardInterrupt) else str(error)
        with suppress(OneContextError, OSError):
            self._record("mission.interrupted", {"reason": reason})

    def _end(self, history: History, outcome: Outcome, tip: str | None) -> Ending:
        site = self._site
        if outcome.ending == "stopped" and self._stopped is not None:
            # By whoever said so, for good: the word is taken away only when the ending is on record.
            outcome = Outcome("stopped", str(self._stopped))
        if outcome.ending == "stopped" and self._stopped is None:
            self._record("mission.interrupted", {"reason": outcome.reason})
        else:
            milestone = site.memory.commit(
                f"{history.goal}: {outcome.ending}. {outcome.reason}", code_commit=tip, mission=site.mission
            )
            tell(site, site.memory, milestone, f"{outcome.ending}: {outcome.reason}")
            self._record(
                "mission.ended",
                {"ending": outcome.ending, "reason": outcome.reason, "branch": site.branch, "commit": tip},
            )
            if self._stopped is not None:
                self._halt.path.unlink(missing_ok=True)
        return Ending(site.mission, outcome.ending, outcome.reason, site.branch, tip)

    def _gather(self, history: History) -> None:
        """Let everybody join who has not yet."""
        present = {member.name for member in self._site.team.members}
        workers = [worker_name(number) for number in range(1, self._site.config.workers + 1)]
        for name, role in [*((worker, "worker") for worker in workers), (VALIDATOR, "validator")]:
            if name not in present:
                self._site.team.join(name, role=role, model=history.model)

    def _clear_what_the_dead_left(self) -> list[str]:
        """Mend what a kill cut short and return what was done; the mission's lock is ours, so its last run is dead."""
        site = self._site
        repaired = [f"{name} was left by a killed run" for name in site.project.drop_dead_locks(site.mission)]
        for left in site.work.iterdir():
            remove_copy(left)
        return [*repaired, *site.team.board.repair()]

    def _unblock_what_may_be_tried_again(self) -> None:
        """Open tasks whose attempts were used up, now that more are allowed."""
        board = self._site.team.board
        for task in board.list():
            blocked = task.mission == self._site.mission and task.state is State.BLOCKED
            counted = task.attempt - task.ours.attempts_from
            if blocked and task.verdict == "rejected" and counted < self._site.config.max_attempts:
                board.unblock(task.id, by=LEAD, anew=False)

    def _history(self) -> History:
        history = read_history(self._site.journal.read())
        if history is None:
            raise AssertionError("a mission's journal begins with mission.started")
        return history

    def _budget(self) -> dict[str, object]:
        return self._site.budget.model_dump(mode="json", exclude_none=True)

    def _record(self, type_: str, data: dict[str, object]) -> None:
        self._site.journal.append(type_, data, mission=self._site.mission, agent=LEAD)


def counted(number: int, one: str, many: str) -> str:
    """Return a number with its noun."""
    return f"{number} {one if number == 1 else many}"
