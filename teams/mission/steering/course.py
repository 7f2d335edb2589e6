"""Where a mission's decisions stand, as its journal tells: what was decided, and what waits to be.

Rule 1: nothing of it is kept anywhere else, so a decision that is on record outlives any crash, and is taken once.
Rule 2: an ending closes the account: whoever resumes after it may have the same thing decided once more.
"""

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from teams.engine.event import Event
from teams.mission.outcome import Outcome


@dataclass(frozen=True)
class Direction:
    """What a person wants otherwise: ``id`` is that of the event, ``by`` who said it."""

    id: str
    by: str
    text: str


@dataclass(frozen=True)
class Applied:
    """What the newest amendment asks of the board: keys of tasks to their attempt when it was made, and those to drop.

    The attempt is None where the task was not on the board.
    """

    tasks: Mapping[str, int | None]
    dropped: Sequence[str]
    reason: str


class Course:
    """Follows the events of one mission. Safe for threads."""

    def __init__(self, mission: str) -> None:
        self._mission = mission
        self._lock = threading.Lock()
        self._directions: dict[str, Direction] = {}
        self._decided: set[tuple[str, int]] = set()
        self._given_up: dict[str, str] = {}
        self._decisions = 0
        self._pivots = 0
        self._applied: Applied | None = None
        self._stop: Outcome | None = None

    def apply(self, event: Event) -> None:
        """Take the next event of the journal in."""
        if event.mission != self._mission:
            return
        with self._lock:
            if event.type == "mission.redirected":
                text = str(event.data.get("text", ""))
                self._directions[event.id] = Direction(event.id, str(event.data.get("by", "")), text)
            elif event.type == "mission.forked":
                self._given_up |= {str(name): str(why) for name, why in (event.data.get("given_up") or {}).items()}
            elif event.type == "mission.decided":
                self._decide(event.data)
            elif event.type == "mission.ended":
                self._decided.clear()
                self._pivots, self._stop = 0, None

    @property
    def directions(self) -> tuple[Direction, ...]:
        """What persons have said that nobody has answered, oldest first."""
        with self._lock:
            return tuple(self._directions.values())

    @property
    def decisions(self) -> int:
        """How many there have been."""
        return self._decisions

    @property
    def pivots(self) -> int:
        """How many there have been because of failure, since the mission ended last."""
        return self._pivots

    @property
    def given_up(self) -> Mapping[str, str]:
        """Ids of assertions that are no longer asked for, or not as they were, to why."""
        with self._lock:
            return dict(self._given_up)

    @property
    def applied(self) -> Applied | None:
        """What the newest amendment asks of the board; None before the first."""
        return self._applied

    @property
    def stop(self) -> Outcome | None:
        """The end that was decided and has not come yet; None while there is none."""
        return self._stop

    def is_decided(self, task: str, attempt: int) -> bool:
        """Say whether something was decided about the failure of this attempt at this task."""
        with self._lock:
            return (task, attempt) in self._decided

    def _decide(self, data: Mapping[str, Any]) -> None:
        self._decisions += 1
        about = [tuple(one) for one in data.get("about") or []]
        self._pivots += bool(about)
        self._decided |= {(str(one[0]), int(one[1])) for one in about}
        for answered in data.get("answers") or []:
            self._directions.pop(answered, None)
        reason = str(data.get("reason", ""))
        self._given_up |= dict.fromkeys(data.get("given_up") or [], reason)
        if data.get("contract"):
            self._applied = Applied(data.get("tasks") or {}, data.get("dropped") or [], reason)
        if data.get("choice") == "stop":
            self._stop = Outcome(str(data.get("ending") or "blocked"), reason)
