"""Reading files that other programs write in place, in their own time.

Rule 1: half a document is read again, for about 0.1 s, before it counts as garbled; but only while the file may still
    be in somebody's hands: what nobody wrote for two seconds, or was found garbled before and is the same file
    still, costs no second look.
Rule 2: bytes are believed when the file did not change while they were read; one that was written just now is read
    twice, since the clock of a file system ticks in milliseconds.
Rule 3: symlinks are not followed, FIFOs and devices not opened, and no more is read than the caller said. What cannot
    be opened is :class:`Damaged`: it never stands in the way of its neighbours.
"""

import errno
import os
import stat
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from onecontext.errors import Damaged, NewerFormat, StorageError
from onecontext.store.files import open_to_read
from teams.protocol.wire import loads

LIMIT_BYTES = 4 * 1024 * 1024
RETRIES = 6
RETRY_S = 0.015
SETTLED_S = 2.0
_JUST_NOW_S = 0.05
_LOOKS = 20
_REMEMBERED = 1000
_OUR_FAULT = (errno.EIO, errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.ESTALE)

Stamp = tuple[int, int, int, int]
T = TypeVar("T")


class Part(NamedTuple):
    """The first bytes of a file, and how many it has in all."""

    content: bytes
    size_bytes: int


def read_json(path: Path, *, retries: int = RETRIES, parse: Callable[[Any], T] | None = None) -> Any:
    """Return the document at ``path``; one caught half written is read again, about 0.1 s in all.

    Args:
        retries: how often; 0 for a caller that looks at many files and comes back to this one.
        parse: makes something of the document; what it raises as :class:`Damaged` is a reason to read again, too.

    Raises:
        FileNotFoundError: there is nothing there.
        Damaged: it stays garbled, or is no regular file, or has more than 4 MiB.
        StorageError: the disk refused.
    """

    def look() -> Any:
        if error := remembered(path):
            raise error
        document = loads(read_whole(path), source=str(path))
        return parse(document) if parse else document

    return patiently(path, look, retries=retries)


def patiently(path: Path, look: Callable[[], T], *, retries: int = RETRIES) -> T:
    """Return what ``look`` returns; when it raises :class:`Damaged`, look again while the file may be half written."""
    deadline = time.monotonic() + retries * RETRY_S
    while True:
        try:
            return look()
        except Damaged as error:
            if time.monotonic() >= deadline or not may_change(path):
                if retries:
                    remember(path, error)
                raise
        time.sleep(RETRY_S)


def may_change(path: Path) -> bool:
    """Say whether the file may be half written: it was written lately, and was not found garbled as it is now."""
    try:
        status = path.lstat()
    except (OSError, ValueError):
        return False
    is_fresh = abs(time.time() - status.st_mtime) < SETTLED_S
    return stat.S_ISREG(status.st_mode) and is_fresh and remembered(path) is None


def remember(path: Path, error: Damaged) -> None:
    """Keep in mind that the file, as it is now, is what ``error`` says; unless it was written a moment ago."""
    if len(_garbled) >= _REMEMBERED:
        _garbled.clear()
    try:
        status = path.lstat()
    except (OSError, ValueError):
        return
    if stat.S_ISREG(status.st_mode) and abs(time.time() - status.st_mtime) >= _JUST_NOW_S:
        kind = NewerFormat if isinstance(error, NewerFormat) else Damaged
        _garbled[str(path)] = (_stamp(status), kind, error.message)


def remembered(path: Path) -> Damaged | None:
    """Return what was wrong with the file, if it is known and is the same file still."""
    if (found := _garbled.get(str(path))) is None:
        return None
    stamp, kind, message = found
    try:
        return kind(message) if _stamp(path.lstat()) == stamp else None
    except (OSError, ValueError):
        return None


_garbled: dict[str, tuple[Stamp, type[Damaged], str]] = {}


def read_whole(path: Path, *, limit_bytes: int = LIMIT_BYTES) -> bytes:
    """Return what the regular file ``path`` holds.

    Raises:
        FileNotFoundError: there is nothing there.
        Damaged: it is no regular file, cannot be opened, is being written, or has more than ``limit_bytes``.
    """
    part = read_part(path, limit_bytes=limit_bytes)
    if part.size_bytes > limit_bytes:
        raise Damaged(f"{path} has {part.size_bytes:,} bytes, more than the {limit_bytes:,} that are read")
    return part.content


def read_part(path: Path, *, limit_bytes: int) -> Part:
    """Return the first ``limit_bytes`` of the regular file ``path``; errors as in :func:`read_whole`."""
    try:
        for _ in range(_LOOKS):
            if (part := _look(path, limit_bytes)) is not None:
                return part
    except FileNotFoundError:
        raise
    except (OSError, ValueError) as error:
        if isinstance(error, OSError) and error.errno in _OUR_FAULT:
            raise StorageError(f"{path} cannot be read: {error.strerror}") from error
        raise Damaged(f"{path} cannot be read: {getattr(error, 'strerror', None) or error}") from error
    raise Damaged(f"{path} is being rewritten all the time")


def _look(path: Path, limit_bytes: int) -> Part | None:
    """Return what is there, None when it changed meanwhile."""
    with open_to_read(path) as file:
        before = os.fstat(file.fileno())
        if before.st_size > limit_bytes:
            return Part(file.read(limit_bytes), before.st_size)
        # A byte more than there was shows that it grew; all of the limit would be a page table for nothing.
        content = file.read(before.st_size + 1)
        if abs(time.time() - before.st_mtime) < _JUST_NOW_S:
            file.seek(0)
            if file.read(before.st_size + 1) != content:
                return None
        after = os.fstat(file.fileno())
    return Part(content, len(content)) if _stamp(before) == _stamp(after) else None


def _stamp(status: os.stat_result) -> Stamp:
    return status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns
