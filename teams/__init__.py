"""Agents that work together in a folder of files.

Rule 1: importing this package loads nothing heavy; ``Agent``, ``Team`` and ``Teammate`` are looked up on first use.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from teams.api import Agent, Team, Teammate

__all__ = ["Agent", "Team", "Teammate"]


def __getattr__(name: str) -> Any:
    if name in __all__:
        import teams.api

        return getattr(teams.api, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
