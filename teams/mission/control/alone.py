"""One process runs a mission at a time: a lock that ends with its holder, however that ends."""

from collections.abc import Iterator
from contextlib import contextmanager

from onecontext.errors import AlreadyRunning, LockTimeout
from teams.engine.journal import Journal
from teams.engine.locks import file_lock

LOCK = "run.lock"
_WAIT_S = 0.3
"""Who only asks whether a process runs the mission, or ends one that none does, holds the lock for a moment."""


@contextmanager
def alone(journal: Journal, mission: str) -> Iterator[None]:
    """Be the one who runs ``mission``.

    Raises:
        AlreadyRunning: another process is.
    """
    try:
        with file_lock(journal.folder / LOCK, wait_s=_WAIT_S):
            yield
    except LockTimeout as error:
        raise AlreadyRunning(
            f"another process is running the mission {mission}",
            hint="watch it with 'onecontext monitor'; when that process ends, 'onecontext resume' can go on",
        ) from error


def has_run(journal: Journal) -> bool:
    """Say whether a mission was ever begun in this team: from then on the file of its lock is there."""
    return (journal.folder / LOCK).is_file()


def is_run(journal: Journal) -> bool:
    """Say whether a process runs the mission now. Who asks holds the lock for a moment, as who ends one does."""
    try:
        with file_lock(journal.folder / LOCK, wait_s=0):
            return False
    except LockTimeout:
        return True
    except OSError:
        # Somebody else's folder, or something else in its place: nobody of ours runs there.
        return False
