"""Whether a file is as it was, from stat(2) alone.

Rule 1: a mark tells a replaced, appended or rewritten file from the one before, but for what happens within one tick of
        the file system's clock: a young mark proves nothing.
"""

import os
import time
from pathlib import Path

Mark = tuple[int, ...]
"""Inode, bytes, and times of change of content and of inode in nanoseconds; empty where there is nothing."""

_TICK_NS = 20_000_000  # the kernel's coarse clock moves every 4 to 10 ms


def mark(path: str | Path) -> Mark:
    """Return the mark of what is at ``path``, not following a symlink."""
    try:
        status = os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return ()
    return status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns


class Watch:
    """Some files as they were when this was made."""

    def __init__(self, *paths: Path | str) -> None:
        self._paths = [str(path) for path in paths]
        self._marks = [mark(path) for path in self._paths]

    def is_unchanged(self) -> bool:
        """Say whether all of them are as they were."""
        return [mark(path) for path in self._paths] == self._marks


def is_young(seen: Mark) -> bool:
    """Say whether the file changed so recently that a change since then need not show."""
    return bool(seen) and time.time_ns() - max(seen[2:]) < _TICK_NS
