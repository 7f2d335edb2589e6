"""The orchestrator's decisions while a mission runs: after repeated failure, and after a person's word.

Rule 1: a decision is in the journal before the board shows it, and says what it is about, so it is taken once.
Rule 2: while it is being taken nothing new is begun; what is at work goes on.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from onecontext.errors import UsageError
from teams.agent.agent import Agent
from teams.agent.limits import Result
from teams.agent.prompt import fenced
from teams.agent.tools import Tool
from teams.agent.worktools import work_tools
from teams.guard.workspace import Workspace
from teams.mission.attempt.stalls import may_try_again
from teams.mission.contract import Contract, parse_contract
from teams.mission.notebook import tell
from teams.mission.outcome import Outcome
from teams.mission.site import LEAD, Site, prompt
from teams.mission.steering.amendment import Amendment, amended, changed_tasks, dropped_tasks, given_up
from teams.mission.steering.applying import put_in_place
from teams.mission.steering.course import Course, Direction
from teams.mission.steering.stopping import Stopping
from teams.mission.steering.tools import carry_on_tool, change_tool, stop_tool
from teams.protocol.board.states import HELD, State
from teams.protocol.board.task import Task

FINDING_CHARACTERS = 2000


@dataclass(frozen=True)
class Cause:
    """Why something is to be decided: tasks that failed as often as they may, and what persons said."""

    failed: Sequence[Task]
    directions: Sequence[Direction]


class Steering:
    """Keeps ``contract`` as it was decided last. One at a time may be in :meth:`decide`."""

    def __init__(self, site: Site, contract: Contract, course: Course) -> None:
        self._site = site
        self._course = course
        self.contract = contract

    def settle(self) -> None:
        """Put on the board what was decided and, after a kill, may not be there."""
        if self._course.applied is not None:
            put_in_place(self._site, self.contract, self._course.applied)

    @property
    def stop(self) -> Outcome | None:
        """The end that was decided; None while there is none."""
        return self._course.stop

    @property
    def is_asked(self) -> bool:
        """Whether a person has said something that nobody has answered."""
        self._site.journal.catch_up()
        return bool(self._course.directions)

    def cause(self, tasks: Sequence[Task]) -> Cause | None:
        """Return why the orchestrator must be asked now; None where it need not, or may not once more."""
        directions = self._course.directions if self.is_asked else ()
        may = self._course.pivots < self._site.config.pivots
        failed = [task for task in tasks if self._has_failed(task)] if may else []
        return Cause(failed, directions) if (failed or directions) and self.stop is None else None

    def decide(self, cause: Cause) -> None:
        """Ask the orchestrator, record what it decides, and put that on the board.

        Raises:
            ModelError, StorageError, BudgetExhausted: nothing was decided; whoever resumes asks again.
        """
        site, about = self._site, _about(cause)
        commit = site.branch_tip()
        decided: list[Amendment | str] = []
        stopping = Stopping(site, commit, about)
        tools = [
            change_tool(lambda amendment: decided.append(self._checked(amendment, cause))),
            stop_tool(stopping.stop),
            *([] if cause.failed else [carry_on_tool(decided.append)]),
        ]
        result = self._ask(cause, commit, tools)
        site.journal.catch_up()
        if result.ending == "stopped" or self.stop is not None or (not decided and self._is_forgiven(result)):
            return
        chosen = decided[0] if decided else f"the orchestrator ended without a decision ({result.ended})"
        if isinstance(chosen, Amendment):
            # Whoever was at work may have been accepted since it was checked: then it is asked once more.
            with suppress(UsageError):
                self._change(chosen, about)
        else:
            self._record({**about, "choice": "carry_on" if decided else "none", "reason": chosen})

    def _has_failed(self, task: Task) -> bool:
        counted = task.attempt - task.ours.attempts_from
        used_up = task.verdict == "rejected" and counted >= self._site.config.max_attempts
        return task.state is State.BLOCKED and used_up and not self._course.is_decided(task.id, task.attempt)

    def _is_forgiven(self, result: Result) -> bool:
        """Say whether the model just gave no sign of life, and is asked once more."""
        return result.ending == "stalled" and may_try_again(
            self._site, LEAD, result.reason, attempt=self._course.decisions + 2
        )

    def _ask(self, cause: Cause, commit: str, tools: Sequence[Tool]) -> Result:
        site = self._site
        model = site.model_for(LEAD, "orchestrator", attempt=self._course.decisions + 2)
        role = site.roles.of("orchestrator")
        site.journal.append(
            "attempt.started", {"role": "orchestrator", "model": model.name}, mission=site.mission, agent=LEAD
        )
        with site.time.working(LEAD), site.copy("steering", commit) as folder:
            shelf = site.shelf(LEAD)
            kit = work_tools(
                Workspace(folder), site.sandbox, read_only=True, timeout_s=site.command_timeout_s, shelf=shelf
            )
            return Agent(
                LEAD,
                model=model,
                instructions=prompt("steering") + site.roles.listed() + role.instructions,
                tools=role.narrowed([*kit.tools, *tools]),
                memory=site.memory,
                limits=role.limited(site.limits_of(LEAD)),
                observer=site.recorder(LEAD, model),
                stop=site.stop,
                pause=site.pause,
                shelf=shelf,
            ).run(self._question(cause))

    def _checked(self, amendment: Amendment, cause: Cause) -> Amendment:
        """Return the amendment if it may be made now.

        Raises:
            UsageError, InvalidDocument, DependencyCycle: it may not; the message is for the model.
        """
        tasks = self._tasks()
        after = amended(self.contract, amendment, done=_keys(tasks, State.DONE), busy=_keys(tasks, *_busy(cause)))
        self._site.roles.check(after.tasks, before=self.contract)
        touched = {*changed_tasks(self.contract, after), *dropped_tasks(self.contract, after)}
        if left := [task.key for task in cause.failed if task.key not in touched]:
            raise UsageError(f"{', '.join(left)} failed and would stay blocked; change or drop what failed")
        return amendment

    def _change(self, amendment: Amendment, about: Mapping[str, Any]) -> None:
        """Make the amendment what counts: in the journal, then on the board, then in memory."""
        tasks, before = self._tasks(), self.contract
        after = amended(before, amendment, done=_keys(tasks, State.DONE), busy=_keys(tasks, State.REVIEW))
        attempts = {task.key: task.attempt for task in tasks}
        recorded = self._record(
            {
                **about,
                "choice": amendment.choice,
                "reason": amendment.reason,
                "tasks": {key: attempts.get(key) for key in changed_tasks(before, after)},
                "dropped": dropped_tasks(before, after),
                "given_up": given_up(before, amendment),
                "contract": after.model_dump(mode="json"),
            }
        )
        # As it was written, without secrets: see planning.make_plan.
        self.contract = parse_contract(recorded["contract"], source="the recorded decision")
        self._site.journal.catch_up()
        self.settle()

    def _record(self, data: dict[str, Any]) -> Mapping[str, Any]:
        site = self._site
        event = site.journal.append("mission.decided", data, mission=site.mission, agent=LEAD)
        said = f"Decided ({data['choice']}): {event.data['reason']}"
        tell(site, site.memory, site.memory.commit(said, mission=site.mission), said)
        return event.data

    def _tasks(self) -> list[Task]:
        return [task for task in self._site.team.board.list() if task.mission == self._site.mission]

    def _question(self, cause: Cause) -> str:
        lines = [f"The goal: {self.contract.goal}", "", "The contract, and where its tasks stand:"]
        tasks = {task.key: task for task in self._tasks()}
        for planned in self.contract.tasks:
            state = tasks[planned.key].state if planned.key in tasks else "not on the board"
            lines += [f"- {planned.key} ({state}): {planned.subject}; after {', '.join(planned.after) or 'nothing'}"]
            lines += [
                f"  {a.id}: {a.text}" + (f"  `{a.command}`" if a.command else "")
                for a in self.contract.of_task(planned.key)
            ]
        for task in cause.failed:
            lines += ["", f"{task.key} failed {task.attempt - task.ours.attempts_from} times. What was found last:"]
            lines += [fenced("finding", one[:FINDING_CHARACTERS]) for one in task.findings]
        for direction in cause.directions:
            lines += ["", f"{direction.by}, for whom the team works, says now:", direction.text]
        return "\n".join(lines)


def _busy(cause: Cause) -> tuple[State, ...]:
    """A person's word may take work from who does it; failure of one task is no reason to."""
    return (State.REVIEW,) if cause.directions else (State.REVIEW, *HELD)


def _about(cause: Cause) -> dict[str, Any]:
    return {
        "about": [[task.id, task.attempt] for task in cause.failed],
        "answers": [direction.id for direction in cause.directions],
    }


def _keys(tasks: Sequence[Task], *states: State) -> set[str]:
    return {task.key for task in tasks if task.state in states}
