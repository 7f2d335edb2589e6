"""Reading a journal: from its beginning, from where one was, or only its last line.

Rule 1: reading takes no lock and writes nothing.
Rule 2: a last line that does not end yet is no event; a line that ends is one, or the journal is damaged.
"""

import os
import re
import stat
import weakref
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import BinaryIO

from onecontext.errors import Damaged
from teams.engine.event import Event
from teams.engine.line import MAX_LINE_BYTES, check_whole, decode

_BLOCK_BYTES = 4 * 1024
_BUFFER_BYTES = 64 * 1024
_READ_BYTES = 256 * 1024


class Tail:
    """A reader of one journal.

    ``torn_bytes`` is what stood behind the last whole line at the last poll; ``seq`` and ``offset`` are the number of
    the last event read and the byte at which it ends, both 0 before the first.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._opened: _Opened | None = None
        self.offset = 0
        self.seq = 0
        self.torn_bytes = 0

    def poll(self) -> list[Event]:
        """Return the events appended since the last poll, none while there is no journal.

        Raises:
            Damaged: a line is garbled or out of order, or the journal has become shorter than what was read of it.
            NewerFormat: a line was written by a newer version.
        """
        events: list[Event] = []
        try:
            for event in self.lines():
                events.append(event)
        except Damaged:
            # What came before the damage is good; the next poll meets the damage first and raises.
            if not events:
                raise
        return events

    def to_end(self) -> None:
        """Pass over what is there by now, unread; the next poll returns what comes after it.

        Raises:
            Damaged, NewerFormat: the last line that ends is not one we know.
        """
        try:
            with open_journal(self._path) as file:
                start, line = last_line(file, file.seek(0, os.SEEK_END))
        except FileNotFoundError:
            return
        if line:
            self.seq = decode(line[:-1], place=f"{self._path} at byte {start}").seq
            self.offset = start + len(line)

    def lines(self, types: Collection[str] = (), *, whole: bool = False) -> Iterator[Event]:
        """Yield what :meth:`poll` returns, one at a time, so that a long journal is never held whole.

        Args:
            types: only events of these types; of the lines of others no more is looked at than that each has the number
                it must, which is a tenth of the time. () is all of them; a name that ends with a dot is all types that
                begin so.
            whole: have the checksums of those others looked at, too, which is a fifth of the time.
        """
        marks = _marks(types)
        begins = tuple(name for name in types if name.endswith("."))
        try:
            status = os.lstat(self._path)
            if status.st_size == self.offset and stat.S_ISREG(status.st_mode):
                self.torn_bytes = 0
                return
            if self._opened is None or not self._opened.is_still(status):
                self._opened = _Opened(self._path)
        except FileNotFoundError:
            return
        opened = self._opened
        size = os.fstat(opened.descriptor).st_size
        if size < self.offset:
            raise Damaged(f"{self._path} has {size:,} bytes; {self.offset:,} were read of it before")
        rest = b""
        while len(rest) < MAX_LINE_BYTES and (left := size - self.offset - len(rest)) > 0:
            # A line that does not end is read in ever larger blocks, so that megabytes are not copied again for each.
            wanted = min(left, max(len(rest), _READ_BYTES))
            if not (block := os.pread(opened.descriptor, wanted, self.offset + len(rest))):
                break
            *lines, rest = (rest + block).split(b"\n")
            for line in lines:
                if marks is not None and marks.search(line) is None and line.startswith(self._expected()):
                    if whole:
                        check_whole(line, place=self._place)
                    self.seq, self.offset = self.seq + 1, self.offset + len(line) + 1
                    continue
                event = self._next(line)
                if not types or event.type in types or event.type.startswith(begins):
                    yield event
        self.torn_bytes = len(rest)

    def _expected(self) -> bytes:
        """Return how the next line begins, as we write it; one that does not is read in full, or is damage."""
        return b'{"v":1,"seq":%d,' % (self.seq + 1)

    def _next(self, line: bytes) -> Event:
        event = decode(line, place=self._place)
        if event.seq != self.seq + 1:
            raise Damaged(f"{self._place()} has number {event.seq}: lines before it are missing or were moved")
        self.seq = event.seq
        self.offset += len(line) + 1
        return event

    def _place(self) -> str:
        return f"{self._path} line {self.seq + 1} at byte {self.offset}"


def _marks(types: Collection[str]) -> re.Pattern[bytes] | None:
    """Return what a line of one of these types has somewhere in it, as we write it; None for no types."""
    if not types:
        return None
    names = (re.escape(name.encode()) + (b"" if name.endswith(".") else b'"') for name in sorted(types))
    return re.compile(b'"type":"(?:' + b"|".join(names) + b")")


class _Opened:
    """The journal held open between polls: to open it anew for each event takes longer than to read it."""

    def __init__(self, path: Path) -> None:
        self.descriptor = _open(path)
        weakref.finalize(self, os.close, self.descriptor)
        self._identity = _identity(os.fstat(self.descriptor))

    def is_still(self, status: os.stat_result) -> bool:
        """Say whether ``status`` is that of this very file."""
        return _identity(status) == self._identity


def _identity(status: os.stat_result) -> tuple[int, int]:
    return status.st_dev, status.st_ino


def open_journal(path: Path) -> BinaryIO:
    """Open a journal to read.

    Raises:
        FileNotFoundError: there is none.
        Damaged: it is a symlink, or no regular file. OSError: the disk refused.
    """
    return os.fdopen(_open(path), "rb", buffering=_BUFFER_BYTES)


def _open(path: Path) -> int:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        if path.is_symlink():
            raise Damaged(f"{path} is a symlink, which is not followed") from error
        raise
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise Damaged(f"{path} is not a regular file")
    return descriptor


def last_line(file: BinaryIO, size: int) -> tuple[int, bytes]:
    """Return where the last line that ends begins, and the line with its line feed; ``(0, b"")`` when none ends."""
    start, found, step = size, b"", _BLOCK_BYTES
    while start > 0 and found.count(b"\n") < 2:
        # Blocks grow, so that a line of megabytes is not copied once for every block of it.
        step = min(step * 2, start)
        start -= step
        file.seek(start)
        found = file.read(step) + found
    end = found.rfind(b"\n") + 1
    begin = found.rfind(b"\n", 0, max(end - 1, 0)) + 1
    return (start + begin, found[begin:end]) if end else (0, b"")
