"""What builders of agents import, found on first use so that this module stays light."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from teams.agent.agent import Agent
    from teams.member.teammate import Teammate
    from teams.protocol.team import Team

__all__ = ["Agent", "Team", "Teammate"]


def __getattr__(name: str) -> Any:
    if name == "Agent":
        from teams.agent.agent import Agent

        return Agent
    if name == "Team":
        from teams.protocol.team import Team

        return Team
    if name == "Teammate":
        from teams.member.teammate import Teammate

        return Teammate
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
