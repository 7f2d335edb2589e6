"""From a configuration to the site of a mission: what is missing is said before anything is started."""

import re
import sys
import threading
import uuid
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from onecontext.api import Memory
from onecontext.store.project import Project
from onecontext.store.surroundings import EXCLUDE_LINE, exclude_file, find_repository, is_excluded
from onecontext.text.redact import redact
from skills.activation.trust import Trust
from skills.activation.trusted import trust_file
from skills.finding.discover import skills_for
from skills.finding.live import LiveSkills
from skills.finding.places import Search
from teams.agent.calling import Calling
from teams.agent.definitions import client_folder, find_definitions
from teams.guard.environment import environment_folders
from teams.guard.port import Sandbox
from teams.guard.registry import open_sandbox
from teams.mission.config import Config
from teams.mission.control.which import steps_of
from teams.mission.recorder import fallbacks, waits
from teams.mission.roles.roles import NO_ROLES, Roles, find_roles
from teams.mission.site import LEAD, Site
from teams.mission.skilled import Skilled
from teams.mission.spending.budget import Budget, spent_before
from teams.mission.spending.ledger import Spent
from teams.mission.spending.metered import metered
from teams.mission.spending.purse import Kind
from teams.mission.spending.worked import worked_before
from teams.mission.spending.worktime import WorkTime
from teams.mission.tools import harmless
from teams.mission.workers.crew import NOBODY, Crew
from teams.models.answers import Answers, answered
from teams.models.patient import Waiting
from teams.models.routing import Routes, Surroundings
from teams.protocol.team import Team


def new_mission_name(goal: str) -> str:
    """Return a name that tells the goal and that no other mission has, such as ``fix-the-tests-1a2b3c``."""
    words = re.sub(r"[^a-z0-9]+", "-", redact(goal).lower().encode("ascii", "ignore").decode()).strip("-")
    stem = words[:32].rsplit("-", 1)[0] if len(words) > 32 else words
    return "-".join(part for part in (stem.strip("-"), uuid.uuid4().hex[:6]) if part)


def make_memory(project: Project, goal: str, say: Callable[[str], None]) -> Memory:
    """Make or open the project's memory; what that writes in the user's repository is said."""
    repository = find_repository(project.path)
    unknown = repository is not None and not is_excluded(repository)
    memory = Memory.init(project.path, agent=LEAD, purpose=goal)
    if repository and unknown:
        say(f"added {EXCLUDE_LINE} to {exclude_file(repository)}, so git leaves it alone")
    return memory


def open_roles(project: Project, env: Mapping[str, str], config: Config) -> Roles:
    """Return the roles that the agent definitions of the project and of the person make.

    Raises:
        UsageError: two are for one part.
        UnknownSkill, InvalidDocument: the orchestrator, the validator or the worker names a skill that cannot be had.
    """
    definitions = find_definitions(project.path, client_folder(env, project.path))
    return find_roles(definitions.agents, skills_for(project.path, env, configured=config.skills.paths))


def open_skills(config: Config, project: Project, env: Mapping[str, str]) -> Skilled:
    """Return what agents have of skills; what the configuration requires is proved to be there.

    Raises:
        UnknownSkill: a required one is missing or broken. UsageError: they do not fit into the catalogue.
    """
    search = Search(project.path, _home(env), configured=config.skills.paths, client=client_folder(env, project.path))
    return Skilled(LiveSkills(search), config.skills, Trust(trust_file(env)), Calling(project.path, env))


def skill_folders(skills: Skilled, project: Project, env: Mapping[str, str]) -> list[Path]:
    """Return the folders of skills that commands of agents may read."""
    return skills.folders(project.path, _home(env))


def uncommitted(project: Project) -> list[str]:
    """Return a note where the repository has changes that no agent sees: they begin with what is committed."""
    return ["changes that are not committed are not seen by agents"] if project.is_dirty else []


