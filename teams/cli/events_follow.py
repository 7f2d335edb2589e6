"""Following a journal that is being written, and that may go away or be replaced meanwhile.

Rule 1: each event comes once. A journal that went away is waited for; another file in its place is read from its start.
Rule 2: a line counts when it is whole. What stands behind the last whole line is told only if it stays: somebody may
    be writing it just now.
"""

import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

from onecontext.errors import Damaged
from teams.engine.event import Event
from teams.engine.journal import Journal

LOOK_AGAIN_S = 1.0
CALLS_PER_S = 200.0
SETTLES_S = 0.1


def read_all(journal: Journal, say: Callable[[str], None]) -> Iterator[Event]:
    """Yield every event there is, oldest first; tell of a torn last line.

    Raises:
        Damaged, NewerFormat: names the line and the byte; what stands before it was yielded.
    """
    tail = journal.tail()
    yield from tail.lines()
    if tail.torn_bytes:
        # A writer may have been in the middle of it.
        threading.Event().wait(SETTLES_S)
        yield from tail.lines()
    if tail.torn_bytes:
        say(torn(journal.path, tail.torn_bytes))


def follow(journal: Journal, say: Callable[[str], None]) -> Iterator[Event]:
    """Yield every event there is, and then each new one, for ever.

    Raises:
        Damaged, NewerFormat: as :func:`read_all`; also when the journal became shorter than what was read of it.
    """
    from teams.engine.watch import watch

    changed = threading.Event()
    watching = watch([journal.folder], changed.set, calls_per_s=CALLS_PER_S)
    following = _Following(journal, say)
    try:
        told = ""
        while True:
            changed.clear()
            if told != (told := f"{watching.kind}: {watching.why}"):
                say(f"following {journal.team} by {told}")
            yield from following.news()
            quiet = not changed.wait(LOOK_AGAIN_S)
            following.still(quiet=quiet)
    finally:
        following.close()
        watching.close()


def torn(path: Path, size_bytes: int) -> str:
    """Return the sentence about a last line that does not end."""
    return f"{path} ends in {size_bytes:,} bytes without a line feed: passed over; the next writer sets them aside"


class _Following:
    """Where we are in which file."""

    def __init__(self, journal: Journal, say: Callable[[str], None]) -> None:
        self._journal = journal
        self._say = say
        self._tail = journal.tail()
        # Held open, since a file system gives the number of a removed file to the next one.
        self._held = _hold(journal.path)
        self._gone = False
        self._torn_before, self._told_torn = 0, 0

    def news(self) -> Iterator[Event]:
        self._find()
        try:
            yield from self._tail.lines()
        except Damaged:
            if not self._find():
                raise
            # It was replaced while it was read: what looked like damage is another file.
            yield from self._tail.lines()

    def still(self, *, quiet: bool) -> None:
        """Tell of torn bytes that stayed through a quiet second."""
        now = self._tail.torn_bytes
        if quiet and now and now == self._torn_before and now != self._told_torn:
            self._say(torn(self._journal.path, now))
            self._told_torn = now
        self._torn_before = now

    def close(self) -> None:
        if self._held is not None:
            os.close(self._held)
        self._held = None

    def _find(self) -> bool:
        """Turn to the file that is there now; say whether it is another one than before."""
        found = _hold(self._journal.path)
        if found is None:
            if self._held is not None and not self._gone:
                self._say(f"{self._journal.path} is gone; waiting for it")
            self._gone = self._held is not None
            return False
        if self._held is not None and os.path.sameopenfile(found, self._held):
            os.close(found)
            return False
        if self._held is not None:
            self._say(f"another file is at {self._journal.path}; from its beginning")
            self._tail = self._journal.tail()
        self.close()
        self._held, self._gone = found, False
        return True


def _hold(path: Path) -> int | None:
    """Open what is there without waiting for anybody; None when nothing is, or nothing that may be opened."""
    try:
        return os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        # What keeps it from being opened is said by whoever reads it.
        return None
