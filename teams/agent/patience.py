"""Giving up on a call that gives no sign of life, so that one that hangs does not hang its agent.

Rule 1: what is alive says so: a piece of a reply, a word that it waits for its turn. That its process or its thread is
    still there says nothing.
Rule 2: Python ends no thread from outside. A call that was given up goes on by itself until it next gives a sign: that
    raises :class:`Stuck` in it. What it returns is dropped, and its thread keeps no process from ending.
Rule 3: where no silence is too long, nothing of this runs: the call is made in the caller's own thread.
"""

import queue
import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Any, TypeVar, cast

T = TypeVar("T")


class Stuck(Exception):
    """A call gave no sign of life and was given up; whether it took effect, or still will, nobody knows."""


class Patience:
    """Makes the calls of one run, one after the other, in a thread of its own; left, it lets that thread end.

    Args:
        silence_s: seconds without a sign of life after which a call is given up; None: never.
    """

    def __init__(self, silence_s: float | None, clock: Callable[[], float] = time.monotonic) -> None:
        self._silence_s = silence_s
        self._clock = clock
        self._jobs: queue.SimpleQueue[_Call | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._here = threading.local()
        """Which call the thread that looks here is making."""

    def __enter__(self) -> "Patience":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._thread is not None:
            self._jobs.put(None)
            self._thread = None

    def call(self, do: Callable[[], T]) -> T:
        """Return what ``do`` returns, or raise what it raises.

        Raises:
            Stuck: it gave no sign of life for too long.
        """
        if self._silence_s is None:
            return do()
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, args=(self._jobs,), name="agent-call", daemon=True)
            self._thread.start()
        call = _Call(do, self._clock())
        self._jobs.put(call)
        return cast(T, self._wait(call, self._silence_s))

    def sign(self) -> None:
        """Note a sign of life of the call that this thread makes.

        Raises:
            Stuck: the call was given up; it should end.
        """
        call: _Call | None = getattr(self._here, "call", None)
        if call is None:
            return
        if call.given_up:
            raise Stuck("was given up")
        call.heard = self._clock()

    def _wait(self, call: "_Call", silence_s: float) -> Any:
        while True:
            left = call.heard + silence_s - self._clock()
            if left <= 0:
                call.given_up = True
                # The next call gets a thread of its own: this one is busy for who knows how long, and then ends.
                self._jobs.put(None)
                self._jobs, self._thread = queue.SimpleQueue(), None
                raise Stuck(f"gave no sign of life for {silence_s:g} s and was given up")
            try:
                value, error = call.outcome.get(timeout=left)
            except queue.Empty:
                continue
            if error is not None:
                raise error
            return value

    def _work(self, jobs: "queue.SimpleQueue[_Call | None]") -> None:
        while (call := jobs.get()) is not None:
            self._here.call = call
            try:
                call.outcome.put((call.do(), None))
            except BaseException as error:  # noqa: BLE001  # raised again in the thread that waits for it
                call.outcome.put((None, error))
            # Nothing of a call that is over may be kept while this waits for the next.
            del self._here.call, call


class _Call:
    __slots__ = ("do", "given_up", "heard", "outcome")

    def __init__(self, do: Callable[[], Any], now: float) -> None:
        self.do = do
        self.heard = now
        self.given_up = False
        self.outcome: queue.SimpleQueue[tuple[Any, BaseException | None]] = queue.SimpleQueue()
