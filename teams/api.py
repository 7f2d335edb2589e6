"""What builders of agents import: ``Agent`` and ``Team``, found on first use so that this module stays light."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from teams.agent.agent import Agent
    from teams.protocol.team import Team

__all__ = ["Agent", "Team"]


def __getattr__(name: str) -> Any:
    if name == "Agent":
        from teams.agent.agent import Agent

        return Agent
    if name == "Team":
        from teams.protocol.team import Team

        return Team
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
