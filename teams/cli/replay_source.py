"""Reading a recorded journal as bytes and events, whoever wrote it.

Rule 1: a line counts when it ends, agrees with its checksum and has the number that is next; nothing behind one that
    does not is given out.
"""

import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple

from onecontext.errors import Damaged
from teams.engine.event import Event
from teams.engine.line import MAX_LINE_BYTES, decode


class Recorded(NamedTuple):
    """One line of a recording; ``end`` is the byte behind it."""

    line: bytes
    event: Event
    end: int


def recorded(file: BinaryIO, path: Path) -> Iterator[Recorded]:
    """Yield the whole lines, in order, and leave ``file`` behind them.

    Raises:
        Damaged, NewerFormat: names the line and the byte at which it begins.
    """
    offset, number = 0, 1
    while (line := file.readline(MAX_LINE_BYTES)).endswith(b"\n"):
        place = f"{path} line {number} at byte {offset}"
        event = decode(line[:-1], place=place)
        if event.seq != number:
            raise Damaged(f"{place} has number {event.seq}: lines before it are missing or were moved")
        offset, number = offset + len(line), number + 1
        yield Recorded(line, event, offset)
    file.seek(offset)


def open_regular(path: Path) -> BinaryIO:
    """Open a file for reading without waiting for anybody.

    Raises:
        Damaged: it is a pipe, a folder or a device.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    file = os.fdopen(descriptor, "rb")
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        file.close()
        raise Damaged(f"{path} is not a regular file")
    return file
