"""What a mission's journal says about it so far: enough to go on after any crash.

Rule 1: nothing about a mission is kept anywhere else; this reads the journal and decides nothing.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from teams.engine.event import Event
from teams.mission.contract import Contract, parse_contract


@dataclass
class History:
    """A mission as its journal tells it. ``contract`` is None before the plan, ``ending`` None before the end."""

    mission: str
    goal: str
    branch: str
    base: str
    model: str
    workers: int
    sandbox: str
    max_attempts: int
    budget: Mapping[str, Any] = field(default_factory=dict)
    """As it was allowed last, in the words of ``onecontext.toml``; empty where nothing was limited."""
    contract: Contract | None = None
    ending: str | None = None
    reason: str = ""
    commit: str | None = None
    merged: dict[str, str] = field(default_factory=dict)
    """Task ids to the merge commit that holds their work."""


def read_history(events: Iterable[Event]) -> History | None:
    """Return the mission that these events tell of, or None when none was started.

    Raises:
        NewerFormat, InvalidDocument: the recorded contract is not one this program knows.
    """
    history: History | None = None
    for event in events:
        data = event.data
        if event.type == "mission.started":
            history = History(
                mission=event.mission or "",
                goal=data["goal"],
                branch=data["branch"],
                base=data["base"],
                model=data["model"],
                workers=data["workers"],
                sandbox=data["sandbox"],
                max_attempts=data["max_attempts"],
                budget=data.get("budget", {}),
            )
        elif history is None:
            continue
        elif event.type == "mission.planned" or (event.type == "mission.decided" and data.get("contract")):
            history.contract = parse_contract(data["contract"], source=f"journal event {event.seq}")
        elif event.type == "work.merged" and event.task:
            history.merged[event.task] = data["commit"]
        elif event.type == "mission.ended":
            history.ending, history.reason, history.commit = data["ending"], data["reason"], data["commit"]
        elif event.type == "mission.resumed":
            history.ending = None
            history.budget = data.get("budget", history.budget)
    return history
