"""A validator reads the work: what it is shown, what it may do, and what of its word counts.

Rule 1: its copy is read-only, and it reads nothing of what the author remembers: its eyes are its own.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from teams.agent.agent import Agent
from teams.agent.limits import Result
from teams.agent.observer import NoteTaker, Observers
from teams.agent.prompt import fenced
from teams.agent.worktools import work_tools
from teams.guard.workspace import Workspace
from teams.mission.attempt.stalls import may_try_again
from teams.mission.contract import Assertion
from teams.mission.judging.checks import Check
from teams.mission.judging.findings import Judgement
from teams.mission.judging.weighing import Weighed, Weighing
from teams.mission.notebook import Notebook
from teams.mission.site import VALIDATOR, Site, prompt
from teams.mission.tools import validator_tools
from teams.protocol.board.task import Task

DIFF_CHARACTERS = 20_000


@dataclass(frozen=True)
class Work:
    """What a validator is shown of it: ``notes`` are lines of the host, ``asked`` what it must answer to accept."""

    commit: str
    checks: Sequence[Check]
    judged: Sequence[Assertion]
    notes: Sequence[str]
    asked: Sequence[str]


@dataclass(frozen=True)
class Verdict:
    """What a validator gave: its word and what of it counts."""

    said: Judgement
    weighed: Weighed


class Review:
    """One conversation of a validator about one attempt at ``task``."""

    def __init__(self, site: Site, task: Task, weighing: Weighing, where: Mapping[str, Any]) -> None:
        self._site = site
        self._task = task
        self._weighing = weighing
        self._where = where
        self._given: list[Verdict] = []

    def hold(self, work: Work) -> Verdict | str | None:
        """Return the verdict; a sentence where the validator ended without one; None: it was stopped, or stalled."""
        site = self._site
        model = site.model_for(VALIDATOR, "validator", task=self._task.key, attempt=self._task.attempt)
        notebook, role = Notebook.open(site, self._task, agent=VALIDATOR), site.roles.of("validator")
        with site.copy(f"review-{self._task.id}", work.commit) as folder:
            shelf = site.shelf(VALIDATOR, task=self._task.key)
            kit = work_tools(
                Workspace(folder), site.sandbox, read_only=True, timeout_s=site.command_timeout_s, shelf=shelf
            )
            agent = Agent(
                VALIDATOR,
                model=model,
                instructions=prompt("validator") + role.instructions,
                tools=role.narrowed([*kit.tools, *validator_tools(self._take)]),
                limits=role.limited(site.limits_of(VALIDATOR)),
                observer=Observers([site.recorder(VALIDATOR, model, **self._where), NoteTaker(notebook.memory)]),
                stop=site.stop,
                pause=site.pause,
                shelf=shelf,
            )
            result = agent.run(question(site, self._task, work))
        return self._given[0] if self._given else self._without(result)

    def _take(self, said: Judgement) -> None:
        self._given.append(Verdict(said, self._weighing.weigh(said)))

    def _without(self, result: Result) -> str | None:
        if result.ending == "stopped":
            return None
        if result.ending == "stalled" and may_try_again(self._site, VALIDATOR, result.reason, **self._where):
            return None
        return f"the validator ended without a verdict ({result.ended})"


def question(site: Site, task: Task, work: Work) -> str:
    """Return what a validator is asked."""
    lines = [f"Task {task.id}: {task.subject}", "", task.description, ""]
    for check in work.checks:
        lines += [f"{check.assertion}  {check.command}", check.ending, fenced("output", check.output)]
    lines += work.notes
    lines += [f"{a.id}  to be judged: {a.text}\n  {a.judge}" for a in work.judged]
    lines += ["", "What the author says:", fenced("author", _authors_word(task))]
    lines += ["", "The change:", fenced("change", _change(site, work.commit))]
    if work.asked:
        lines += ["", "Say of each of these, in `answers`, why it is right, or reject:"]
        lines += [f"{number}. {what}" for number, what in enumerate(work.asked, start=1)]
    return "\n".join(lines)


def _authors_word(task: Task) -> str:
    handoff = task.evidence.get("handoff") or {}
    left = handoff.get("undone")
    undone = "; ".join(map(str, left)) if left and isinstance(left, list) else "nothing"
    return f"{handoff.get('summary', '')}\nUndone: {undone}"


def _change(site: Site, commit: str) -> str:
    """Return the diff from the branch to the merge, in full up to a length and then cut with a word about it."""
    diff = site.project.diff(site.branch_tip(), commit)
    if len(diff) <= DIFF_CHARACTERS:
        return diff
    return f"{diff[:DIFF_CHARACTERS]}\n[… {len(diff) - DIFF_CHARACTERS:,} more characters; read the files]"
