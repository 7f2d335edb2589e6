"""The built-in agent as a worker: a model with tools for files, commands, memory and mail, in the attempt's own copy.

Rule 1: work is committed when the agent hands over, while it can still mend what cannot be committed.
"""

from collections.abc import Callable

from onecontext.errors import ContextOverflow
from teams.agent.agent import Agent
from teams.agent.observer import storable_head
from teams.mission.site import Site, prompt
from teams.mission.tools import Finished, worker_tools
from teams.mission.workers.port import Assignment, Report
from teams.models.port import Model


class BuiltIn:
    """An agent of ours for one attempt."""

    def __init__(self, site: Site, model: Model) -> None:
        self._site = site
        self._model = model

    @property
    def name(self) -> str:
        """The model that answers, as the journal names it."""
        return self._model.name

    def work(self, assignment: Assignment) -> Report:
        """Let the agent work; see :meth:`teams.mission.workers.port.Worker.work`."""
        handed: list[Finished] = []

        def finish(said: Finished) -> None:
            assignment.hand_over(said)
            handed.append(said)

        try:
            result = self._agent(assignment, finish).run(assignment.text)
        except ContextOverflow as error:
            # Of this one task: the others may fit.
            return Report("unfinished", Finished("", undone=[f"it does not fit in the window: {error.message}"]))
        if result.ending == "seconds":
            self._site.time.check(assignment.agent, assignment.task)
        # There is time all the same: part of it was a pause. The attempt is given back, and goes on.
        if result.ending in ("stopped", "seconds"):
            return Report("stopped", Finished(""))
        if handed:
            return Report("finished", handed[-1])
        said = Finished(storable_head(result.text), undone=[f"the agent ended without a handoff ({result.ended})"])
        return Report("stalled" if result.ending == "stalled" else "unfinished", said, reason=result.reason)

    def _agent(self, assignment: Assignment, finish: Callable[[Finished], None]) -> Agent:
        site, role = self._site, self._site.roles.of(assignment.role)
        skill = site.skills.tool(
            site.sandbox, assignment.folder, [tool.spec.name for tool in role.narrowed(assignment.kit.tools)]
        )
        own = worker_tools(remember=assignment.remember, send=assignment.send, skill=skill, finish=finish)
        own += site.skills.calls({tool.spec.name for tool in (*assignment.kit.tools, *own)})
        return Agent(
            assignment.agent,
            model=self._model,
            instructions=f"{prompt('worker')}\n{site.skills.catalogue(assignment.text)}{assignment.instructions}",
            tools=[assignment.guard(tool) for tool in role.narrowed([*assignment.kit.tools, *own])],
            memory=assignment.notebook,
            limits=assignment.limits,
            observer=assignment.recorder(self._model.name, self._model.scripted),
            stop=assignment.stop,
            pause=assignment.pause,
            shelf=assignment.kit.shelf,
        )
