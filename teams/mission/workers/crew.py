"""Who works in a mission, role by role: opened and checked before the mission has a team, placed in it afterwards."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from onecontext.errors import SetupError
from teams.guard.port import Sandbox
from teams.mission.config import BudgetConfig
from teams.mission.spending.budget import Budget
from teams.mission.workers.kinds import Kind, open_worker
from teams.mission.workers.port import Worker
from teams.mission.workers.program import Program
from teams.protocol.team import Team


@dataclass(frozen=True)
class Crew:
    """``workers`` by role, without those that are built-in agents; ``kinds`` says of each role what was asked for."""

    workers: Mapping[str, Worker] = field(default_factory=dict)
    kinds: Mapping[str, Kind] = field(default_factory=dict)

    @property
    def told(self) -> dict[str, str]:
        """Who works in which role, in the words of the person who said so."""
        return {role: str(kind) for role, kind in self.kinds.items() if kind.kind != "builtin"}

    @property
    def members(self) -> dict[str, str]:
        """The members from outside who work, by role."""
        return {role: kind.what for role, kind in self.kinds.items() if kind.kind == "member"}

    def placed(self, team: Team, budget: Budget | None) -> dict[str, Worker]:
        """Return the workers of a mission of ``team``, whose models are paid from ``budget`` (None: without limit)."""
        where = {"ONECONTEXT_TEAM": team.name, "ONECONTEXT_ROOT": str(team.root.resolve())}
        return {
            role: replace(worker, env={**worker.env, **where}, budget=budget) if isinstance(worker, Program) else worker
            for role, worker in self.workers.items()
        }


NOBODY = Crew()


def open_crew(
    kinds: Mapping[str, Kind],
    *,
    sandbox: Sandbox,
    env: Mapping[str, str],
    folder: Path,
    timeout_s: float,
    budget: BudgetConfig,
) -> Crew:
    """Return those who work in their roles; see :func:`teams.mission.workers.kinds.open_worker`.

    Raises:
        UsageError, SetupError: one of them cannot; nothing was started.
    """
    limits_usd = any(one.usd is not None for one in (budget, budget.task, budget.agent))
    unpriced = next((str(kind) for kind in kinds.values() if not kind.is_priced), "")
    if limits_usd and unpriced:
        raise SetupError(
            f"{unpriced} does not say what it costs, so a budget in dollars cannot be kept",
            hint="give the budget in tokens or calls, or let another one work",
        )
    opened = {
        role: open_worker(kind, sandbox=sandbox, env=env, folder=folder, timeout_s=timeout_s)
        for role, kind in kinds.items()
        if kind.kind not in ("builtin", "member")
    }
    return Crew(opened, dict(kinds))
