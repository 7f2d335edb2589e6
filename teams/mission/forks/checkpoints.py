"""The places of a mission's journal from which another mission may begin.

Rule 1: there is one where the contract was planned, one where it was decided anew, and one after each task that was
    done. What happened between two of them belongs to nobody: it is what a kill there would have cost.
Rule 2: this reads events and writes nothing.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from onecontext.errors import UsageError
from teams.engine.event import Event
from teams.mission.contract import Contract, parse_contract
from teams.protocol.board.task import Task

PLANNED = "planned"


@dataclass(frozen=True)
class Done:
    """A task that was done: ``task`` is its id there, ``merge`` the data of its ``work.merged``, None without one."""

    key: str
    task: str
    author: str
    evidence: Mapping[str, Any]
    seq: int
    merge: Mapping[str, Any] | None


@dataclass(frozen=True)
class Checkpoint:
    """A mission as it was after the event ``seq``.

    Attributes:
        what: ``planned``, or the key of the task that was done then.
        commit: the tip of its branch; None: nothing had landed.
        remembered: the newest commit of each memory branch that the journal tells of, by branch.
        given_up: ids of assertions that are no longer asked for, or not as they were, to why.
    """

    seq: int
    at: datetime
    what: str
    contract: Contract
    done: tuple[Done, ...]
    commit: str | None
    remembered: Mapping[str, str]
    given_up: Mapping[str, str] = field(default_factory=dict)


def checkpoints(events: Iterable[Event]) -> list[Checkpoint]:
    """Return the checkpoints of a mission, oldest first; none before its contract was planned.

    Raises:
        NewerFormat, InvalidDocument: a recorded contract is not one this program knows.
    """
    found: list[Checkpoint] = []
    reading = _Reading()
    for event in events:
        what = reading.take(event)
        if what and reading.contract is not None:
            done = tuple(reading.done.values())
            commit, memory = reading.commit, dict(reading.remembered)
            less = dict(reading.given_up)
            found.append(Checkpoint(event.seq, event.at, what, reading.contract, done, commit, memory, less))
    return found


def choose(found: Sequence[Checkpoint], at: str | None) -> Checkpoint:
    """Return the checkpoint that ``at`` names: a number of an event (the newest not behind it), a task, ``planned``.

    None is the newest.

    Raises:
        UsageError: there is none like that.
    """
    if not found:
        raise UsageError("the mission has no contract yet, so there is nothing to begin from", hint="onecontext run")
    if at is None:
        return found[-1]
    name = at.removeprefix("#")
    if name.isdecimal() and not at.startswith("#"):
        fitting = [one for one in found if one.seq <= int(name)]
    else:
        fitting = [one for one in found if name in (one.what, one.done[-1].task if one.what != PLANNED else PLANNED)]
    if not fitting:
        known = ", ".join(f"{one.seq} ({one.what})" for one in found[:20])
        raise UsageError(
            f"there is no checkpoint {at!r}; there are {known}", hint="'onecontext fork --list' shows them"
        )
    return fitting[-1]


class _Reading:
    """What was seen so far."""

    def __init__(self) -> None:
        self.contract: Contract | None = None
        self.done: dict[str, Done] = {}
        self.commit: str | None = None
        self.remembered: dict[str, str] = {}
        self.given_up: dict[str, str] = {}
        self._merges: dict[str, Mapping[str, Any]] = {}

    def take(self, event: Event) -> str:
        """Take an event in; return what checkpoint it makes, "" for none."""
        data = event.data
        if event.type in ("mission.planned", "mission.decided") and data.get("contract"):
            self.contract = parse_contract(data["contract"], source=f"journal event {event.seq}")
            self.given_up |= dict.fromkeys(data.get("given_up") or [], str(data.get("reason", "")))
            return PLANNED
        if event.type == "work.merged" and event.task:
            self._merges[event.task], self.commit = data, data["commit"]
        elif event.type == "memory.committed" and isinstance(data.get("commit"), str):
            self.remembered[str(data.get("branch"))] = data["commit"]
        elif event.type in ("task.reopened", "task.deleted") and event.task:
            self.done.pop(event.task, None)
        elif event.type in ("task.completed", "task.finished") and event.task:
            return self._done(event.task, event)
        return ""

    def _done(self, task_id: str, event: Event) -> str:
        task = Task.parse(event.data["task"], source=f"journal event {event.seq}")
        merge = self._merges.get(task_id)
        self.done.pop(task_id, None)
        self.done[task_id] = Done(task.key, task_id, task.author or "", task.evidence, event.seq, merge)
        return task.key
