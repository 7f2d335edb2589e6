"""Locks that the kernel frees when their holder dies (flock(2)), waited for with an end.

Rule 1: a lock file is never removed, so nobody can hold a lock on a file that is gone.
Rule 2: nobody holds one branch while waiting for another, but a switch, which takes both in order of name.
"""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from onecontext.errors import LockTimeout

DEFAULT_WAIT_S = 30.0
_FIRST_PAUSE_S = 0.0005
_LONGEST_PAUSE_S = 0.02


@contextmanager
def held(path: Path, *, wait_s: float = DEFAULT_WAIT_S) -> Iterator[None]:
    """Hold the lock ``path`` (a file, created when missing, or a folder that is there) for the block.

    It excludes other threads of this process as well: each call opens the file anew, and flock goes by opening.

    Args:
        wait_s: seconds to wait while somebody else holds it; 0 tries once.

    Raises:
        LockTimeout: a live process held it all that time; nothing was done.
    """
    descriptor = _open(path)
    try:
        _wait(descriptor, path, time.monotonic() + wait_s, wait_s)
        yield
    finally:
        os.close(descriptor)


def _open(path: Path) -> int:
    if path.is_dir():
        return os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        return os.open(path, flags, 0o644)
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True)
        return os.open(path, flags, 0o644)


def _wait(descriptor: int, path: Path, deadline: float, wait_s: float) -> None:
    pause_s = _FIRST_PAUSE_S
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            if time.monotonic() >= deadline:
                raise LockTimeout(
                    f"somebody else has been writing {path.stem!r} for {wait_s:g} s", hint="try again in a moment"
                ) from error
        else:
            return
        # Uneven pauses, so that several waiters do not keep knocking at the same instant.
        time.sleep(pause_s * (0.5 + os.urandom(1)[0] / 255))
        pause_s = min(pause_s * 1.5, _LONGEST_PAUSE_S)
