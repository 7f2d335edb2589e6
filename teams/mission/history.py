"""What a mission's journal says about it so far: enough to go on after any crash.

Rule 1: nothing about a mission is kept anywhere else; this reads the journal and decides nothing.
Rule 2: the journal may be anybody's: an event of ours that lacks what it must have is damage, told with its number.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from onecontext.errors import Damaged
from onecontext.text.validation import first_problem
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
    """How many work at once, as it was said last."""
    sandbox: str
    max_attempts: int
    """At one task before it is blocked, as it was said last."""
    budget: Mapping[str, Any] = field(default_factory=dict)
    """As it was allowed last, in the words of ``onecontext.toml``; empty where nothing was limited."""
    playbook: Mapping[str, Any] | None = None
    """Of a play: its document, its inputs and where it came from (:mod:`teams.playbook.record`); None: a plain goal."""
    who: Mapping[str, str] = field(default_factory=dict)
    """Who works, by role, where that is not the built-in agent; as a person said it last."""
    address: str = ""
    """Where its models were asked last, if not at their providers' own ("" there), as a person said it."""
    memory: str = ""
    """The branch of its memory; "": of an earlier version, which used whichever was the current one."""
    forked_from: str = ""
    """Of a fork: the mission that it comes from; "" for any other."""
    forked: Mapping[str, Any] | None = None
    """Of a fork: the data of ``mission.forked``; without it the fork was cut short before it was whole."""
    most_workers: int = 0
    """The largest that ``workers`` ever was: so many may have held tasks. Unlike ``workers`` it never shrinks."""
    contract: Contract | None = None
    ending: str | None = None
    reason: str = ""
    commit: str | None = None
    serving: bool = False
    """Whether it is a board that is served: its tasks are what others put there, and there is no contract."""
    merged: dict[str, str] = field(default_factory=dict)
    """Task ids to the merge commit that holds their work."""
    accepted: str = ""
    """The newest merge that was accepted, the base before the first: what tests are pinned at."""


def read_history(events: Iterable[Event]) -> History | None:
    """Return the mission that these events tell of, or None when none was started; those of :data:`TYPES` are enough.

    Raises:
        NewerFormat, InvalidDocument: the recorded contract is not one this program knows.
        Damaged: an event lacks what it must have.
    """
    history: History | None = None
    for event in events:
        if event.type in TYPES:
            try:
                history = _with(history, event)
            except (KeyError, TypeError, ValidationError) as error:
                what = first_problem(error) if isinstance(error, ValidationError) else f"it lacks {error}"
                raise Damaged(f"event {event.seq} of the journal is no {event.type}: {what}") from error
    return history


TYPES = frozenset(
    {
        "mission.started",
        "mission.forked",
        "mission.planned",
        "mission.decided",
        "work.merged",
        "mission.ended",
        "mission.interrupted",
        "mission.resumed",
    }
)


class _Started(BaseModel):
    """What ``mission.started`` must say."""

    model_config = ConfigDict(frozen=True, strict=True, extra="ignore")

    goal: str
    branch: str
    base: str
    model: str
    workers: int = Field(ge=1)
    sandbox: str
    max_attempts: int = Field(ge=1)
    budget: dict[str, Any] = {}
    playbook: dict[str, Any] | None = None
    serving: bool = False
    who: dict[str, str] = {}
    address: str = ""
    memory: str = ""
    forked_from: str = ""


class _Resumed(BaseModel):
    """What ``mission.resumed`` may say of how it goes on; what it does not say is as before."""

    model_config = ConfigDict(frozen=True, strict=True, extra="ignore")

    workers: int = Field(default=1, ge=1)
    max_attempts: int = Field(default=1, ge=1)
    budget: dict[str, Any] = {}
    who: dict[str, str] = {}
    address: str = ""


class _Forked(BaseModel):
    """What ``mission.forked`` must say."""

    model_config = ConfigDict(frozen=True, strict=True, extra="allow")

    done: list[dict[str, Any]]


def _with(history: History | None, event: Event) -> History | None:
    """Return ``history`` with what the event says; None before the mission was started."""
    data = event.data
    if event.type == "mission.started":
        started = _Started.model_validate(data)
        return History(
            mission=event.mission or "", accepted=started.base, most_workers=started.workers, **dict(started)
        )
    if history is None:
        return None
    if event.type == "mission.planned" or (event.type == "mission.decided" and data.get("contract")):
        history.contract = parse_contract(data["contract"], source=f"journal event {event.seq}")
    elif event.type == "mission.forked":
        history.forked = _Forked.model_validate(data).model_dump()
    elif event.type == "work.merged" and event.task:
        history.merged[event.task] = history.accepted = data["commit"]
    elif event.type == "mission.ended":
        history.ending, history.reason, history.commit = data["ending"], data["reason"], data["commit"]
    elif event.type == "mission.interrupted":
        history.reason = data["reason"]
    elif event.type == "mission.resumed":
        history.ending, history.reason = None, ""
        for name, value in _Resumed.model_validate(data).model_dump(exclude_unset=True).items():
            setattr(history, name, value)
        history.most_workers = max(history.most_workers, history.workers)
    return history
