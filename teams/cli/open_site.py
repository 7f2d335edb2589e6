"""From the words of a command line to the site of a mission: what is missing is said before anything is started."""

import re
import sys
import uuid
from collections.abc import Mapping
from pathlib import Path

from onecontext.api import Memory
from skills.tool import open_skills

from onecontext.errors import NoMission, SetupError
from onecontext.store.project import Project
from teams.guard.registry import open_sandbox
from teams.mission.config import Config
from teams.mission.site import LEAD, Site
from teams.models.port import OpenModel
from teams.models.registry import open_models
from teams.protocol.team import Team


def new_mission_name(goal: str) -> str:
    """Return a name that tells the goal and that no other mission has, such as ``fix-the-tests-1a2b3c``."""
    words = re.sub(r"[^a-z0-9]+", "-", goal.lower().encode("ascii", "ignore").decode()).strip("-")
    stem = words[:32].rsplit("-", 1)[0] if len(words) > 32 else words
    return "-".join(part for part in (stem.strip("-"), uuid.uuid4().hex[:6]) if part)


def open_model_door(config: Config, env: Mapping[str, str]) -> OpenModel:
    """Return the door to the configured model.

    Raises:
        SetupError: none was named, nobody answers to the name, or its key is missing.
    """
    if not config.model.name:
        raise SetupError(
            "no model was named",
            hint="say --model anthropic/claude-sonnet-4-5 (or any litellm name, or scripted:FOLDER), "
            "or set [model] name in onecontext.toml",
        )
    return open_models(
        config.model.name,
        api_base=config.model.api_base,
        stall_s=config.model.stall_s,
        retries=config.model.retries,
        env=env,
    )


def open_site(
    *,
    mission: str,
    project: Project,
    memory: Memory,
    team: Team,
    config: Config,
    open_model: OpenModel,
) -> Site:
    """Bundle what a mission works with; the sandbox is proved to work here.

    Raises:
        NoSandbox: the configured tier cannot be had on this machine.
    """
    sandbox = open_sandbox(
        config.sandbox.tier,
        readable=[Path(folder).expanduser() for folder in config.sandbox.readable],
        tools=[Path(sys.executable).parent],
    )
    work = memory.path / "work" / mission
    work.mkdir(parents=True, exist_ok=True)
    return Site(
        mission=mission,
        branch=f"onecontext/{mission}",
        project=project,
        team=team,
        memory=memory,
        open_model=open_model,
        sandbox=sandbox,
        config=config.run,
        work=work,
        skill_tool=open_skills(project.path),
    )


def newest_team(root: Path, name: str | None) -> str:
    """Return ``name``, or the team whose journal was written last.

    Raises:
        NoMission: there is none.
    """
    if name:
        return name
    journals = sorted((root / "teams").glob("*/onecontext/journal.jsonl"), key=lambda path: path.stat().st_mtime)
    if not journals:
        raise NoMission("there is no mission here to resume", hint="start one with 'onecontext run \"GOAL\"'")
    return journals[-1].parents[1].name


__all__ = ["LEAD", "new_mission_name", "newest_team", "open_model_door", "open_site"]
