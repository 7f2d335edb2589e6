"""Playing a recorded journal as if it happened now.

Rule 1: ages are counted from the newest event shown, not from the clock on the wall.
Rule 2: a pause of the recording longer than a few seconds is shortened; nobody watches a night go by.
"""

import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

from onecontext.errors import Damaged, UsageError
from teams.engine.event import Event
from tui.projection.state import Monitor
from tui.snapshot import Snapshot
from tui.sources.reader import Reader

LONGEST_PAUSE_S = 4.0
STEP_S = 0.05


def load(path: Path) -> list[Event]:
    """Return the events of a recorded journal.

    Raises:
        UsageError: there is no such file.
        Damaged: nothing in it can be read.
    """
    reader, events = Reader(path), []
    while batch := reader.poll():
        events += batch
    if not reader.found:
        raise UsageError(f"there is no journal {path}")
    if reader.trouble and not events:
        raise Damaged(reader.trouble)
    return events


def delays_s(events: Sequence[Event], speed: float) -> list[float]:
    """Return how long to wait before each event; ``speed`` 2 is twice as fast as it happened, 0 is at once."""
    if speed <= 0 or not events:
        return [0.0] * len(events)
    gaps = [(later.at - earlier.at).total_seconds() for earlier, later in pairwise(events)]
    return [0.0, *(min(max(0.0, gap) / speed, LONGEST_PAUSE_S) for gap in gaps)]


class Replay:
    """Hands over the pictures of a recorded run, one after the other."""

    def __init__(self, events: Sequence[Event], speed: float) -> None:
        self._events = events
        self._delays = delays_s(events, speed)
        self._closed = threading.Event()
        self._thread: threading.Thread | None = None

    def catch_up(self) -> Snapshot:
        """Return the picture at the end."""
        monitor = Monitor()
        for event in self._events:
            monitor.apply(event)
        return monitor.snapshot()

    def start(self, show: Callable[[Snapshot], None]) -> None:
        """Play from a thread of our own."""
        self._thread = threading.Thread(target=self._run, args=(show,), name="monitor-replay", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop and wait for the thread."""
        self._closed.set()
        if self._thread:
            self._thread.join()

    def _run(self, show: Callable[[Snapshot], None]) -> None:
        monitor, saved_s = Monitor(), 0.0
        for event, delay_s in zip(self._events, self._delays, strict=True):
            saved_s += delay_s
            # Many events in one moment are one picture.
            if saved_s >= STEP_S:
                show(monitor.snapshot())
                if self._closed.wait(saved_s):
                    return
                saved_s = 0.0
            monitor.apply(event)
        show(replace(monitor.snapshot(), trouble=""))
