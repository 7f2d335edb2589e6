"""What ``run``, ``resume``, ``play`` and ``serve`` have ready before they begin.

Rule 1: all that can be missing is asked for here, before the first file is made.
"""

import argparse

from onecontext.api import Memory
from onecontext.cli.main import Invocation
from onecontext.store.project import Project
from teams.cli.heaps import keep_heaps_few
from teams.cli.options import readable_of
from teams.cli.traces import traces_of
from teams.cli.workers import crew_of, told
from teams.mission.config import Config
from teams.mission.means import Means
from teams.mission.opening import uncommitted
from teams.mission.site import Site
from teams.models.registry import SCRIPTED
from teams.protocol.team import Team


class Prepared:
    """Models, sandbox, workers, roles and traces, each looked up and proved to be there."""

    def __init__(self, args: argparse.Namespace, invocation: Invocation, project: Project, config: Config) -> None:
        """Look up what ``config`` and the command line name.

        Raises:
            UsageError, SetupError, InvalidDocument: something of it is wrong or missing.
        """
        keep_heaps_few(invocation.env)
        self._means = Means.ready(project, config, invocation.env, readable=readable_of(args, invocation))
        self._crew = crew_of(args, self.config, self._means.roles, self._means.sandbox, invocation)
        self.traces = traces_of(args, invocation)

    @property
    def config(self) -> Config:
        """The configuration, with the models of the roles."""
        return self._means.config

    @property
    def model(self) -> str:
        """The name of the model that answers where no other is named."""
        return self.config.model.name

    @property
    def scripted(self) -> bool:
        """Whether its words come from a file."""
        return self.model.startswith(SCRIPTED)

    def site(self, name: str, memory: Memory, team: Team) -> Site:
        """Return the site of what is called ``name``, with its events in ``team``."""
        return self._means.site(name, memory, team, crew=self._crew)

    def told_of_models(self) -> list[str]:
        """Return the lines for people that say who answers, what holds the commands of agents, what they do not see."""
        return [
            f"model    {self.model}" + ("  (scripted: its words come from a file)" if self.scripted else ""),
            f"sandbox  {self._means.sandbox.tier}",
            *(f"note     {note}" for note in uncommitted(self._means.project)),
        ]

    def told_of_workers(self, team: Team) -> list[str]:
        """Return the lines for people that say who works in ``team``, and what of that cannot be had."""
        return told(self._crew, self._means.roles, self._means.notes, team=team.name)
