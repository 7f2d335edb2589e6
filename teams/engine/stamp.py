"""What was read of small files, kept until they change.

Rule 1: a file that changed a moment before it was read may change again without a new time (the clock of file systems
    ticks every few milliseconds): what was read then is used once and not kept. Git calls such files racy.
"""

import os
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Generic, TypeVar

SETTLED_NS = 100_000_000
T = TypeVar("T")
Stamp = tuple[int, int, int, int, int]


class KeptEach(Generic[T]):
    """What was read of each of many files, read again when a file is another, or has other bytes. Safe for threads.

    Files are named by text: to compare and join the paths of a thousand files takes longer than to look at the files.
    """

    def __init__(self) -> None:
        self._kept: dict[str, tuple[Stamp, T]] = {}

    def get(self, path: str, read: Callable[[], T]) -> T:
        """Return what ``read`` returns for ``path``; whatever it raises is raised, and nothing kept."""
        before = stamp_of(path)
        kept = self._kept.get(path)
        if kept is not None and kept[0] == before:
            return kept[1]
        began_ns = time.time_ns()
        value = read()
        if before is not None and 0 < before[3] < began_ns - SETTLED_NS and before == stamp_of(path):
            self._kept[path] = (before, value)
        else:
            self._kept.pop(path, None)
        return value

    def exchange(self, path: str, value: T, other: T) -> None:
        """Keep ``other`` in the place of ``value``; nothing happens where that is not what is kept of ``path``."""
        kept = self._kept.get(path)
        if kept is not None and kept[1] is value:
            self._kept[path] = (kept[0], other)

    def keep_only(self, paths: Iterable[str]) -> None:
        """Let go of what was read of files that are none of ``paths``."""
        there = set(paths)
        for gone in [path for path in list(self._kept) if path not in there]:
            self._kept.pop(gone, None)


class Kept(Generic[T]):
    """What ``read`` returns for ``path``, as :class:`KeptEach` has it."""

    def __init__(self, path: Path, read: Callable[[], T]) -> None:
        self._path = str(path)
        self._read = read
        self._kept = KeptEach[T]()

    def get(self) -> T:
        """Return what the file says now; whatever ``read`` raises is raised, and nothing kept."""
        return self._kept.get(self._path, self._read)


def stamp_of(path: Path | str) -> Stamp | None:
    """Return device, inode, size, times of change of content and of status (ns); None where nothing can be seen."""
    try:
        status = os.lstat(path)
    except OSError:
        return None
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns
