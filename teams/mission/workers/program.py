"""A program as a worker: the assignment on its stdin, the attempt's copy as its folder, its end is the handoff.

Rule 1: the command is what a person said (:mod:`teams.mission.workers.kinds`); nothing an agent or a repository wrote
    becomes part of it, only of what it reads.
Rule 2: inside the sandbox it sees the copy and has no network; only one that a person let out of it has their
    environment and rights.
Rule 3: it dies as one, with all it started, when its time is over, when the mission is stopped, and when we are killed.
Rule 4: what it says of models counts against the budget afterwards; where nothing is left it is not begun.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from teams.agent.observer import storable_head
from teams.agent.tools import cut
from teams.guard.port import CommandResult, Sandbox
from teams.mission.handoff import RunCommand
from teams.mission.spending.budget import Budget
from teams.mission.tools import Finished
from teams.mission.workers.hearing import Hearing
from teams.mission.workers.port import Assignment, Report
from teams.mission.workers.transcript import Dialect, Lines, MakeDialect

TAIL_CHARACTERS = 2000


@dataclass(frozen=True)
class Program:
    """Runs ``command`` with bash for each attempt.

    Attributes:
        name: what the journal calls it.
        sandbox: where it runs; the tier ``none`` gives it ``env``, every other only what says who it is.
        env: what it finds around it where it is not confined.
        timeout_s: seconds after which it is killed.
        dialect: reads what it prints; None: that is its summary, whatever it is.
        preface: what it is told before the assignment; "" is nothing.
        budget: what models may take; None limits nothing.
    """

    name: str
    command: str
    sandbox: Sandbox
    env: Mapping[str, str]
    timeout_s: float
    dialect: MakeDialect | None = None
    preface: str = ""
    budget: Budget | None = None

    def work(self, assignment: Assignment) -> Report:
        """Run the program; see :meth:`teams.mission.workers.port.Worker.work`."""
        if not assignment.may_begin():
            return Report("stopped", Finished(""))
        hearing = Hearing(assignment, self.name, runs="" if self.dialect else self.command)
        heard = self.dialect(hearing) if self.dialect else None
        if self.budget is None or heard is None:
            result = self._run(assignment, heard)
        else:
            result = self._paid(self.budget, assignment, heard)
        if heard is not None:
            hearing.took(heard.taken())
        if result.stopped:
            return Report("stopped", Finished(""))
        return self._report(result, hearing, plain=heard is None)

    def _paid(self, budget: Budget, assignment: Assignment, heard: Dialect) -> CommandResult:
        with budget.begun(
            agent=assignment.agent, task=assignment.task, stop=assignment.stop, pause=assignment.pause
        ) as reservation:
            result = self._run(assignment, heard)
            taken = heard.taken()
            known = all(one.usage.cost_usd is not None for one in taken)
            reservation.settle(
                tokens=sum(one.usage.tokens_in + one.usage.tokens_out for one in taken),
                usd=sum(one.usage.cost_usd or 0.0 for one in taken) if known else None,
                calls=sum(one.calls for one in taken),
            )
        return result

    def _run(self, assignment: Assignment, heard: Dialect | None) -> CommandResult:
        lines = Lines(heard.line) if heard else None
        said = {
            "ONECONTEXT_AGENT": assignment.agent,
            "ONECONTEXT_ROLE": assignment.role,
            "ONECONTEXT_TASK": assignment.task,
            "ONECONTEXT_ATTEMPT": str(assignment.attempt),
        }
        result = self.sandbox.run(
            ["bash", "-c", self.command],
            workspace=assignment.folder,
            timeout_s=min(self.timeout_s, assignment.limits.seconds or self.timeout_s),
            env={**self.env, **said} if self.sandbox.tier == "none" else said,
            text=self._told(assignment),
            stop=assignment.stop,
            on_output=lines.feed if lines else None,
        )
        if lines:
            lines.close()
        return result

    def _told(self, assignment: Assignment) -> str:
        """Return its stdin: an agent is also told how work is done here, and what its role is."""
        rules = f"{self.preface}{assignment.instructions}\n\n" if self.preface else ""
        return f"{rules}{assignment.text}\n"

    def _report(self, result: CommandResult, hearing: Hearing, *, plain: bool) -> Report:
        # One that says nothing we can read may say in plain words why.
        summary = hearing.summary or cut(result.output.strip(), TAIL_CHARACTERS * 2)
        undone = [hearing.failure] if hearing.failure else []
        if result.exit_code is None:
            undone.append(f"{self.name} took longer than {self.timeout_s:g} s and was killed")
        elif result.exit_code:
            tail = result.output.strip()[-TAIL_CHARACTERS:]
            undone.append(f"{self.name} ended with exit code {result.exit_code}; the end of what it printed:\n{tail}")
        ran = [RunCommand(command=self.command, exit_code=result.exit_code)] if plain else hearing.commands
        said = Finished(storable_head(summary), undone=[storable_head(one) for one in undone])
        return Report("unfinished" if undone else "finished", said, ran)
