"""Replacing one of git's own files (a ref, HEAD, an index) as git itself does, and surviving a kill while at it.

Git takes ``FILE.lock`` by exclusive creation and renames it over FILE (api-lockfile in git's documentation). A process
killed in between leaves ``FILE.lock`` behind, and everybody refuses from then on.

Rule 1: what we put at ``FILE.lock`` is a hard link to a scratch file of ours, so whoever holds our own lock for FILE
        next can tell a lock of a dead writer of ours from the lock of a live git command.
Rule 2: the caller holds our lock that covers FILE, and the scratch name belongs to that lock.
"""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from onecontext.errors import Conflict, LockTimeout
from onecontext.store import boot
from onecontext.store.durable import make_folder
from onecontext.store.files import read_bytes, replace_name, sync_folder

_WAIT_S = 5.0


def clear_dead_lock(path: Path, scratch: Path) -> None:
    """Remove ``path``'s git lock if it is a dead writer's; call before ``scratch`` is written anew.

    It is if it is one of ours, or from before the machine was started: a power cut may have taken the name of its
    scratch file.
    """
    lock = _lock_of(path)
    if not lock.exists():
        return
    ours = scratch.exists() and lock.samefile(scratch)
    if ours or lock.stat().st_ctime < boot.began_at_s():
        lock.unlink()


def put(path: Path, content: bytes, scratch: Path, *, still: Callable[[], bool], durable: bool = True) -> None:
    """Replace ``path`` by ``content`` if ``still()`` holds once git's lock is ours; see :func:`install`."""
    clear_dead_lock(path, scratch)
    before = read_bytes(path) if path.exists() else None
    scratch.parent.mkdir(parents=True, exist_ok=True)
    # The name beside it need not last: after a power cut a scratch file means nothing.
    replace_name(scratch, content, durable=durable)
    make_folder(path.parent)
    install(path, scratch, still=still)
    if durable:
        try:
            sync_folder(path.parent)
        except OSError:
            # The caller will say that nothing has changed, so nothing may have.
            path.unlink(missing_ok=True) if before is None else replace_name(path, before)
            raise


def install(path: Path, scratch: Path, *, still: Callable[[], bool], wait_s: float = _WAIT_S) -> None:
    """Rename the finished ``scratch`` over ``path`` under git's lock.

    Raises:
        Conflict: ``still()`` was false; ``path`` is untouched.
        LockTimeout: a git command held the lock for ``wait_s`` seconds; ``path`` is untouched.
    """
    with taken(path, scratch, wait_s=wait_s) as lock:
        if not still():
            raise Conflict(f"{path.name} has moved meanwhile", hint="run it again")
        lock.replace(path)


@contextmanager
def taken(path: Path, scratch: Path, *, wait_s: float = _WAIT_S) -> Iterator[Path]:
    """Hold git's lock on ``path``, which has the content of ``scratch``; both are gone after the block.

    Raises:
        LockTimeout: a git command held the lock for ``wait_s`` seconds.
    """
    lock = _lock_of(path)
    _take(lock, scratch, wait_s)
    # Once the lock has been renamed over the file, a lock of that name would be somebody else's.
    inode = scratch.stat().st_ino
    try:
        yield lock
    finally:
        # What was to be done is done, or failed for its own reason. A lock that stays is seen to be ours by the scratch
        # file that stays with it, and whoever comes next clears both.
        with suppress(OSError):
            if lock.exists() and lock.stat().st_ino == inode:
                lock.unlink()
            scratch.unlink(missing_ok=True)


def _lock_of(path: Path) -> Path:
    return path.with_name(path.name + ".lock")


def _take(lock: Path, scratch: Path, wait_s: float) -> None:
    deadline = time.monotonic() + wait_s
    while True:
        try:
            os.link(scratch, lock)
        except FileExistsError as error:
            if time.monotonic() >= deadline:
                scratch.unlink(missing_ok=True)
                raise LockTimeout(
                    f"git's own lock {lock} is held", hint="another git command is running there, or one was killed"
                ) from error
            time.sleep(0.01)
        else:
            return
