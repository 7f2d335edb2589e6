"""How long a mission, its tasks and its agents have worked, and when that is enough.

Rule 1: a mission's time is that of the wall while a process runs it; a task's is that of its attempts; an agent's is
    that of its work: planning, attempts, judging. A pause counts for none of them.
Rule 2: what ran before a resume is read from the journal, like all that was spent (``worked.py``).
Rule 3: who has no time left begins nothing more: an agent ends before its next call of a model, and when the mission
    has none left, all of them do. What is at work just then comes to its end.
"""

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import TracebackType

from onecontext.errors import BudgetExhausted
from teams.engine.regular import Regular
from teams.mission.spending.purse import Kind

LOOK_S = 0.25
Allowed = Mapping[Kind, float | None]
"""Seconds that the mission, each task and each agent may work; None is as long as it takes."""


class WorkTime:
    """The time of one mission; it runs as long as the ``with`` block lasts. Safe for threads.

    Args:
        name: the mission's.
        before: returns what was worked before, by kind and name; called once, when the block begins.
        stop: is set when the mission has no time left; ``exhausted`` then says so, and is "" until then.
        pause: while it is set no time runs.
    """

    def __init__(
        self,
        name: str,
        allowed: Allowed,
        *,
        stop: threading.Event,
        pause: threading.Event,
        before: Callable[[], Mapping[tuple[Kind, str], float]] = dict,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.exhausted = ""
        self._name = name
        self._allowed = allowed
        self._stop = stop
        self._pause = pause
        self._read_before = before
        self._clock = clock
        self._limited = any(seconds is not None for seconds in allowed.values())
        self._lock = threading.Lock()
        self._looked_at: float | None = None
        self._running_s = 0.0
        """How long the mission has run in this process, without pauses."""
        self._worked: dict[tuple[Kind, str], float] = {}
        self._looking = Regular(self.look, every_s=LOOK_S, name="time of the mission")

    def __enter__(self) -> "WorkTime":
        if self._limited:
            self._worked = dict(self._read_before())
            self._looked_at = self._clock()
            self._looking.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._limited:
            self._looking.__exit__(kind, error, trace)

    def look(self) -> None:
        """Count the time since the last look, and stop the mission when it has none left."""
        with self._lock:
            self._count()
            if self._left("mission", self._name) <= 0 and not self.exhausted:
                self.exhausted = self._told("mission", self._name)
                self._stop.set()

    @contextmanager
    def working(self, agent: str, task: str | None = None) -> Iterator[None]:
        """Count the block for the agent, and for the task with that key.

        Raises:
            BudgetExhausted: one of them, or the mission, has no time left; nothing was begun.
        """
        self.check(agent, task)
        began_s = self._now_s()
        try:
            yield
        finally:
            took_s = self._now_s() - began_s
            with self._lock:
                for which in self._of(agent, task):
                    self._worked[which] = self._worked.get(which, 0.0) + took_s

    def check(self, agent: str | None = None, task: str | None = None) -> None:
        """Say nothing while there is time left.

        Raises:
            BudgetExhausted: the mission, the agent (None: no agent is asked about) or the task has none.
        """
        with self._lock:
            self._count()
            for kind, name in [("mission", self._name), *self._of(agent, task)]:
                if self._left(kind, name) <= 0:
                    raise BudgetExhausted(self._told(kind, name), kind=kind, name=name)

    def left_s(self, agent: str, task: str | None = None) -> float | None:
        """Return how long the agent may work on the task from now on; None: as long as it takes."""
        with self._lock:
            self._count()
            left = min(self._left(kind, name) for kind, name in [("mission", self._name), *self._of(agent, task)])
        return None if left == float("inf") else max(left, 0.0)

    def _of(self, agent: str | None, task: str | None) -> list[tuple[Kind, str]]:
        named: list[tuple[Kind, str | None]] = [("agent", agent), ("task", task)]
        return [(kind, name) for kind, name in named if name is not None]

    def _now_s(self) -> float:
        with self._lock:
            self._count()
            return self._running_s

    def _count(self) -> None:
        if self._looked_at is None:
            return
        now = self._clock()
        if not self._pause.is_set():
            self._running_s += now - self._looked_at
        self._looked_at = now

    def _left(self, kind: Kind, name: str) -> float:
        allowed = self._allowed.get(kind)
        return float("inf") if allowed is None else allowed - self._worked_s(kind, name)

    def _worked_s(self, kind: Kind, name: str) -> float:
        return self._worked.get((kind, name), 0.0) + (self._running_s if kind == "mission" else 0.0)

    def _told(self, kind: Kind, name: str) -> str:
        whose = name if kind == "mission" else f"{kind} {name}"
        allowed = self._allowed.get(kind)
        return f"the budget of {whose} has no time left: {self._worked_s(kind, name):,.0f} of {allowed:,.0f} s are over"
