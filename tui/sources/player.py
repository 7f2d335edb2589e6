"""Plays a recording from a thread of its own, and takes orders meanwhile: where to look at it, and how fast it goes on.

Rule 1: the thread owns the recording; what it hands over is frozen, and orders only wait in a queue.
Rule 2: an order is answered before anything else is read or played; of several, where they lead.
Rule 3: however fast it is played, no more than fifteen pictures a second are handed over; while it is read and only the
    bar grows, or no place is known yet, one every third of a second, so that reading is what takes the time.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from queue import Empty, SimpleQueue

from tui.projection.attention import as_of
from tui.projection.playhead import Order, Playhead
from tui.snapshot import Moment, Snapshot
from tui.sources.past import PastGraph
from tui.sources.recording import Recording

BETWEEN_PICTURES_S = 1 / 15
READ_ON_S = 0.33
LOOK_AGAIN_S = 1.0
READING_S = 0.03
"""How long it reads before it looks whether something was ordered."""


class Player:
    """Shows ``recording`` from where ``head`` stands.

    Args:
        graph: the memory that belongs to it.
        standing: the run goes on meanwhile, and this is the picture of it that is shown until there is one of the
            recording; whoever plays to its end is with the run again, and ``caught_up`` is called.
    """

    def __init__(
        self,
        recording: Recording,
        head: Playhead,
        *,
        graph: PastGraph | None = None,
        standing: Snapshot | None = None,
        caught_up: Callable[[], None] | None = None,
    ) -> None:
        self._recording = recording
        self._head = head
        self._graph = graph or PastGraph(None)
        self._standing, self._caught_up = standing, caught_up
        self._left_at = standing.totals.events if standing else 0
        self._orders: SimpleQueue[Order | None] = SimpleQueue()
        self._closed = threading.Event()
        self._thread: threading.Thread | None = None
        self._shown: tuple[int, Moment] | None = None
        self._picture: tuple[int, Snapshot] = (-1, Snapshot())
        self._shown_at_s, self._may_show_at_s, self._held = float("-inf"), 0.0, False

    def start(self, show: Callable[[Snapshot], None]) -> None:
        """Play, and hand each new picture to ``show``, from a thread of our own."""
        thread = threading.Thread(target=self._run, args=(show,), name="monitor-player", daemon=True)
        thread.start()
        # Only now: ^C may come while it starts, and a thread that did not start cannot be waited for.
        self._thread = thread

    def order(self, order: Order) -> None:
        """Have ``order`` done as soon as it can be."""
        self._orders.put(order)

    def wake(self) -> None:
        """Say that there may be more to read."""
        self._orders.put(None)

    def close(self) -> None:
        """Stop, and wait for the thread unless it is this one."""
        self._closed.set()
        self.wake()
        if self._thread and self._thread is not threading.current_thread():
            self._thread.join()

    def _run(self, show: Callable[[Snapshot], None]) -> None:
        wait_s: float | None = 0.0
        reading = True
        while not self._closed.is_set():
            # From the end of a run on most orders are a way back, so they wait until it is known where that is.
            ordered = not (reading and self._stands) and self._obey(wait_s)
            reading = self._read()
            now_s = time.monotonic()
            self._head.advance(self._recording, now_s)
            if self._at_the_end(reading=reading):
                if self._caught_up:
                    self._caught_up()
                    return
                self._head.playing = False
            self._may_show_at_s = self._shown_at_s + self._between_s(reading=reading)
            self._held = not ordered and now_s < self._may_show_at_s
            if not self._held:
                self._show(show)
                self._shown_at_s = time.monotonic()
            wait_s = self._wait_s(reading=reading)

    def _obey(self, wait_s: float | None) -> bool:
        """Do what was ordered, waiting ``wait_s`` for it (None: a second); return whether something was."""
        ordered = False
        try:
            order = self._orders.get(timeout=LOOK_AGAIN_S if wait_s is None else wait_s)
            while True:
                if order is not None:
                    self._head.obey(order, self._recording, self._recording.marks)
                    ordered = True
                order = self._orders.get_nowait()
        except Empty:
            return ordered

    def _read(self) -> bool:
        """Read on for a moment; return whether there is more to read already."""
        until_s = time.monotonic() + READING_S
        while self._recording.read() and time.monotonic() < until_s:
            pass
        return not self._recording.complete

    def _at_the_end(self, *, reading: bool) -> bool:
        head = self._head
        return head.playing and head.goal is None and not reading and head.seq >= self._recording.count

    def _between_s(self, *, reading: bool) -> float:
        """Return how long a picture stands at least."""
        stands = self._shown is not None and (self._head.goal is not None or self._head.seq == self._shown[0])
        return READ_ON_S if reading and stands else BETWEEN_PICTURES_S

    def _wait_s(self, *, reading: bool) -> float | None:
        now_s = time.monotonic()
        if reading:
            return 0.0
        played = self._head.wait_s(self._recording, now_s)
        # A picture that came too soon after another is still to be shown.
        held = max(0.0, self._may_show_at_s - now_s) if self._held else None
        return played if held is None else held if played is None else max(played, held)

    def _show(self, show: Callable[[Snapshot], None]) -> None:
        moment = self._moment()
        if moment is not None and (moment.seq, moment) != self._shown:
            self._shown = (moment.seq, moment)
            show(self._snapshot(moment))

    def _moment(self) -> Moment | None:
        head, recording = self._head, self._recording
        # A place that is not known yet is still ahead: meanwhile what was read goes by.
        seq = recording.count if head.goal is not None and not recording.complete else head.seq
        if self._stands:
            seq = min(self._left_at, recording.count)
        if not seq:
            return None
        at = recording.clock(seq)
        return Moment(
            seq=seq,
            of=recording.count,
            at=at,
            elapsed_s=recording.time_s(seq) - recording.time_s(1),
            speed=head.speed,
            playing=head.playing,
            marks=recording.marks,
            read=recording.share,
            live=self._standing is not None,
            new=max(0, recording.count - self._left_at) if self._standing else 0,
            trouble=recording.trouble,
        )

    @property
    def _stands(self) -> bool:
        """Whether what the run showed last is still to be shown, as no place of the recording is known yet."""
        return self._standing is not None and self._head.goal is not None

    def _snapshot(self, moment: Moment) -> Snapshot:
        if self._standing is not None and self._stands:
            return replace(self._standing, moment=moment)
        if self._picture[0] != moment.seq:
            snapshot = self._recording.at(moment.seq)
            if self._recording.lost and self._picture[0] > 0:
                return replace(self._picture[1], moment=moment, trouble=self._recording.lost)
            self._picture = moment.seq, _with_memory(as_of(snapshot, moment.at), self._graph, moment.at)
        at_the_end = moment.trouble if moment.seq == moment.of else ""
        trouble = self._recording.lost or at_the_end or self._graph.trouble
        return replace(self._picture[1], moment=moment, trouble=trouble)


def still(recording: Recording, seq: int, graph: PastGraph | None = None) -> Snapshot:
    """Return the picture of a recording that was read, behind its event ``seq``, with what the memory was then."""
    snapshot = recording.at(seq)
    at = recording.clock(seq) if seq else datetime.fromtimestamp(0, UTC)
    trouble = recording.lost or (recording.trouble if seq == recording.count else "")
    return replace(_with_memory(snapshot, graph or PastGraph(None), at), trouble=trouble)


def _with_memory(snapshot: Snapshot, graph: PastGraph, at: datetime) -> Snapshot:
    return replace(snapshot, graph=graph.at(at), root=str(graph.path or ""))
