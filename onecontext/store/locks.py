"""Locks that the kernel frees when their holder dies (flock(2)), waited for in order of arrival, with an end.

Rule 1: a lock file is never removed, so nobody can hold a lock on a file that is gone.
Rule 2: nobody holds one branch while waiting for another, but a switch, which takes both in order of name.
Rule 3: who holds is decided by flock alone, so a holder that is stopped or slow is never robbed. The line in front of
    the lock (:mod:`onecontext.store.waiting`) says whose turn it is to try.
Rule 4: a waiter whose turn it is and that lets a free lock lie for a second (it was stopped) loses its turn, not its
    place: when it goes on, it is the first in line again.
"""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from onecontext.errors import LockTimeout
from onecontext.store import waiting

DEFAULT_WAIT_S = 30.0
PASSED_OVER_AFTER_S = 1.0
_FIRST_PAUSE_S = 0.0005
_LONGEST_PAUSE_S = 0.02
_LOOK_S = 0.1


@contextmanager
def held(path: Path, *, wait_s: float = DEFAULT_WAIT_S) -> Iterator[None]:
    """Hold the lock ``path`` (a file, created when missing, or a folder that is there) for the block.

    It excludes other threads of this process as well: each call opens the file anew, and flock goes by opening.
    Who comes while others wait gets in line behind them. The line is a folder beside the file, while somebody waits.
    A lock on a folder has none, as what is beside it is not ours; nor is there one where it cannot be made (read-only,
    full). There everybody tries now and then.

    Args:
        wait_s: seconds to wait while somebody else holds it, not counting those for which we were stopped. At their
            end, and so with 0 at once, it is tried a last time whoever is in line.

    Raises:
        LockTimeout: a live process held it all that time; nothing was done.
    """
    descriptor, line = _open(path)
    try:
        _take(descriptor, path, line, wait_s)
        yield
    finally:
        # What the lock was held for is done, or failed for its own reason, and who is not called looks now and then.
        with suppress(OSError):
            # Closing alone would not free it while a process that was forked meanwhile has the descriptor too.
            fcntl.flock(descriptor, fcntl.LOCK_UN)
        os.close(descriptor)
        with suppress(OSError):
            if line and waiting.is_there(line):
                waiting.call_first(line)


def _open(path: Path) -> tuple[int, str]:
    """Return a descriptor of the lock, and where its line is; a folder has none."""
    flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        return os.open(path, flags, 0o644), f"{path}.queue"
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True)
        return os.open(path, flags, 0o644), f"{path}.queue"
    except OSError:
        if not path.is_dir():
            raise
        return os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC), ""


def _take(descriptor: int, path: Path, line: str, wait_s: float) -> None:
    barred = bool(line) and wait_s > 0 and waiting.is_there(line)
    if not barred and _is_taken(descriptor):
        return
    deadline = time.monotonic() + wait_s
    if line and wait_s > 0:
        # Where there can be no line everybody tries: a lock that can be had is not refused for the sake of order.
        with suppress(OSError, NotImplementedError):
            if _is_taken_in_turn(descriptor, line, deadline):
                return
            deadline = 0.0  # it has passed: what is left is the last try
    if not _is_taken_by_trying(descriptor, deadline):
        raise LockTimeout(
            f"somebody else has been writing {path.stem!r} for {wait_s:g} s", hint="try again in a moment"
        )


def _is_taken(descriptor: int, kind: int = fcntl.LOCK_EX) -> bool:
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _is_taken_in_turn(descriptor: int, line: str, deadline: float) -> bool:
    """Stand in line and take the lock when it is our turn; False when the deadline came first.

    Raises:
        OSError: there can be no line; the lock was not taken.
    """
    ahead = _Ahead(descriptor)
    pause_s, called = _FIRST_PAUSE_S, False
    with waiting.ticket(line) as ticket:
        while True:
            first = ticket.name if called else ticket.first()
            if first == ticket.name and _is_taken(descriptor):
                return True
            began = time.monotonic()
            if began >= deadline:
                return False
            if first == ticket.name:
                # We are called when it is given back, but nobody calls for a holder that died.
                pause_s = min(pause_s * 2, _LONGEST_PAUSE_S)
            else:
                pause_s = _LOOK_S
                if ahead.is_asleep(first):
                    ticket.pass_over(first)
                    continue
            called = ticket.called(min(pause_s, deadline - began))
            stopped_s = time.monotonic() - began - pause_s
            if stopped_s > PASSED_OVER_AFTER_S:
                deadline += stopped_s


class _Ahead:
    """The first in line, as seen by one behind: does it take the lock when it can?"""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._name = ""
        self._free_since: float | None = None

    def is_asleep(self, name: str) -> bool:
        """Say whether ``name`` has been the first, and the lock free each time that we looked, for a second."""
        if name != self._name:
            self._name, self._free_since = name, None
            return False
        # Shared, so that those who look do not see each other.
        if not _is_taken(self._descriptor, fcntl.LOCK_SH):
            self._free_since = None
            return False
        fcntl.flock(self._descriptor, fcntl.LOCK_UN)
        now = time.monotonic()
        self._free_since = self._free_since or now
        return now - self._free_since >= PASSED_OVER_AFTER_S


def _is_taken_by_trying(descriptor: int, deadline: float) -> bool:
    pause_s = _FIRST_PAUSE_S
    while not _is_taken(descriptor):
        if time.monotonic() >= deadline:
            return False
        # Uneven pauses, so that several waiters do not keep knocking at the same instant.
        time.sleep(pause_s * (0.5 + os.urandom(1)[0] / 255))
        pause_s = min(pause_s * 1.5, _LONGEST_PAUSE_S)
    return True
