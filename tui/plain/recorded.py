"""A recording told event by event, as far apart as they were.

Rule 1: every event is told once, in order: at once where no pauses are wanted, from the place on where it is to begin.
"""

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace

from teams.engine.event import Event
from tui.projection.attention import as_of
from tui.projection.playhead import delay_s
from tui.projection.state import Monitor
from tui.projection.targets import Target
from tui.snapshot import Moment, Snapshot
from tui.sources.reader import Reader
from tui.sources.recording import Recording

BETWEEN_SNAPSHOTS_S = 0.1
Heard = Callable[[Event, Monitor], None]


class Recorded:
    """Tells ``recording``; ``speed`` is in times of how fast it was, 0: at once. The last picture has a moment.

    Args:
        at: where to begin; None is the beginning.
    """

    def __init__(self, recording: Recording, speed: float, *, at: Target | None = None) -> None:
        self.heard: Heard | None = None
        self._recording, self._speed, self._at = recording, speed, at
        self._reader, self._monitor = Reader(recording.path), Monitor()
        self._closed = threading.Event()
        self._thread: threading.Thread | None = None

    def catch_up(self) -> Snapshot:
        """Return the picture where it is to begin."""
        if self._at is not None:
            self._recording.read_all()
            for event in self._events(self._at.place(self._recording) or 0):
                self._monitor.apply(event)
        return self._monitor.snapshot()

    def start(self, show: Callable[[Snapshot], None]) -> None:
        """Tell what comes then, from a thread of our own."""
        thread = threading.Thread(target=self._run, args=(show,), name="monitor-recorded", daemon=True)
        thread.start()
        # Only now: ^C may come while it starts, and a thread that did not start cannot be waited for.
        self._thread = thread

    def close(self) -> None:
        """Stop and wait for the thread."""
        self._closed.set()
        if self._thread:
            self._thread.join()

    def _events(self, until: float = float("inf")) -> Iterator[Event]:
        while self._reader.seq < until and (batch := self._reader.poll(int(min(until - self._reader.seq, 500)))):
            yield from batch

    def _run(self, show: Callable[[Snapshot], None]) -> None:
        shown_s, before = 0.0, None
        for event in self._events():
            if before is not None and self._speed > 0:
                self._closed.wait(delay_s((event.at - before).total_seconds(), self._speed))
            if self._closed.is_set():
                return
            before = event.at
            self._monitor.apply(event)
            if self.heard:
                self.heard(event, self._monitor)
            if time.monotonic() - shown_s >= BETWEEN_SNAPSHOTS_S:
                show(self._monitor.snapshot())
                shown_s = time.monotonic()
        snapshot, count = self._monitor.snapshot(), self._reader.seq
        at = snapshot.last_event_at
        moment = Moment(count, count, at, 0.0, self._speed, playing=False) if at else None
        snapshot = as_of(snapshot, at) if at else snapshot
        show(replace(snapshot, moment=moment, trouble=self._reader.trouble))
