"""What everybody in a mission works with, bundled once: the repository, the team, the memory, the models, the sandbox.

Rule 1: values and handles only; nothing here decides anything.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import Any

from onecontext.api import Memory
from onecontext.store.project import Project
from teams.agent.limits import Limits
from teams.engine.journal import Journal
from teams.guard.port import Sandbox
from teams.mission.config import RunConfig
from teams.mission.recorder import Recorder
from teams.models.port import Conversation, Model, OpenModel
from teams.protocol.team import Team

LEAD = "team-lead"
VALIDATOR = "validator-1"


def worker_name(number: int) -> str:
    """Return the name of the worker with this number; they count from 1."""
    return f"worker-{number}"


@dataclass(frozen=True)
class Site:
    """One mission's surroundings. ``branch`` is the branch of the user's repository where accepted work lands."""

    mission: str
    branch: str
    project: Project
    team: Team
    memory: Memory
    open_model: OpenModel
    sandbox: Sandbox
    config: RunConfig
    work: Path
    skill_tool: Callable[[str], str]
    stop: threading.Event = field(default_factory=threading.Event)

    @property
    def journal(self) -> Journal:
        return self.team.journal

    @property
    def limits(self) -> Limits:
        return Limits(turns=self.config.max_turns)

    def model_for(self, agent: str, role: str, *, task: str | None = None, attempt: int = 1) -> Model:
        return self.open_model(Conversation(agent=agent, role=role, task=task, attempt=attempt))

    def recorder(self, agent: str, model: Model, **where: Any) -> Recorder:
        return Recorder(self.journal, mission=self.mission, agent=agent, scripted=model.scripted, **where)

    def copy_name(self, purpose: str, *parts: object) -> Path:
        """Return the folder for a working copy; it does not exist yet, or is left from an interrupted run."""
        return self.work / "-".join([purpose, *map(str, parts)])


def prompt(role: str) -> str:
    """Return the instructions of a role, a Markdown file in ``prompts/``."""
    return (files("teams.mission") / "prompts" / f"{role}.md").read_text(encoding="utf-8")
