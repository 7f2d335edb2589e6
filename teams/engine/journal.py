"""A team's journal: the append-only truth, one event a line.

Rule 1: an event is acknowledged when its line is on the disk (fsync), and then it is never changed.
Rule 2: appending costs the same however long the journal is: the number of a new event comes from the last line.
Rule 3: a torn last line (a writer died in the middle) was never acknowledged: readers pass over it, and the next writer
    moves its bytes to ``journal.torn/``. A line that ends and does not agree with its checksum is damage, and refused.
Rule 4: secrets are taken out of every string before it is written.
"""

import os
import stat
import uuid
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO

from onecontext.checksum import crc32c
from onecontext.errors import Damaged, UsageError
from onecontext.store.files import append_bytes, replace_bytes
from onecontext.text.redact import redact
from teams.engine.event import Event
from teams.engine.line import decode, encode
from teams.engine.locks import file_lock

MAX_LINE_BYTES = 16 * 1024 * 1024
WAIT_S = 30.0
_BLOCK_BYTES = 64 * 1024


def utc_now() -> datetime:
    """Return the time, aware, in UTC."""
    return datetime.now(UTC)


def random_id() -> str:
    """Return a new random UUID as text."""
    return str(uuid.uuid4())


class Journal:
    """The journal in ``folder`` (``journal.jsonl``), made with the first event. Safe for threads and processes."""

    def __init__(
        self,
        folder: Path,
        *,
        team: str,
        clock: Callable[[], datetime] = utc_now,
        new_id: Callable[[], str] = random_id,
    ) -> None:
        self.folder = folder
        self.path = folder / "journal.jsonl"
        self.team = team
        self._clock = clock
        self._new_id = new_id

    def append(
        self,
        type: str,  # noqa: A002 - the field's name in the format
        data: Mapping[str, Any],
        *,
        mission: str | None = None,
        task: str | None = None,
        attempt: int | None = None,
        epoch: int | None = None,
        agent: str | None = None,
        cause: str | None = None,
        guard: Callable[[], None] | None = None,
    ) -> Event:
        """Append one event; it is on the disk when this returns.

        Args:
            data: JSON values; the returned event holds them as they were written, without secrets.
            guard: called while nobody else can append, just before this is; what it raises refuses the event.

        Raises:
            LockTimeout: another writer held the journal for 30 s.
            Damaged, NewerFormat: the last line is not one we could continue; nothing was written.
            UsageError: the line would have more than 16 MiB.
            OSError: the disk refused; the journal is as it was.
        """
        clean = _without_secrets(data)
        self.folder.mkdir(parents=True, exist_ok=True)
        with file_lock(self.folder / "journal.lock", wait_s=WAIT_S):
            last = self._mend()
            if guard is not None:
                guard()
            event = Event(
                seq=last + 1,
                id=self._new_id(),
                at=self._clock().astimezone(UTC),
                type=type,
                team=self.team,
                data=clean,
                mission=mission,
                task=task,
                attempt=attempt,
                epoch=epoch,
                agent=agent,
                cause=cause,
            )
            line = encode(event)
            if len(line) > MAX_LINE_BYTES:
                raise UsageError(f"an event of {len(line):,} bytes is more than the {MAX_LINE_BYTES:,} of a line")
            append_bytes(self.path, line)
        return event

    def read(self, since: int = 0) -> Iterator[Event]:
        """Yield the events with ``seq`` above ``since``, oldest first; a torn last line is passed over.

        Raises:
            Damaged, NewerFormat: names the line and the byte at which it begins.
        """
        for event in self.tail().lines():
            if event.seq > since:
                yield event

    def tail(self) -> "Tail":
        """Return a reader that remembers how far it has read; the first poll returns everything."""
        return Tail(self.path)

    def torn_bytes(self) -> int:
        """Return how many bytes stand behind the last whole line: 0 unless a writer died or is writing just now."""
        if not self.path.exists():
            return 0
        with _open(self.path) as file:
            size = file.seek(0, os.SEEK_END)
            start, line = _last_line(file, size)
        return size - start - len(line)

    def _mend(self) -> int:
        """Move a torn tail aside; return the number of the last event, 0 when there is none. Caller holds the lock."""
        if not self.path.exists():
            return 0
        with _open(self.path) as file:
            size = file.seek(0, os.SEEK_END)
            start, line = _last_line(file, size)
            end = start + len(line)
            if end < size:
                file.seek(end)
                self._set_aside(end, file.read())
        if not line:
            return 0
        return decode(line[:-1], place=f"{self.path} at byte {start}").seq

    def _set_aside(self, offset: int, torn: bytes) -> None:
        folder = self.folder / "journal.torn"
        folder.mkdir(exist_ok=True)
        replace_bytes(folder / f"{offset}-{crc32c(torn)}", torn, durable=True)
        descriptor = os.open(self.path, os.O_WRONLY | os.O_NOFOLLOW)
        try:
            os.ftruncate(descriptor, offset)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


class Tail:
    """A reader of one journal. ``torn_bytes`` is what stood behind the last whole line at the last poll."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._offset = 0
        self._seq = 0
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

    def lines(self) -> Iterator[Event]:
        """Yield what :meth:`poll` returns, one at a time, so that a long journal is never held whole."""
        try:
            file = _open(self._path)
        except FileNotFoundError:
            return
        with file:
            size = file.seek(0, os.SEEK_END)
            if size < self._offset:
                raise Damaged(f"{self._path} has {size:,} bytes; {self._offset:,} were read of it before")
            file.seek(self._offset)
            while (line := file.readline(MAX_LINE_BYTES)).endswith(b"\n"):
                yield self._next(line)
            self.torn_bytes = len(line)

    def _next(self, line: bytes) -> Event:
        place = f"{self._path} line {self._seq + 1} at byte {self._offset}"
        event = decode(line[:-1], place=place)
        if event.seq != self._seq + 1:
            raise Damaged(f"{place} has number {event.seq}: lines before it are missing or were moved")
        self._seq = event.seq
        self._offset += len(line)
        return event


def _open(path: Path) -> BinaryIO:
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    file = os.fdopen(descriptor, "rb")
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        file.close()
        raise Damaged(f"{path} is not a regular file")
    return file


def _last_line(file: BinaryIO, size: int) -> tuple[int, bytes]:
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


def _without_secrets(value: Any) -> Any:
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, Mapping):
        return {str(key): _without_secrets(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_without_secrets(part) for part in value]
    return value
