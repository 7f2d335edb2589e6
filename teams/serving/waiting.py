"""How a server waits: until something happens, a rest is over, or it is time to look again.

Rule 1: what is missed by whoever tells of changes is found by looking: never later than ``poll_s``.
"""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from teams.engine.watch import watch
from teams.mission.site import Site
from teams.protocol.board.task import Task
from teams.serving.dispatch import Dispatch
from teams.serving.fate import Clock
from teams.serving.workflow import Settings

LOOK_S = 1.0
"""Seconds between two looks while something is being done."""
LEAST_S = 0.01
_SLICE_S = 0.2
_CALLS_PER_S = 4.0


class Waiting:
    """Waits for the board of ``site`` and the folder of the workflow; ``wake`` ends it at once.

    Args:
        sleep: waits so many seconds where nothing is being done; None: really, and no longer than nothing happens.
    """

    def __init__(self, site: Site, beside: Path, *, clock: Clock, sleep: Callable[[float], None] | None) -> None:
        self._site = site
        self._folders = [site.team.root / "tasks" / site.team.name, beside]
        self._clock = clock
        self._sleep = sleep or self._really_sleep
        self.wake = threading.Event()

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Wake when a task or the workflow changes, for as long as a block takes."""
        watched = watch(self._folders, self.wake.set, calls_per_s=_CALLS_PER_S)
        try:
            yield
        finally:
            watched.close()

    def wait(self, dispatch: Dispatch, tasks: Sequence[Task], settings: Settings) -> None:
        """Wait for the next look."""
        if dispatch.jobs.all():
            self._really_sleep(min(LOOK_S, settings.poll_s))
            return
        now = self._clock()
        rests = [until for task in tasks if (until := dispatch.rests_until(task)) is not None]
        next_s = min(((until - now).total_seconds() for until in rests), default=settings.poll_s)
        self._sleep(max(LEAST_S, min(settings.poll_s, next_s)))

    def _really_sleep(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while not self._site.stop.is_set() and (left_s := end - time.monotonic()) > 0:
            if self.wake.wait(min(_SLICE_S, left_s)):
                return
