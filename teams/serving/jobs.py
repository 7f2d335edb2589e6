"""What is being done for the tasks of a board just now, each in a thread, each to be called off by itself.

Rule 1: a job that is called off ends at its next step, and what it then says changes nothing.
"""

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Literal

from teams.protocol.board.task import Task

MOST_THREADS = 64 + 1
"""The most workers there may be, and a validator."""


@dataclass(eq=False)
class Job:
    """One thing that is done for a task.

    Attributes:
        task: as it was when this began; of work, as it was claimed.
        agent: who does it.
        stop: ends it at its next step.
        called_off: why it was, "" while it was not.
    """

    kind: Literal["work", "judge"]
    task: Task
    agent: str
    stop: threading.Event
    future: "Future[None]" = field(default_factory=Future)
    called_off: str = ""


class Jobs:
    """The jobs of one board. ``wake`` is set whenever one comes to its end."""

    def __init__(self, pool: ThreadPoolExecutor, wake: threading.Event) -> None:
        self._pool = pool
        self._wake = wake
        self._jobs: list[Job] = []

    def begin(self, job: Job, work: Callable[[], None]) -> None:
        """Do ``work`` in a thread of its own."""
        job.future = self._pool.submit(work)
        self._jobs.append(job)
        job.future.add_done_callback(lambda _: self._wake.set())

    def ended(self) -> list[Job]:
        """Return those that came to their end since the last time; they are jobs no more."""
        over = [job for job in self._jobs if job.future.done()]
        self._jobs = [job for job in self._jobs if job not in over]
        return over

    def all(self) -> list[Job]:
        """Return those that have not ended, also those that were called off."""
        return list(self._jobs)

    def current(self, kind: str | None = None) -> list[Job]:
        """Return those that were not called off."""
        return [job for job in self._jobs if not job.called_off and kind in (None, job.kind)]

    def busy(self) -> set[str]:
        """Return the names of those who do something, also of those who were called off and have not ended."""
        return {job.agent for job in self._jobs}

    def stop_all(self) -> None:
        """Let all of them end at their next step."""
        for job in self._jobs:
            job.stop.set()
