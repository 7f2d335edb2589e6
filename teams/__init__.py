"""Agents that work together in a folder of files.

Rule 1: importing this package loads nothing heavy; ``Agent``, ``Team``, ``run_mission`` and the others are looked up on
    first use.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from teams.api import Agent, Assignment, Team, Teammate, resume_mission, run_mission

__all__ = ["Agent", "Assignment", "Team", "Teammate", "resume_mission", "run_mission"]


def __getattr__(name: str) -> Any:
    if name in __all__:
        import teams.api

        return getattr(teams.api, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
