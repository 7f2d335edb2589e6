"""What was read of a small file, kept until the file changes.

Rule 1: a file that changed a moment before it was read may change again without a new time (the clock of file systems
    ticks every few milliseconds): what was read then is used once and not kept. Git calls such files racy.
"""

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Generic, TypeVar

SETTLED_NS = 100_000_000
T = TypeVar("T")
Stamp = tuple[int, int, int, int, int]


class Kept(Generic[T]):
    """What ``read`` returns for ``path``, read again when the file is another, or has other bytes. Safe for threads."""

    def __init__(self, path: Path, read: Callable[[], T]) -> None:
        self._path = path
        self._read = read
        self._kept: tuple[Stamp, T] | None = None

    def get(self) -> T:
        """Return what the file says now; whatever ``read`` raises is raised, and nothing kept."""
        before = stamp_of(self._path)
        kept = self._kept
        if kept is not None and before is not None and kept[0] == before:
            return kept[1]
        began_ns = time.time_ns()
        value = self._read()
        is_settled = before is not None and 0 < before[3] < began_ns - SETTLED_NS and before == stamp_of(self._path)
        self._kept = (before, value) if before is not None and is_settled else None
        return value


def stamp_of(path: Path) -> Stamp | None:
    """Return device, inode, size, times of change of content and of status (ns); None where nothing can be seen."""
    try:
        status = os.lstat(path)
    except OSError:
        return None
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns
