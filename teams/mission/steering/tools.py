"""The tools with which the orchestrator decides: another plan, an end, or nothing.

Rule 1: what a tool does is handed in, as for those of the roles (:mod:`teams.mission.tools`).
"""

from collections.abc import Callable, Sequence
from typing import Literal

from teams.agent.tools import Tool, tool_from
from teams.mission.contract import Assertion, PlannedTask
from teams.mission.steering.amendment import Amendment, Choice
from teams.mission.steering.feasibility import Proof

StopEnding = Literal["infeasible", "blocked"]
Stop = Callable[[StopEnding, str, Sequence[Proof]], None]


def stop_tool(stop: Stop) -> Tool:
    """Return ``stop_mission``; what ``stop`` raises is told to the model, which may then do something else."""

    def stop_mission(ending: StopEnding, reason: str, proofs: list[Proof] | None = None) -> str:
        """End the mission: infeasible needs proofs, blocked says what a person must provide."""
        stop(ending, reason, proofs or ())
        return "the mission ends"

    return tool_from(stop_mission, ends=True)


def change_tool(change: Callable[[Amendment], None]) -> Tool:
    """Return ``change_plan``; what ``change`` raises is told to the model, which may then mend it."""

    def change_plan(
        choice: Choice,
        reason: str,
        tasks: list[PlannedTask] | None = None,
        assertions: list[Assertion] | None = None,
        drop_tasks: list[str] | None = None,
        drop_assertions: list[str] | None = None,
    ) -> str:
        """Change the plan; once, at the end."""
        change(
            Amendment(
                choice=choice,
                reason=reason,
                tasks=tuple(tasks or ()),
                assertions=tuple(assertions or ()),
                drop_tasks=tuple(drop_tasks or ()),
                drop_assertions=tuple(drop_assertions or ()),
            )
        )
        return "the plan is changed"

    return tool_from(change_plan, ends=True)


def carry_on_tool(carry_on: Callable[[str], None]) -> Tool:
    """Return ``carry_on``."""

    def carry_on_(reason: str) -> str:
        """Leave the plan as it is."""
        carry_on(reason)
        return "the plan stays"

    return tool_from(carry_on_, name="carry_on", ends=True)