def _home(env: Mapping[str, str]) -> Path | None:
    return Path(env["HOME"]) if env.get("HOME") else None


def resolved(folders: Sequence[str], project: Path) -> list[Path]:
    """Return folders as absolute paths; relative ones start at the project, ``~`` is not expanded."""
    return [(project / folder).resolve() for folder in folders]


def open_box(config: Config, project: Project, readable: Sequence[Path] = ()) -> Sandbox:
    """Return the configured sandbox, proved to work here.

    Commands find the project's own virtual environment first, then the programs beside this Python.

    Args:
        readable: what commands may read besides, as a person said on the command line.

    Raises:
        NoSandbox: the tier cannot be had on this machine.
    """
    own = environment_folders(project.path / ".venv")
    tools = resolved(config.sandbox.tools, project.path)
    return open_sandbox(
        config.sandbox.tier,
        readable=[*resolved(config.sandbox.readable, project.path), *own, *readable],
        tools=[*tools, *([project.path / ".venv" / "bin"] if own else []), Path(sys.executable).parent],
    )


def open_site(
    *,
    mission: str,
    project: Project,
    memory: Memory,
    team: Team,
    config: Config,
    routes: Routes,
    sandbox: Sandbox,
    env: Mapping[str, str],
    crew: Crew = NOBODY,
    roles: Roles = NO_ROLES,
    skills: Skilled | None = None,
    stop: threading.Event | None = None,
) -> Site:
    """Bundle what a mission works with and make the folder for its working copies.

    Args:
        skills: as :func:`open_skills` gives them; None: they are opened here.
    """
    work = memory.path / "work" / mission
    work.mkdir(parents=True, exist_ok=True)
    stop, pause = stop or threading.Event(), threading.Event()
    waiting = Waiting(waits(team.journal, mission=mission), stop, pause)
    private = memory.path / ".git" / "onecontext"
    open_model = routes(Surroundings(fallbacks(team.journal, mission=mission), waiting, private / "rates"))
    budget = None
    if config.budget.is_any:
        budget = Budget(
            mission,
            config.budget.allowance,
            config.budget.task.allowance,
            config.budget.agent.allowance,
            # Read with the first call: another process may be spending until this one has the mission to itself.
            spent=lambda: _spent(team, mission),
        )
        open_model = metered(open_model, budget, answer_tokens=config.budget.answer_tokens, stop=stop, pause=pause)
    if config.model.cache:
        answers = Answers(private / "answers")
        open_model = answered(open_model, answers, harmless=harmless, address=config.model.api_base)
    return Site(
        mission=mission,
        branch=f"onecontext/{mission}",
        project=project,
        team=team,
        memory=memory,
        open_model=open_model,
        sandbox=sandbox,
        config=config.run_with_silence,
        budget=config.budget,
        work=work,
        skills=skills or open_skills(config, project, env),
        time=WorkTime(
            mission,
            {
                "mission": config.budget.seconds,
                "task": config.budget.task.seconds,
                "agent": config.budget.agent.seconds,
            },
            stop=stop,
            pause=pause,
            before=lambda: worked_before(team.journal.read(), mission),
        ),
        workers=crew.placed(team, budget),
        members=crew.members,
        who=crew.told,
        roles=roles,
        address=address_of(config),
        stop=stop,
        pause=pause,
    )


def address_of(config: Config) -> str:
    """Return where models are asked, as it may stand in a journal: without a login; "" is the providers' own."""
    parts = urlsplit(config.model.api_base)
    return redact(urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", "")))


def _spent(team: Team, mission: str) -> dict[tuple[Kind, str], Spent]:
    """Return what a mission spent before, and the missions that are steps of it."""
    found = dict(spent_before(team.journal.read(), mission))
    for part in steps_of(team.root, mission):
        for (kind, name), some in spent_before(Team.open(part, root=team.root).journal.read(), part).items():
            purse = kind, (mission if kind == "mission" else name)
            found[purse] = found.get(purse, Spent()).with_(some)
    return found
