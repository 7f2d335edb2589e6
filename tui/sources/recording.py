"""A journal that can be looked at as it was behind any of its events.

Rule 1: it is read forwards once, in steps; meanwhile the projection is kept at some of its events, so that any place is
    reached by taking in a few events again from the nearest one. The events themselves are not kept.
Rule 2: what stands behind a damaged line is not trusted: the recording ends there, and says so.
Rule 3: nothing is written; a pipe or a device is never read.
"""

import gc
import stat
from array import array
from bisect import bisect_right
from datetime import UTC, datetime
from pathlib import Path

from onecontext.errors import Damaged, UsageError
from teams.engine.event import Event
from tui.projection.checkpoints import Checkpoints, apart
from tui.projection.copying import copied
from tui.projection.marks import DAMAGED, Marks
from tui.projection.state import Monitor
from tui.snapshot import Mark, Snapshot
from tui.sources.reader import Reader

BATCH = 256
LONG = 8_192
"""Events, from which on a recording is a long one."""
NEAR = 64
"""How many events before a place another copy is kept, so that single steps back are cheap."""
LINE_BYTES = 400
"""Of a line of a journal, roughly: how many events there will be is guessed from it before they are read."""
_PACKED = {b"\x1f\x8b": "gzip", b"(\xb5\x2f\xfd": "zstd", b"BZh": "bzip2", b"\xfd7zXZ": "xz", b"PK\x03\x04": "zip"}

_Kept = tuple[int, Monitor]
"""The byte at which an event ends, and the projection behind it; the projection is never changed, only copied."""


class Recording:
    """``count`` events were read so far; ``complete`` says that this was all there was when it was last looked at.

    ``folders``: as of :class:`tui.sources.reader.Reader`.
    """

    def __init__(self, path: Path, *, folders: int = 0) -> None:
        self.path = path
        self.complete = False
        self._head, self._head_reader = Monitor(), Reader(path, folders=folders)
        self._marks = Marks()
        self._latest_s = array("d")
        self._kept: Checkpoints[_Kept] = Checkpoints(every=apart(_size(path) // LINE_BYTES))
        self._near: tuple[int, _Kept] = (0, (0, Monitor()))
        self._shown, self._shown_reader = Monitor(), Reader(path, folders=folders)
        self._lost = ""

    @property
    def count(self) -> int:
        return len(self._latest_s)

    @property
    def share(self) -> float:
        """How much of the file was read: 1.0 is all of it."""
        if self.complete:
            return 1.0
        try:
            return min(1.0, self._head_reader.offset / max(1, self.path.stat().st_size))
        except OSError:
            return 1.0

    @property
    def trouble(self) -> str:
        """Why it ends where it does, when it does not end well; empty otherwise."""
        return self._head_reader.trouble

    @property
    def marks(self) -> tuple[Mark, ...]:
        """What is worth going to, oldest first; where it ends badly, that too."""
        marks = self._marks.picture()
        return (*marks, Mark(self.count, DAMAGED, self.trouble)) if self.trouble and self.count else marks

    def time_s(self, seq: int) -> float:
        """Return the latest time (seconds since 1970) of the events up to ``seq``: clocks may disagree, this rises."""
        return self._latest_s[seq - 1]

    def seq_at(self, time_s: float) -> int:
        """Return the last event that was not after ``time_s``; 0 before the first."""
        return bisect_right(self._latest_s, time_s)

    def clock(self, seq: int) -> datetime:
        """Return that time as one."""
        return datetime.fromtimestamp(self.time_s(seq), UTC)

    # --- reading forwards -------------------------------------------------------------------------------------------

    def read(self, limit: int = BATCH) -> int:
        """Read up to ``limit`` events more and return how many there were."""
        events = self._head_reader.poll(min(limit, self._to_checkpoint))
        for event in events:
            self._head.apply(event)
            self._marks.take(event, self._head.newest_attention)
            latest = self._latest_s[-1] if self._latest_s else float("-inf")
            self._latest_s.append(max(latest, event.at.timestamp()))
        if events and self._kept.wanted(self.count):
            self._kept.keep(self.count, (self._head_reader.offset, copied(self._head)))
            if self.count >= LONG:
                # What is kept has no cycles and stays: to look through all of it again and again took a fifth of a
                # second, now and then, in the middle of a jump.
                gc.freeze()
        self.complete = not self._head_reader.more
        return len(events)

    def read_all(self) -> None:
        """Read what there is."""
        while self.read():
            pass

    @property
    def _to_checkpoint(self) -> int:
        return self._kept.every - self.count % self._kept.every

    # --- looking at a place -----------------------------------------------------------------------------------------

    def at(self, seq: int) -> Snapshot:
        """Return the picture behind the event ``seq``, of those that were read; 0: before the first.

        Where the file cannot be read any more it is the picture as far as that went, and its trouble says why.
        """
        if seq == self.count:
            self._lost = ""
            return self._head.snapshot()
        self._begin_from_the_nearest(seq)
        reader = self._shown_reader
        missing = seq - reader.seq
        if missing > NEAR:
            self._take_in(missing - NEAR)
        if missing > 0:
            self._near = (reader.seq, (reader.offset, copied(self._shown)))
            self._take_in(seq - reader.seq)
        self._lost = reader.trouble
        return self._shown.snapshot()

    def _begin_from_the_nearest(self, seq: int) -> None:
        here = self._shown_reader.seq
        begin, kept = max((self._kept.before(seq) or (0, (0, Monitor()))), self._near_of(seq), key=lambda one: one[0])
        if here <= seq and begin <= here:
            return
        self._shown_reader.go_to(begin, kept[0])
        self._shown = copied(kept[1])

    def _near_of(self, seq: int) -> tuple[int, _Kept]:
        return self._near if self._near[0] <= seq else (0, (0, Monitor()))

    def _take_in(self, count: int) -> None:
        for event in self._again(count):
            self._shown.apply(event)

    def _again(self, count: int) -> list[Event]:
        reader, events = self._shown_reader, list[Event]()
        while len(events) < count and (batch := reader.poll(count - len(events))):
            events += batch
        return events

    @property
    def lost(self) -> str:
        """Why the last picture is not the one that was asked for: the file is gone or was changed; else empty."""
        return self._lost


def opened(path: Path, *, folders: int = 0) -> Recording:
    """Return the recording at ``path``, of which the first events are read; ``folders`` as of :class:`Recording`.

    Raises:
        UsageError: there is none, or what is there cannot be one. Damaged: nothing in it can be read.
        OSError: the disk refused.
    """
    _look_at(path)
    recording = Recording(path, folders=folders)
    recording.read()
    if not recording.count:
        raise Damaged(recording.trouble or f"{path} holds no event: its first line does not end")
    return recording


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0  # it is looked at in earnest when it is read


def _look_at(path: Path) -> None:
    try:
        status = path.stat()
    except FileNotFoundError:
        raise UsageError(f"there is no journal {path}", hint="'onecontext events --ended' lists what is kept") from None
    if stat.S_ISDIR(status.st_mode):
        raise UsageError(f"{path} is a folder", hint="a journal is its file teams/TEAM/onecontext/journal.jsonl")
    if not stat.S_ISREG(status.st_mode):
        raise UsageError(f"{path} is no file, but a pipe or a device", hint="put what comes from it into a file first")
    if not status.st_size:
        raise UsageError(f"{path} is empty: nothing happened in it")
    with path.open("rb") as file:
        start = file.read(8)
    for magic, name in _PACKED.items():
        if start.startswith(magic):
            raise UsageError(f"{path} is packed with {name}", hint="unpack a copy of it and replay that")
