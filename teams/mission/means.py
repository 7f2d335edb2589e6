"""What a mission works with, looked up and proved to be there before the first file of it is made.

Rule 1: whoever begins or goes on with a mission, the command line or a program in Python, asks for it here, so that
    what is missing is missing for both.
"""

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from onecontext.api import Memory
from onecontext.store.project import Project
from teams.guard.port import Sandbox
from teams.mission.config import Config
from teams.mission.opening import open_box, open_roles, open_site, open_skills, skill_folders
from teams.mission.roles.models import with_models
from teams.mission.roles.roles import Roles
from teams.mission.routes import open_routes
from teams.mission.site import Site
from teams.mission.skilled import Skilled
from teams.mission.workers.crew import Crew
from teams.models.routing import Routes
from teams.protocol.team import Team


@dataclass(frozen=True)
class Means:
    """Roles, models, skills and a sandbox. ``config`` has the roles' models in it; ``notes`` say what cannot be."""

    project: Project
    env: Mapping[str, str]
    config: Config
    roles: Roles
    notes: tuple[str, ...]
    routes: Routes
    skills: Skilled
    sandbox: Sandbox

    @classmethod
    def ready(
        cls, project: Project, config: Config, env: Mapping[str, str], *, readable: Sequence[Path] = ()
    ) -> "Means":
        """Return all that ``config`` names; nothing is made.

        Args:
            env: where keys and the person's own folders are looked up.
            readable: what commands of agents may read besides, as a person said.

        Raises:
            UsageError, SetupError, InvalidDocument: something of it is wrong or missing.
        """
        roles = open_roles(project, env, config)
        config, notes = with_models(config, roles, env)
        routes, skills = open_routes(config, env), open_skills(config, project, env)
        sandbox = open_box(config, project, [*readable, *skill_folders(skills, project, env)])
        return cls(project, env, config, roles, tuple(notes), routes, skills, sandbox)

    def site(self, name: str, memory: Memory, team: Team, *, crew: Crew, stop: threading.Event | None = None) -> Site:
        """Return the site of the mission of that name, with its events in ``team`` and ``crew`` at work."""
        return open_site(
            mission=name,
            project=self.project,
            memory=memory,
            team=team,
            config=self.config,
            routes=self.routes,
            sandbox=self.sandbox,
            env=self.env,
            crew=crew,
            roles=self.roles,
            skills=self.skills,
            stop=stop,
        )
