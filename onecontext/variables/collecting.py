"""Taking away values that nothing names any more.

Rule 1: a value that was put or read within the grace period stays, whoever names it: its handle may be in somebody's
        hands and in no text yet.
Rule 2: the age is looked at first, then the names, then under the lock the age again: what was put or read meanwhile
        stays. What stood in no text before it was looked for can stand in one since only if somebody read it.
Rule 3: where the names cannot all be read, nothing is taken away.
Rule 4: a kill at any point leaves values that are whole, and no other state.

Source: the grace period of git-gc(1), ``gc.pruneExpire``.
"""

import fcntl
import os
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from onecontext.errors import UsageError
from onecontext.variables.model import Collected, Kept
from onecontext.variables.naming import is_named, named
from onecontext.variables.place import Place

GRACE_S = 24 * 3600.0
LEAST_GRACE_S = 60.0


def collect(
    place: Place, *, grace_s: float = GRACE_S, dry_run: bool = False, clock: Callable[[], float] = time.time
) -> Collected:
    """Take away every value that is older than ``grace_s`` and that nothing names.

    Args:
        grace_s: seconds since a value was put or read, to half a minute; at least 60.
        dry_run: only say what would be taken away.

    Raises:
        UsageError: the grace period is too short.
        Damaged, StorageError: not everything could be read that may name a value; nothing was taken away.
    """
    if not grace_s >= LEAST_GRACE_S:
        raise UsageError(
            f"a grace period of {grace_s:g} s is below {LEAST_GRACE_S:g}: what is at work needs its values"
        )
    before = clock() - grace_s
    every = place.all()
    old = [kept for kept in reversed(every) if kept.used_at.timestamp() < before]
    names = named(place.layout) if old else set()
    chosen = [kept for kept in old if not is_named(kept.id, names)]
    removed = chosen if dry_run else [kept for kept in chosen if _remove(place, kept, before)]
    if not dry_run:
        _sweep(place, clock() - LEAST_GRACE_S)
    return Collected(tuple(removed), len(every) - len(removed), sum(kept.size_bytes for kept in removed))


def _remove(place: Place, kept: Kept, before: float) -> bool:
    path = place.path(kept.id)
    with place.locked(), suppress(FileNotFoundError):
        if path.lstat().st_mtime < before:
            path.unlink()
            return True
    return False


def _sweep(place: Place, before: float) -> None:
    """Take away what a killed writer left: hidden files that nobody holds."""
    place.check()
    with suppress(FileNotFoundError), os.scandir(place.folder) as entries:
        for entry in entries:
            if entry.name.startswith(".") and entry.name.endswith(".tmp") and entry.is_file(follow_symlinks=False):
                _sweep_one(Path(entry.path), before)


def _sweep_one(path: Path, before: float) -> None:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    try:
        # Its writer takes the lock right after it made the file, so a new one may not be held yet.
        if os.fstat(descriptor).st_mtime < before:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            path.unlink(missing_ok=True)
    except BlockingIOError:
        return  # it is being written
    finally:
        os.close(descriptor)
