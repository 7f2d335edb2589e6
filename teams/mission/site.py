"""What everybody in a mission works with, bundled once: the repository, the team, the memory, the models, the sandbox.

Rule 1: values and handles only; nothing here decides anything.
"""

import math
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property
from importlib.resources import files
from pathlib import Path
from typing import Any

from onecontext.api import Memory
from onecontext.errors import Conflict
from onecontext.store.project import Handed, Project, remove_copy
from teams.agent.limits import Limits
from teams.agent.loop import PAUSE_LOOK_S
from teams.agent.shelf import Shelf
from teams.engine.journal import Journal
from teams.guard.port import Sandbox
from teams.mission.attempt.past import Past
from teams.mission.config import BudgetConfig, RunConfig
from teams.mission.contract import PlannedTask, TaskLimits
from teams.mission.recorder import Recorder
from teams.mission.roles.roles import NO_ROLES, WORKER, Roles
from teams.mission.skilled import Skilled
from teams.mission.spending.worktime import WorkTime
from teams.mission.workers.port import Worker
from teams.models.port import Conversation, Difficulty, Model, OpenModel
from teams.models.reader import ROLE as READER
from teams.protocol.team import Team

LEAD = "team-lead"
VALIDATOR = "validator-1"


def worker_name(number: int, role: str = WORKER) -> str:
    """Return the name of the worker with this number in its role; they count from 1."""
    return f"{role}-{number}"


@dataclass(frozen=True)
class Site:
    """One mission's surroundings. ``branch`` is the branch of the user's repository where accepted work lands.

    ``skills`` is what agents have of them. ``workers`` says by role who works where that is not the built-in agent,
    ``members`` which member from outside does, and ``who`` both in the words of the person;
    ``roles`` what each role is told and may use, ``address`` where models are asked if not at their
    providers' own ("" there). ``stop`` ends the run in order, ``pause`` holds it for as long as it
    is set.
    """

    mission: str
    branch: str
    project: Project
    team: Team
    memory: Memory
    open_model: OpenModel
    sandbox: Sandbox
    config: RunConfig
    budget: BudgetConfig
    work: Path
    skills: Skilled
    time: WorkTime
    workers: Mapping[str, Worker] = field(default_factory=dict)
    members: Mapping[str, str] = field(default_factory=dict)
    who: Mapping[str, str] = field(default_factory=dict)
    roles: Roles = NO_ROLES
    address: str = ""
    stop: threading.Event = field(default_factory=threading.Event)
    pause: threading.Event = field(default_factory=threading.Event)

    @property
    def journal(self) -> Journal:
        return self.team.journal

    @cached_property
    def past(self) -> Past:
        """What attempts that go on have done so far."""
        return Past(self.journal)

    @cached_property
    def handed(self) -> Handed:
        """What the copies get of the repository's loose objects."""
        return Handed(self.work / "handed")

    def altered(self, **fields: Any) -> "Site":
        """Return a copy with other fields for one part of the work; what was read and made once is shared."""
        other = replace(self, **fields)
        other.__dict__.update(past=self.past, handed=self.handed)
        return other

    def limits_of(self, agent: str, *, task: str | None = None, planned: PlannedTask | None = None) -> Limits:
        """Return what a run of this agent may take; what is planned of its task goes before the configuration.

        Args:
            task: the key of the task that its time counts for.
        """
        config, own = self.config, (planned and planned.limits) or TaskLimits()
        return Limits(
            seconds=self.time.left_s(agent, task),
            turns=config.max_turns,
            window_tokens=config.window_tokens,
            repeats=own.repeats or config.repeats,
            polls=own.polls or config.polls,
            silence_s=own.silence_s or config.silence_s,
        )

    @property
    def command_timeout_s(self) -> float:
        """Seconds that a command of an agent may take: it is ended before its agent counts as silent."""
        silence_s = self.config.silence_s
        return min(self.config.command_timeout_s, silence_s * 0.9 if silence_s else math.inf)

    def may_go_on(self) -> bool:
        """Wait while the mission is paused; say whether it goes on, which it does not when it is stopped."""
        while self.pause.is_set() and not self.stop.wait(PAUSE_LOOK_S):
            continue
        return not self.stop.is_set()

    def model_for(
        self,
        agent: str,
        role: str,
        *,
        task: str | None = None,
        attempt: int = 1,
        difficulty: Difficulty | None = None,
    ) -> Model:
        return self.open_model(Conversation(agent, role, task, attempt, difficulty))

    def shelf(self, agent: str, *, task: str | None = None) -> Shelf:
        """Return where results of an agent go that are too large; what it asks about them is paid like its calls."""
        return Shelf(self.memory.variables, lambda: self.model_for(agent, READER, task=task))

    def recorder(self, agent: str, model: Model, **where: Any) -> Recorder:
        return Recorder(self.journal, mission=self.mission, agent=agent, scripted=model.scripted, **where)

    @contextmanager
    def copy(self, purpose: str, commit: str) -> Iterator[Path]:
        """Give a working copy of ``commit`` that lasts as long as the ``with`` block.

        The copy is the only thing the agents can write; whatever they left in it goes with it.
        """
        folder = Path(tempfile.mkdtemp(prefix=f"{purpose}-", dir=self.work)) / "copy"
        try:
            self.project.clone_to(folder, commit, handed=self.handed)
            yield folder
        finally:
            remove_copy(folder.parent)

    def branch_tip(self) -> str:
        """Return the commit at the tip of the mission's branch."""
        tip = self.project.tip(self.branch)
        if tip is None:
            raise Conflict(
                f"the branch {self.branch} is gone; somebody removed it while the mission was running",
                hint="'git reflog' and the journal's work.merged events name its commits",
            )
        return tip


def prompt(role: str) -> str:
    """Return the instructions of a role, a Markdown file in ``prompts/``."""
    return (files("teams.mission") / "prompts" / f"{role}.md").read_text(encoding="utf-8")
