"""Following a run, or playing a recording, as lines: what happens is told as it happens, and how it stands when asked.

Rule 1: the source works in a thread of its own; lines are written by the main thread alone, each at once.
Rule 2: SIGUSR1 asks for the summary. ^C, and a reader that went away, end it without a word.
Rule 3: nothing is written anywhere but to the output.
"""

import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from queue import Empty, SimpleQueue
from typing import NamedTuple, Protocol

from onecontext.cli.output import Output
from onecontext.errors import ENDING_EXIT_CODES, INTERRUPTED_EXIT_CODE, Damaged
from teams.engine.event import Event
from tui.plain.raised import Raised
from tui.plain.words import died_line, event_line, summary_lines, trouble_line
from tui.projection.gone import unrecorded
from tui.projection.state import Monitor
from tui.snapshot import Snapshot

DAMAGE = "the journal is damaged"
ODD_ENDING_EXIT_CODE = 1
Heard = Callable[[Event, Monitor], None]


class Following(Protocol):
    """A source that tells each event as well (:class:`tui.sources.follow.Follower`)."""

    heard: Heard | None

    def catch_up(self) -> Snapshot: ...
    def start(self, show: Callable[[Snapshot], None]) -> None: ...
    def close(self) -> None: ...


class Wanted(NamedTuple):
    """How it is told: ``every_s`` seconds a summary (None: when asked for), and until when."""

    every_s: float | None = None
    until_ended: bool = False
    recorded: bool = False
    """It is no run that goes on: it ends with the recording, and times are those of the recording."""


class _Asked:
    """The word for a summary that is wanted now."""


Item = str | Snapshot | type[_Asked]
"""A line to be told, a picture to be taken in, or the wish for a summary."""


def follow(source: Following, out: Output, wanted: Wanted) -> int:
    """Tell what happens until there is no more of it, or the mission ended, or ^C; return the exit code.

    With ``--json`` each change is one document on a line, else each event that says something is a line of words.

    A damaged journal ends it where its end is waited for, and a recording where it is damaged, with that exit code.
    """
    queue: SimpleQueue[Item] = SimpleQueue()
    teller = _Teller(out, wanted)
    try:
        with asked_by_signal(lambda: queue.put(_Asked)):
            code = teller.begin(source.catch_up())
            if code is not None:
                return code
            if not out.json:
                source.heard = _hearing(queue.put)
            source.start(queue.put)
            return _pass_on(queue, teller, json=out.json)
    except KeyboardInterrupt:
        return INTERRUPTED_EXIT_CODE
    finally:
        source.close()


def _pass_on(queue: SimpleQueue[Item], teller: "_Teller", *, json: bool) -> int:
    while True:
        try:
            item = queue.get(timeout=teller.rest_s())
        except Empty:
            item = _Asked
        if isinstance(item, str):
            teller.say(item)
        elif isinstance(item, Snapshot):
            while json and isinstance(later := _at_hand(queue), Snapshot):
                item = later
            if (code := teller.take(item)) is not None:
                return code
        else:
            teller.summarize()


def _at_hand(queue: SimpleQueue[Item]) -> Item | None:
    """Return what waits already; None: nothing does. Of many documents that were not read yet the newest is enough."""
    try:
        return queue.get_nowait()
    except Empty:
        return None


def _hearing(put: Callable[[str], None]) -> Heard:
    raised = Raised()

    def heard(event: Event, monitor: Monitor) -> None:
        line = event_line(event, monitor.task_name(event.task or ""), raised.by(event, monitor), zone=None)
        if line:
            put(line)

    return heard


class _Teller:
    """Writes lines or documents, and knows when it is over."""

    def __init__(self, out: Output, wanted: Wanted) -> None:
        self._out = out
        self._wanted = wanted
        self._snapshot = Snapshot()
        self._trouble = ""
        self._due_s = time.monotonic() + (wanted.every_s or 0.0)

    def begin(self, snapshot: Snapshot) -> int | None:
        """Tell how it stands; return the exit code when that was all."""
        self._snapshot, self._trouble = snapshot, snapshot.trouble
        if self._out.json or not self._wanted.recorded or snapshot.totals.events:
            self.summarize()
        return self._over()

    def take(self, snapshot: Snapshot) -> int | None:
        """Take in a picture; return the exit code when it is the last."""
        before, self._snapshot = self._snapshot, snapshot
        if self._out.json:
            if snapshot != before:
                self._out.answer(snapshot, "")
            return self._over()
        if before.team and snapshot.team != before.team:
            self.say(f"now of team {snapshot.team}")
        if snapshot.trouble and snapshot.trouble != self._trouble:
            self.say(trouble_line(snapshot.trouble))
        self._trouble = snapshot.trouble
        missed = unrecorded(before)
        for number, item in unrecorded(snapshot).items():
            if number not in missed:
                self.say(died_line(item, zone=None))
        code = self._over()
        if code is not None:
            self.summarize()
        return code

    def rest_s(self) -> float | None:
        """Return how long until a summary is due; None: until one is asked for."""
        return max(0.0, self._due_s - time.monotonic()) if self._wanted.every_s and not self._out.json else None

    def summarize(self) -> None:
        """Tell how it stands."""
        if self._wanted.every_s:
            self._due_s = time.monotonic() + self._wanted.every_s
        if self._out.json:
            self._out.answer(self._snapshot, "")
            return
        last = self._snapshot.last_event_at
        now = last if self._wanted.recorded and last else datetime.now(UTC)
        for line in summary_lines(self._snapshot, now=now, zone=None):
            self.say(line)

    def say(self, line: str) -> None:
        self._out.answer(None, line)

    def _over(self) -> int | None:
        snapshot, mission = self._snapshot, self._snapshot.mission
        if (self._wanted.recorded and snapshot.moment is None) or not (
            self._wanted.recorded or self._wanted.until_ended
        ):
            return None
        if snapshot.trouble.startswith(DAMAGE):
            return Damaged.exit_code
        if self._wanted.until_ended and mission is not None and mission.ending is not None:
            return ENDING_EXIT_CODES.get(mission.ending, ODD_ENDING_EXIT_CODE)
        return (ODD_ENDING_EXIT_CODE if self._wanted.until_ended else 0) if self._wanted.recorded else None


@contextmanager
def asked_by_signal(ask: Callable[[], None]) -> Iterator[None]:
    """Call ``ask`` at each SIGUSR1, where there is one and this is the main thread."""
    number = getattr(signal, "SIGUSR1", None)
    if number is None or threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(number, lambda *_: ask())
    try:
        yield
    finally:
        signal.signal(number, before)
