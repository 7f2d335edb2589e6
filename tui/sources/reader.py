"""Reading a journal that somebody may be writing, replacing, damaging or deleting just now.

Rule 1: nothing is raised and nothing is written; what is wrong is a sentence in ``trouble``.
Rule 2: what stands before a damaged line is returned; what stands behind it is not trusted.
Rule 3: one poll returns a bounded number of events, so a long journal is shown while it is still being read.
"""

import os
import stat
from dataclasses import replace
from datetime import UTC
from pathlib import Path
from typing import BinaryIO

from onecontext.errors import Damaged
from teams.engine.event import Event
from teams.engine.line import decode
from tui.sources.unlinked import link_on, open_below

BATCH = 2_000
LONGEST_LINE_BYTES = 16 * 1024 * 1024


class Reader:
    """A reader that remembers how far it came. ``more`` says that a poll stopped at its bound.

    ``seq`` and ``offset`` are the number of the last event read and the byte at which it ends, both 0 before the first.
    ``folders``: neither the file nor so many folders above it may be a symlink; 0: where it lies somebody said.
    """

    def __init__(self, path: Path, *, folders: int = 0) -> None:
        self.path = path
        self._folders = folders
        self.trouble = ""
        self.more = False
        self.found = False
        self._file_id: tuple[int, int] | None = None
        self.offset = 0
        self.seq = 0

    def replaced(self) -> bool:
        """Return whether another or a shorter file is there now, so that reading must begin anew."""
        try:
            status = self.path.stat()
        except OSError:
            return False
        if link_on(self.path, self._folders):
            return False  # what it said before stands
        return self._file_id is not None and (
            self._file_id != (status.st_dev, status.st_ino) or status.st_size < self.offset
        )

    def go_to(self, seq: int, offset: int) -> None:
        """Go on behind the event ``seq``, which ends at the byte ``offset``; both as they were when it was read."""
        self.seq, self.offset = seq, offset

    def poll(self, limit: int = BATCH) -> list[Event]:
        """Return the events since the last poll, at most ``limit``."""
        self.trouble, self.more = "", False
        try:
            with _open(self.path, self._folders) as file:
                return self._read(file, limit)
        except FileNotFoundError:
            self.trouble = f"the journal is gone; this is what it said: {self.path}" if self.found else ""
        except OSError as error:
            self.trouble = f"the journal cannot be read: {error.strerror or error}: {error.filename or self.path}"
        return []

    def _read(self, file: BinaryIO, limit: int) -> list[Event]:
        status = os.fstat(file.fileno())
        self.found, self._file_id = True, (status.st_dev, status.st_ino)
        file.seek(self.offset)
        events: list[Event] = []
        while len(events) < limit:
            line = file.readline(LONGEST_LINE_BYTES)
            if len(line) == LONGEST_LINE_BYTES:
                most = LONGEST_LINE_BYTES // 1024**2
                self.trouble = f"the journal is damaged: {self._place()} does not end within {most} MB"
                return events
            if not line.endswith(b"\n"):
                # The end, or a line that is being written: it is looked at again when it is whole.
                return events
            try:
                events.append(self._event(line))
            except Damaged as damage:
                self.trouble = f"the journal is damaged: {damage.message}"
                return events
            self.offset += len(line)
            self.seq += 1
        self.more = True
        return events

    def _event(self, line: bytes) -> Event:
        event = decode(line[:-1], place=self._place)
        if event.seq != self.seq + 1:
            raise Damaged(f"{self._place()} has number {event.seq}: lines before it are missing or were moved")
        if not isinstance(event.data, dict) or not isinstance(event.type, str):
            raise Damaged(f"{self._place()} has no type or no data")
        return event if event.at.tzinfo else replace(event, at=event.at.replace(tzinfo=UTC))

    def _place(self) -> str:
        return f"{self.path.name} line {self.seq + 1} at byte {self.offset}"


def _open(path: Path, folders: int) -> BinaryIO:
    # O_NONBLOCK: a pipe in the journal's place must not hang the screen.
    descriptor = open_below(path, folders, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    file = os.fdopen(descriptor, "rb")
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        file.close()
        raise OSError(0, "not a regular file")
    return file
