"""A mission as a step of a play: a team, a journal and a branch of its own, the play's models, purse and words to stop.

Rule 1: its name is made of the play's and the step's, so that a resumed play finds it and goes on with it.
Rule 2: what holds or stops the play holds and stops it; a word to the mission itself is heeded, too.
"""

import hashlib
import threading
from dataclasses import replace

from teams.mission.config import BudgetConfig
from teams.mission.history import TYPES, read_history
from teams.mission.mission import Ending, Mission
from teams.mission.site import Site
from teams.mission.spending.worked import worked_before
from teams.mission.spending.worktime import WorkTime
from teams.playbook.document import MissionStep
from teams.playbook.record import INTERRUPTED, StepResult
from teams.playbook.scope import Scope
from teams.playbook.stage import Stage
from teams.protocol.team import Team


class Within(threading.Event):
    """An event that is set, too, while an outer one is. To be looked at and waited for with a time."""

    def __init__(self, outer: threading.Event) -> None:
        super().__init__()
        self._outer = outer

    def is_set(self) -> bool:
        return super().is_set() or self._outer.is_set()

    def wait(self, timeout: float | None = None) -> bool:
        return self.is_set() or super().wait(timeout) or self.is_set()


def name_of(play: str, path: str) -> str:
    """Return the name of the mission of a step: the play's, a dot, and what no other step of it has.

    What stands behind the last hyphen names branches of memory (:func:`teams.mission.notebook.branch_of`).
    """
    checksum = hashlib.sha256(f"{play}/{path}".encode()).hexdigest()[:8]
    return f"{play}.{path.rsplit('/', 1)[-1][:12].strip('_')}-{checksum}"


def run(stage: Stage, path: str, spec: MissionStep, scope: Scope) -> StepResult:
    """Run the mission of a step, or go on with it.

    Outputs: ``ending``, ``reason``, ``branch``, and ``commit`` (its tip). Done when the mission is.
    """
    site = _site(stage, name_of(stage.site.mission, path))
    with stage.watch(site.journal):
        ending = _go(stage, site, spec, scope)
    if ending.ending == "done" and ending.commit:
        said = {"ending": ending.ending, "reason": ending.reason, "branch": ending.branch, "commit": ending.commit}
        return StepResult("done", said)
    if ending.ending == "budget_exhausted":
        stage.exhausted = ending.reason
        return INTERRUPTED
    if ending.ending == "stopped" and stage.site.stop.is_set():
        return INTERRUPTED
    return StepResult("failed", reason=f"the mission {ending.mission} ended as {ending.ending}: {ending.reason}")


def _go(stage: Stage, site: Site, spec: MissionStep, scope: Scope) -> Ending:
    history = read_history(site.journal.read(types=TYPES))
    if history is None:
        base = stage.base_of(spec.base, scope)
        goal = scope.prompt(spec.goal)
        return Mission(site).start(goal, model=stage.model, scripted=stage.scripted, base=base)
    if history.ending == "done":
        # It came to its end, and the play was killed before that was on its own record.
        return Ending(history.mission, "done", history.reason, history.branch, history.commit)
    return Mission(site).resume()


def _site(stage: Stage, name: str) -> Site:
    site = stage.site
    work = site.memory.path / "work" / name
    work.mkdir(parents=True, exist_ok=True)
    stop, pause = Within(site.stop), Within(site.pause)
    team = Team.create(name, root=site.team.root, cwd=site.project.path)
    return replace(
        site,
        mission=name,
        branch=f"onecontext/{name}",
        team=team,
        # Its calls are paid from the play's purse, by the models that the play opened.
        budget=BudgetConfig(),
        work=work,
        time=WorkTime(
            name,
            # The play's own time runs on, and stops the mission with the play.
            {"task": site.budget.task.seconds, "agent": site.budget.agent.seconds},
            stop=stop,
            pause=pause,
            before=lambda: worked_before(team.journal.read(), name),
        ),
        stop=stop,
        pause=pause,
    )
