"""A mission from its first event to its last: started once, resumed any number of times, run by one process at a time.

Rule 1: every step can be repeated after a crash: what the journal says is done is not done again.
Rule 2: the last word (``mission.ended``) comes after the contract was measured once more on what the branch holds.
Rule 3: the team is cared for, once for the whole mission, from its first event to before its last word: what other
    programs wrote while no run was there is taken in before anything is repaired.
"""

from collections.abc import Callable
from dataclasses import dataclass

from onecontext.errors import BudgetExhausted
from teams.mission.contract import Contract
from teams.mission.control.alone import alone
from teams.mission.control.halt import PERSON
from teams.mission.control.rest import give_back
from teams.mission.control.tending import Tending
from teams.mission.forks.forking import take_over
from teams.mission.history import TYPES, History, read_history
from teams.mission.judging.checks import Checks, Measure
from teams.mission.judging.claims import without_evidence
from teams.mission.judging.pins import Pins
from teams.mission.outcome import STOPPED, Outcome
from teams.mission.planning import make_plan, put_on_board
from teams.mission.scheduler import Scheduler
from teams.mission.site import LEAD, VALIDATOR, Site, worker_name
from teams.mission.steering.course import Course
from teams.mission.steering.steering import Steering
from teams.protocol.board.states import State


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
        self._course = Course(site.mission)
        # Before anything has read the journal, so that it is read once for all who follow it.
        site.past.begin()
        site.journal.follow(self._course.apply, ("mission.",))
        self._tending = Tending(site)

    def start(self, goal: str, *, model: str, scripted: bool, base: str | None = None) -> Ending:
        """Record the goal and run until an end.

        Args:
            base: the commit that the work begins with; None: HEAD.

        Raises:
            AlreadyRunning: another process runs it. OneContextError: the mission is interrupted and can be resumed.
        """
        site = self._site
        with alone(site.journal, site.mission):
            self._tending.begin(goal, base=base or site.project.head_commit, model=model, scripted=scripted)
            return self._go_on(self._history())

    def resume(self, *, by: str = PERSON) -> Ending:
        """Go on where the journal ends; a word that held or stopped the mission is taken back by ``by``.

        Raises:
            AlreadyRunning: another process runs it. OneContextError: interrupted once more.
        """
        site = self._site
        with alone(site.journal, site.mission):
            # Before all else: a word that is given from here on is meant for this run.
            self._tending.halt.lift(mission=site.mission, by=by)
            history = self._history()
            self._tending.come_back(reason=history.reason)
            give_back(site.team, site.mission, workers=max(history.most_workers, site.config.workers))
            self._unblock_what_may_be_tried_again()
            return self._go_on(history)

    def _go_on(self, history: History) -> Ending:
        site = self._site
        with self._tending.tending() as failed_beside:
            self._gather(history)
            outcome, commit = self._do(history, failed_beside)
        outcome = self._tending.end(outcome, milestone=history.goal, commit=commit)
        return Ending(site.mission, outcome.ending, outcome.reason, site.branch, commit)

    def _do(self, history: History, failed_beside: Callable[[], BaseException | None]) -> tuple[Outcome, str | None]:
        """Plan, where there is no plan yet, and carry it out; return how that came out."""
        site = self._site
        try:
            site.time.check()
            if (decided := self._decided()) is None:
                contract = history.contract or make_plan(site, history.goal, history.base)
                if contract is not None:
                    return self._carry_out(contract, history, failed_beside)
                decided = self._decided() or STOPPED
            return decided, site.project.tip(site.branch)
        except BudgetExhausted as error:
            # A call that was not made because of the stop has no name; a purse that is empty is so in a pause, too.
            if error.name:
                return Outcome("budget_exhausted", error.message), site.project.tip(site.branch)
        return STOPPED, site.project.tip(site.branch)

    def _decided(self) -> Outcome | None:
        """Return the end that the orchestrator decided and that has not come yet."""
        self._site.journal.catch_up()
        return self._course.stop

    def _carry_out(
        self, contract: Contract, history: History, failed_beside: Callable[[], BaseException | None]
    ) -> tuple[Outcome, str]:
        """Return how the contract's tasks came out, and the commit of the branch that this is said of."""
        site = self._site
        put_on_board(site, contract)
        if history.forked is not None:
            take_over(site.team, site.mission, history.forked)
        site.project.ensure_branch(site.branch, history.base)
        steering = Steering(site, contract, self._course)
        steering.settle()
        while True:
            outcome = Scheduler(site, steering, failed_beside).run()
            tip = site.branch_tip()
            if outcome.ending == "done":
                outcome = self._final_check(steering.contract, tip)
            if outcome.ending != "done" or not steering.is_asked:
                return outcome, tip

    def _final_check(self, contract: Contract, tip: str) -> Outcome:
        """Look whether the branch at ``tip`` holds all that landed, and run every command of the contract on it."""
        site = self._site
        history = self._history()
        lost = [commit for commit in history.merged.values() if not site.project.holds(tip, commit)]
        if lost:
            return Outcome(
                "blocked", f"{site.branch} was moved: it no longer holds {', '.join(lost)}, which had landed"
            )
        if unshown := self._unshown(contract):
            return Outcome("blocked", unshown)
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
        hold = "exits" if len({check.command for check in checks}) == 1 else "exit"
        given_up = "".join(f"; given up: {name} ({why})" for name, why in self._course.given_up.items())
        return Outcome("done", f"{tasks}; {commands} of the contract {hold} 0{given_up}")

    def _unshown(self, contract: Contract) -> str:
        """Return which judged assertions nobody has shown, "" where all of them are; commands are run in any case.

        A task can be done by the word of somebody who is no validator of ours, and of another process.
        """
        found = []
        for task in self._site.team.board.list():
            judged = [one for one in contract.of_task(task.key) if one.command is None]
            if task.mission == self._site.mission and (lacking := without_evidence(judged, task.evidence)):
                found.append(f"{', '.join(lacking)} of task {task.id}")
        again = "'onecontext task reopen' has such a task done and judged anew"
        return f"nobody has shown that these hold: {'; '.join(found)}; {again}" if found else ""

    def _gather(self, history: History) -> None:
        """Let everybody join who has not yet."""
        present = {member.name for member in self._site.team.members}
        workers = [worker_name(number) for number in range(1, self._site.config.workers + 1)]
        for name, role in [*((worker, "worker") for worker in workers), (VALIDATOR, "validator")]:
            if name not in present:
                self._site.team.join(name, role=role, model=history.model)

    def _unblock_what_may_be_tried_again(self) -> None:
        """Open tasks whose attempts were used up, now that more are allowed."""
        board = self._site.team.board
        for task in board.list():
            blocked = task.mission == self._site.mission and task.state is State.BLOCKED
            counted = task.attempt - task.ours.attempts_from
            if blocked and task.verdict == "rejected" and counted < self._site.config.max_attempts:
                board.unblock(task.id, by=LEAD, anew=False)

    def _history(self) -> History:
        history = read_history(self._site.journal.read(types=TYPES))
        if history is None:
            raise AssertionError("a mission's journal begins with mission.started")
        return history


def counted(number: int, one: str, many: str) -> str:
    """Return a number with its noun."""
    return f"{number} {one if number == 1 else many}"
