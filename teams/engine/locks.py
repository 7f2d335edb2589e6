"""Locks on files that several processes write.

Rule 1: :func:`mkdir_lock` is for files that other programs also write: it is the lock their writers honour, a directory
    ``FILE.lock`` made with mkdir(2), old after ten seconds without a touch (FORMATS 2.1).
Rule 2: :func:`file_lock` is for files only we write: flock(2), which the kernel gives back when the holder dies.
Rule 3: whoever may have slept through a takeover asks :meth:`HeldLock.is_ours` before writing.
"""

import fcntl
import os
import random
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from onecontext.errors import LockTimeout

REFRESH_S = 4.0
_KEEPER_ROUNDS = 5
_FIRST_PAUSE_S = 0.0005
_LONGEST_PAUSE_S = 0.03


class HeldLock:
    """A directory lock that this process made. It is kept fresh while it is held."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._state = threading.Lock()
        self._identity = _identity(path)
        self._touched = time.monotonic()
        _keeper.keep(self)

    def is_ours(self) -> bool:
        """Say whether it is still the lock we made: False when we slept (SIGSTOP, suspend) and it was taken over."""
        with self._state:
            return self._is_ours()

    def release(self) -> None:
        """Give the lock back; does nothing to a lock that somebody else made in the meantime."""
        _keeper.leave(self)
        with self._state:
            if self._is_ours():
                self.path.rmdir()

    def refresh(self) -> None:
        """Touch the lock if that is due and it is still ours."""
        with self._state:
            # After a long sleep the name may be another holder's: touching that would keep a stranger's lock alive.
            if time.monotonic() - self._touched >= REFRESH_S and self._is_ours():
                os.utime(self.path)
                self._identity = _identity(self.path)
                self._touched = time.monotonic()

    def _is_ours(self) -> bool:
        try:
            return _identity(self.path) == self._identity
        except FileNotFoundError:
            return False


class _Keeper:
    """One thread that keeps all held locks of this process fresh, there only while there is something to keep.

    A thread for each lock would cost more than all the rest of taking one.
    """

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._held: set[HeldLock] = set()
        self._runs = False

    def keep(self, lock: HeldLock) -> None:
        with self._guard:
            self._held.add(lock)
            if not self._runs:
                threading.Thread(target=self._keep_fresh, name="keeps locks fresh", daemon=True).start()
                self._runs = True

    def leave(self, lock: HeldLock) -> None:
        with self._guard:
            self._held.discard(lock)

    def _keep_fresh(self) -> None:
        idle_rounds = 0
        while idle_rounds < _KEEPER_ROUNDS:
            time.sleep(REFRESH_S / 4)
            with self._guard:
                held = list(self._held)
                idle_rounds = 0 if held else idle_rounds + 1
                # Decided under the guard: who comes after this finds no thread and starts one.
                self._runs = idle_rounds < _KEEPER_ROUNDS
            for lock in held:
                # Full, read-only or gone: whoever holds the lock meets that itself when it writes.
                with suppress(OSError):
                    lock.refresh()


_keeper = _Keeper()


def _after_fork() -> None:
    # The child has none of the threads, and none of the locks.
    global _keeper
    _keeper = _Keeper()


os.register_at_fork(after_in_child=_after_fork)


@contextmanager
def mkdir_lock(
    path: Path,
    *,
    wait_s: float = 3.0,
    stale_after_s: float = 10.0,
    while_waiting: Callable[[], object] | None = None,
) -> Iterator[HeldLock]:
    """Hold the lock on ``path``: the directory ``path`` + ``.lock``.

    Args:
        path: the file to be changed; it need not exist, its folder must.
        wait_s: how long to wait for a live holder; 0 tries once.
        stale_after_s: a lock not touched for longer belongs to nobody and is taken over.
        while_waiting: called after each try that failed; what it raises ends the waiting.

    Raises:
        LockTimeout: it stayed held; nothing was changed.
        OSError: the folder is missing, full or read-only.
    """
    lock = _acquire(path.with_name(path.name + ".lock"), wait_s, stale_after_s, while_waiting)
    try:
        yield lock
    finally:
        lock.release()


@contextmanager
def file_lock(path: Path, *, wait_s: float | None = None) -> Iterator[None]:
    """Hold flock(2) on ``path``, created empty when missing; it excludes threads of one process as well.

    Args:
        wait_s: None waits as long as it takes, 0 tries once.

    Raises:
        LockTimeout: somebody held it for longer.
        OSError: the folder is missing or read-only.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK, 0o644)
    try:
        _flock(descriptor, path, wait_s)
        yield
    finally:
        os.close(descriptor)


def _flock(descriptor: int, path: Path, wait_s: float | None) -> None:
    if wait_s is None:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        return
    for _ in _attempts(path, wait_s):
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            continue
        return


def _acquire(lock: Path, wait_s: float, stale_after_s: float, while_waiting: Callable[[], object] | None) -> HeldLock:
    for _ in _attempts(lock, wait_s):
        try:
            lock.mkdir()
        except FileExistsError:
            if _is_stale(lock, stale_after_s) and _take_over(lock, stale_after_s):
                return HeldLock(lock)
            if while_waiting is not None:
                while_waiting()
            continue
        return HeldLock(lock)
    raise AssertionError("unreachable: the last attempt raises")


def _attempts(path: Path, wait_s: float) -> Iterator[None]:
    """Yield once for each try, pausing in between; jitter keeps equals from trying in step for ever."""
    deadline = time.monotonic() + wait_s
    pause = _FIRST_PAUSE_S
    while True:
        yield
        if time.monotonic() >= deadline:
            raise LockTimeout(
                f"{path} stayed locked for {wait_s:g} s", hint="another process is writing there; try again in a moment"
            )
        time.sleep(pause * random.uniform(0.5, 1.5))
        pause = min(pause * 2, _LONGEST_PAUSE_S)


def _take_over(lock: Path, stale_after_s: float) -> bool:
    """Replace a stale lock by one of ours; False when it turned out to be somebody's."""
    folder = os.open(lock.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        # Two of our takers would both see it stale, and the slower would remove the lock that the faster just made.
        fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if not _is_stale(lock, stale_after_s):
            return False
        seen = _identity(lock)
        aside = lock.with_name(f"{lock.name}.{uuid.uuid4().hex[:12]}")
        lock.rename(aside)
        if _identity(aside) != seen:
            # The holder woke up, released, and somebody took it between our look and our rename: give it back.
            aside.rename(lock)
            return False
        aside.rmdir()
        lock.mkdir()
    except (BlockingIOError, FileNotFoundError, FileExistsError):
        return False
    finally:
        os.close(folder)
    return True


def _is_stale(lock: Path, stale_after_s: float) -> bool:
    try:
        return time.time() - lock.lstat().st_mtime > stale_after_s
    except FileNotFoundError:
        return False


def _identity(lock: Path) -> tuple[int, int, int]:
    """Return what no later directory of that name shares; inode numbers alone are used again at once."""
    status = lock.lstat()
    return status.st_dev, status.st_ino, status.st_mtime_ns
