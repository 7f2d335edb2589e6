"""What builders of agents import, found on first use so that this module stays light."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from teams.agent.agent import Agent
    from teams.member.teammate import Teammate
    from teams.mission.entry import resume_mission, run_mission
    from teams.mission.workers.port import Assignment
    from teams.protocol.team import Team

__all__ = ["Agent", "Assignment", "Team", "Teammate", "resume_mission", "run_mission"]


_WHERE = {
    "Agent": "teams.agent.agent",
    "Assignment": "teams.mission.workers.port",
    "Team": "teams.protocol.team",
    "Teammate": "teams.member.teammate",
    "resume_mission": "teams.mission.entry",
    "run_mission": "teams.mission.entry",
}


def __getattr__(name: str) -> Any:
    if name in _WHERE:
        return getattr(import_module(_WHERE[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
