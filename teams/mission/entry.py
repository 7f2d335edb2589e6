"""Missions from Python: what ``onecontext run`` and ``resume`` do, with functions of the caller as workers.

Rule 1: the caller is a person's own program: its functions are theirs, and ``onecontext.toml`` of the repository counts
    only as far as the caller reads it (:func:`teams.mission.config.load_config`).
"""

import os
import threading
from collections.abc import Callable, Mapping
from pathlib import Path

from onecontext.api import Memory
from onecontext.errors import UsageError
from onecontext.store.project import Project
from teams.mission.config import Config
from teams.mission.control.which import unfinished_mission
from teams.mission.means import Means
from teams.mission.mission import Ending, Mission
from teams.mission.opening import address_of, make_memory, new_mission_name
from teams.mission.roles.roles import WORKER
from teams.mission.site import LEAD
from teams.mission.workers.crew import Crew
from teams.mission.workers.function import Function, FunctionWorker
from teams.mission.workers.kinds import Kind
from teams.models.registry import SCRIPTED
from teams.protocol.team import Team

Workers = Function | Mapping[str, Function]
Say = Callable[[str], None]


def run_mission(
    goal: str,
    *,
    model: str,
    path: str | Path = ".",
    worker: Workers | None = None,
    config: Config | None = None,
    stop: threading.Event | None = None,
    say: Say | None = None,
    env: Mapping[str, str] | None = None,
) -> Ending:
    """Reach ``goal`` on a branch of the repository at ``path``, and return how that ended.

    Args:
        model: any litellm name, or ``scripted:PATH``: plans, judges, and works where no ``worker`` does.
        worker: called with each :class:`teams.mission.workers.port.Assignment` and returns a summary or a Finished;
            several, by role, where they differ. None: built-in agents work.
        config: everything that ``onecontext.toml`` can say; None: the defaults.
        stop: set from another thread, ends the run in order; :func:`resume_mission` goes on.
        say: is told what a person should know: a line that was added to ``.git/info/exclude``, a role that cannot be.
        env: where keys and the person's own folders are looked up; None is the environment of this process.

    Raises:
        NoRepository, UsageError, SetupError: something is missing; nothing was made.
        OneContextError: the mission is interrupted, and can be resumed.
    """
    if not goal.strip():
        raise UsageError("the goal is empty", hint="say what is to be reached")
    project, settings = Project.find(Path(path).resolve()), config or Config()
    settings = settings.model_copy(update={"model": settings.model.model_copy(update={"name": model})})
    means = _means(project, settings, env, say)
    crew, name = _crew(worker, means.roles.names), new_mission_name(goal)
    memory = make_memory(project, goal, say or _nobody)
    team = Team.create(name, root=memory.path, cwd=project.path)
    site = means.site(name, memory, team, crew=crew, stop=stop)
    return Mission(site).start(goal, model=model, scripted=model.startswith(SCRIPTED))


def resume_mission(
    mission: str | None = None,
    *,
    model: str | None = None,
    path: str | Path = ".",
    worker: Workers | None = None,
    config: Config | None = None,
    stop: threading.Event | None = None,
    say: Say | None = None,
    env: Mapping[str, str] | None = None,
) -> Ending:
    """Go on with a mission that was interrupted; what is finished is not done again.

    Args:
        mission: its name; None: the one at work last.
        model: None: the same as before. The others are as for :func:`run_mission`, and are not remembered.

    Raises:
        NoMission: there is none that could go on. AlreadyRunning: another process runs it.
        OneContextError: interrupted once more.
    """
    project, settings = Project.find(Path(path).resolve()), config or Config()
    memory = Memory.open(project.path, agent=LEAD)
    team, history = unfinished_mission(memory.path, mission)
    if history.who and worker is None:
        raise UsageError(f"{', '.join(history.who.values())} worked in this mission", hint="give it as worker again")
    if model is None and history.address not in ("", address_of(settings)):
        hint = "give it in config again, or name who is asked now with model"
        raise UsageError(f"{history.model} was asked at {history.address}", hint=hint)
    named = settings.model.model_copy(update={"name": model or history.model})
    means = _means(project, settings.model_copy(update={"model": named}), env, say)
    crew = _crew(worker, means.roles.names)
    return Mission(means.site(history.mission, memory, team, crew=crew, stop=stop)).resume()


def _means(project: Project, config: Config, env: Mapping[str, str] | None, say: Say | None) -> Means:
    """Return all that can be missing, and say what of it cannot be."""
    means = Means.ready(project, config, os.environ if env is None else env)
    for note in (*means.roles.notes, *means.notes):
        (say or _nobody)(note)
    return means


def _crew(worker: Workers | None, roles: list[str]) -> Crew:
    if worker is None:
        return Crew()
    functions = worker if isinstance(worker, Mapping) else {WORKER: worker}
    if unknown := next((role for role in functions if role not in roles), None):
        raise UsageError(f"there is no role {unknown!r}; there are {', '.join(roles)}")
    kinds = {role: Kind("python", _called(function)) for role, function in functions.items()}
    return Crew({role: FunctionWorker(f, name=str(kinds[role])) for role, f in functions.items()}, kinds)


def _called(function: Function) -> str:
    of = function if hasattr(function, "__qualname__") else type(function)
    return f"{of.__module__}:{of.__qualname__}"


def _nobody(_: str) -> None:
    """Tell nobody."""
