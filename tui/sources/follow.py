"""Following a journal: a thread that reads, projects and hands snapshots over.

Rule 1: the thread owns the reader and the projection; what it hands over is frozen.
Rule 2: it wakes when the folder changes, and once a second in case nobody said so.
Rule 3: however many events come, no more than fifteen snapshots a second are handed over; while a long journal
    is read, one every third of a second, so that reading it is what takes the time.
"""

import math
import os
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from teams.engine.event import Event
from tui.projection.attention import as_of
from tui.projection.gone import with_its_life
from tui.projection.state import Monitor
from tui.snapshot import Snapshot
from tui.sources.folder import Place, Spot, still_ours
from tui.sources.graph import MemoryGraph
from tui.sources.hearts import Hearts
from tui.sources.reader import Reader
from tui.sources.readers import AnyReader, reader_of
from tui.sources.space import Space

LOOK_AGAIN_S = 1.0
BETWEEN_SNAPSHOTS_S = 1 / 15
READ_ON_S = 0.33
FAULT = "which is a fault of this program"
LONG_LOOK_S = 0.002
REST_FOR_LOOK = 200
"""A look for the newest team that takes longer takes no more than a two-hundredth of a core."""


class Watch(Protocol):
    """What tells us that a folder changed (see :mod:`teams.engine.watch`)."""

    @property
    def kind(self) -> str: ...
    @property
    def why(self) -> str: ...
    def close(self) -> None: ...


class Follower:
    """Reads what there is with :meth:`step`; :meth:`start` does so in a thread until :meth:`close`."""

    def __init__(self, place: Place, memory_path: Path | None) -> None:
        self._place = place
        self._spot: Spot | None = None
        self._reader: AnyReader | None = None
        self._monitor = Monitor()
        self._graph = MemoryGraph(memory_path)
        self._hearts: Hearts | None = None
        self._watch: Watch | None = None
        self._wake = threading.Event()
        self._closed = threading.Event()
        self._thread: threading.Thread | None = None
        self._shown: Snapshot | None = None
        self._space: Space | None = None
        self._fault = ""
        self._choose_at = 0.0
        self.heard: Callable[[Event, Monitor], None] | None = None
        """Is told each event when it was taken in, and by what; from the thread."""

    def step(self, for_s: float = 0.0) -> Snapshot:
        """Read what is new, up to a bound, or on for so many seconds when there is more, and return the picture."""
        end = time.monotonic() + for_s
        self._find()
        self._read()
        while self.behind and time.monotonic() < end and not self._closed.is_set():
            self._read()
        snapshot = self._monitor.snapshot()
        if not isinstance(self._reader, Reader | None):
            snapshot = self._reader.as_told(snapshot)
        self._graph.refresh(snapshot.totals.memory_commits)
        whole = replace(
            snapshot,
            root=str(self._place.root),
            team=self._spot.team if self._spot else snapshot.team,
            graph=self._graph.lines,
            hearts=self._hearts.of(snapshot.agents) if self._hearts and self._spot and not self._spot.link else {},
            watching=f"{self._watch.kind}: {self._watch.why}" if self._watch else "",
            trouble=self._trouble,
        )
        return as_of(with_its_life(whole), datetime.now(UTC))

    @property
    def _trouble(self) -> str:
        read = self._reader.trouble if self._reader else self._place.trouble()
        return read or self._fault or self._graph.trouble or (self._space.trouble() if self._space else "")

    def _read(self) -> None:
        if self._reader:
            for event in self._reader.poll():
                self._take_in(event)
                if self.heard:
                    self.heard(event, self._monitor)

    def _take_in(self, event: Event) -> None:
        try:
            self._monitor.apply(event)
        except Exception as error:  # noqa: BLE001  # whatever it is, the next event may be understood
            # A fault of ours, not of the run: told as long as the picture may lack something because of it.
            self._fault = f"event {event.seq} ({event.type}) was not understood, {FAULT}: {error!r}"

    @property
    def journal(self) -> Path | None:
        """The journal that is followed now; None while there is none, and of a team that keeps none."""
        return self._spot.path if self._spot and self._spot.has_journal else None

    @property
    def behind(self) -> bool:
        """Whether the last step stopped at its bound."""
        return bool(self._reader and self._reader.more)

    def catch_up(self) -> Snapshot:
        """Return the picture of everything that is there now."""
        return self.step(math.inf)

    def start(self, show: Callable[[Snapshot], None]) -> None:
        """Hand each new picture to ``show``, from a thread of our own."""
        thread = threading.Thread(target=self._run, args=(show,), name="monitor-follower", daemon=True)
        thread.start()
        # Only now: ^C may come while it starts, and a thread that did not start cannot be waited for.
        self._thread = thread

    def close(self) -> None:
        """Stop the thread and wait for it."""
        self._closed.set()
        self._wake.set()
        if self._thread:
            self._thread.join()

    def _find(self) -> None:
        # os.path: who may not see it is told so by the reader, and not by an error here.
        if self._spot and time.monotonic() < self._choose_at and os.path.lexists(self._spot.path):
            spot: Spot | None = self._spot
        else:
            spot = still_ours(self._spot, self._choose())
        if spot is None or (self._reader and spot == self._spot and not self._reader.replaced()):
            return
        self._spot, self._monitor, self._fault = spot, Monitor(), ""
        self._reader = reader_of(spot)
        self._hearts = Hearts(spot.path.parent) if spot.has_journal else None
        self._space = Space(spot.path.parent)

    def _choose(self) -> Spot | None:
        begun = time.thread_time()
        spot = self._place.spot(self._spot.path if self._spot else None, over=self._monitor.over)
        took_s = time.thread_time() - begun
        # Among very many teams a look for the newest takes long, and there are fifteen steps a second.
        self._choose_at = time.monotonic() + (REST_FOR_LOOK * took_s if took_s > LONG_LOOK_S else 0.0)
        return spot

    def _run(self, show: Callable[[Snapshot], None]) -> None:
        watched: list[Path] = []
        with ExitStack() as watches:
            while not self._closed.is_set():
                self._wake.clear()
                self._show(self._look(), show)
                folders = self._place.watched(self._spot)
                if folders != watched:
                    watches.close()
                    self._watch = watch_folders(folders, self._wake)
                    watches.callback(self._watch.close)
                    watched = folders
                    continue  # something may have happened before the new watch was there
                if not self.behind:
                    self._closed.wait(BETWEEN_SNAPSHOTS_S)
                    self._wake.wait(LOOK_AGAIN_S)

    def _look(self) -> Snapshot:
        try:
            return self.step(READ_ON_S)
        except OSError as error:
            # Folders come, go and change hands while we look; the next look may find them well again.
            return replace(self._shown or Snapshot(), trouble=f"{error.filename}: {error.strerror}")
        except Exception as error:  # noqa: BLE001  # a screen that stands still must say so, whatever it is
            return replace(self._shown or Snapshot(), trouble=f"this picture is old, {FAULT}: {error!r}")

    def _show(self, snapshot: Snapshot, show: Callable[[Snapshot], None]) -> None:
        if snapshot != self._shown:
            self._shown = snapshot
            show(snapshot)


def watch_folders(folders: list[Path], wake: threading.Event) -> Watch:
    """Set ``wake`` whenever something in one of ``folders`` changes."""
    from teams.engine.watch import watch

    return watch(folders, wake.set)
