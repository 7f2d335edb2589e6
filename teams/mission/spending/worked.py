"""How long a mission has worked before, read from its journal.

Rule 1: a run goes from ``mission.started`` or ``mission.resumed`` to the event that ends it; of one that was killed, to
    the last thing that one of its agents did: what others wrote later is not its time.
Rule 2: between a word to pause and its end no time runs.
"""

from collections.abc import Iterable
from datetime import datetime

from teams.engine.event import Event
from teams.mission.site import LEAD
from teams.mission.spending.purse import Kind
from teams.protocol.board.task import Task

_MADE = ("task.created", "task.imported")
_BEGINS = ("mission.started", "mission.resumed")
_ENDS = ("mission.ended", "mission.interrupted")
_WORK = ("attempt.", "agent.", "tool.", "model.", "verify.", "verdict.", "work.", "memory.")


class _Reading:
    """What was counted up to an event."""

    def __init__(self, mission: str) -> None:
        self.worked: dict[tuple[Kind, str], float] = {}
        self._mission = mission
        self._keys: dict[str, str] = {}
        self._at: datetime | None = None
        """Until when the run is counted; None between runs."""
        self._paused_at: datetime | None = None
        self._paused_s = 0.0
        """Of the pauses that are over, since ``_at``."""
        self._open: dict[str, str] = {}
        """Agents in an attempt to the key of its task, "" for the plan."""

    def take(self, event: Event) -> None:
        """Count the time up to ``event``."""
        if event.type in _MADE and event.task:
            self._keys[event.task] = Task.parse(event.data["task"], source=f"event {event.seq}").key
        elif event.type in _BEGINS:
            self._at, self._paused_at, self._paused_s = event.at, None, 0.0
            self._open.clear()
        elif event.type in ("mission.halted", "mission.released"):
            self._hold(event)
        elif event.type in _ENDS:
            if event.agent == LEAD:
                # Else somebody ended it for a run that was dead.
                self._reach(event.at)
            self._at = None
        elif event.type.startswith(_WORK):
            self._reach(event.at)
            self._work(event)

    def _work(self, event: Event) -> None:
        agent = event.agent or ""
        if event.type == "attempt.started":
            self._open[agent] = self._keys.get(event.task or "", event.task or "")
        elif event.type == "attempt.ended":
            self._open.pop(agent, None)
        elif agent not in self._open:
            # Who judges has no attempt of their own: their calls and commands say how long they took.
            took = event.data.get("latency_s", event.data.get("duration_s", 0.0))
            if isinstance(took, int | float) and 0 <= took < 1e9:
                self._add(("agent", agent), float(took))

    def _hold(self, event: Event) -> None:
        """Note where a pause begins or ends; it is left out when a later event shows that the run went on."""
        if event.type == "mission.halted" and event.data.get("word") == "pause":
            self._paused_at = self._paused_at or event.at
        elif self._paused_at is not None:
            self._paused_s += max((event.at - self._paused_at).total_seconds(), 0.0)
            self._paused_at = None

    def _reach(self, at: datetime) -> None:
        if self._at is None:
            return
        if self._paused_at is not None:
            self._paused_s += max((at - self._paused_at).total_seconds(), 0.0)
            self._paused_at = at
        passed_s = max((at - self._at).total_seconds() - self._paused_s, 0.0)
        self._at, self._paused_s = max(self._at, at), 0.0
        self._add(("mission", self._mission), passed_s)
        for agent, key in self._open.items():
            self._add(("agent", agent), passed_s)
            if key:
                self._add(("task", key), passed_s)

    def _add(self, which: tuple[Kind, str], seconds: float) -> None:
        self.worked[which] = self.worked.get(which, 0.0) + seconds


def worked_before(events: Iterable[Event], mission: str) -> dict[tuple[Kind, str], float]:
    """Return the seconds that the mission, its tasks (by key) and its agents have worked, by kind and name."""
    reading = _Reading(mission)
    for event in events:
        # Tasks of whatever mission, or none: a board may be served that others put tasks on.
        if event.mission == mission or event.type in _MADE:
            reading.take(event)
    return reading.worked
