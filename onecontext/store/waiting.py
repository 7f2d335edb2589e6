"""The line in front of a lock: who waits stands in it in order of arrival, and is called when it is their turn.

Rule 1: the line says only whose turn it is to try. Who holds is decided by flock(2) on the lock file, and by nothing
    here: a line that is lost, forged or out of order costs fairness and time, never the lock.
Rule 2: a ticket is a named pipe that its waiter has open. So the kernel says whether the waiter lives (fifo(7): without
    a reader ENXIO), whatever its pid is called here, and a byte in it is the call. Tickets of the dead are swept.
Rule 3: anybody may take any ticket away. A waiter that finds its own gone puts it back, at the place of its arrival.
Rule 4: the folder is opened without following links, what is in it through its descriptor, and only pipes are written.
Rule 5: there is no folder while nobody waits, so an uncontended lock asks for one name and finds nothing.
"""

import errno
import os
import re
import select
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_TICKET = re.compile(r"[0-9]{20}-[0-9a-f]{8}")
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_PIPE = os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC
# A pipe younger than this may be one whose waiter has yet to open it.
_YOUNG_NS = 200_000_000
_TRIES = 8


class Ticket:
    """A place in the line ``line`` (a folder, made when missing). :func:`ticket` makes one and takes it away again."""

    def __init__(self, line: str) -> None:
        # Every process on a machine has the same CLOCK_MONOTONIC. It begins anew at boot, when no waiter is left.
        self.name = f"{time.monotonic_ns():020d}-{os.urandom(4).hex()}"
        self._line = line
        self._pipe = -1

    def first(self) -> str:
        """Return the first ticket of the line whose waiter lives, after making sure that ours is in it.

        Raises:
            OSError: there can be no line here: the folder is read-only, full, no folder, or cannot hold pipes.
        """
        for _ in range(_TRIES):
            # Whoever finds the folder empty removes it, at worst between two of our calls.
            with suppress(FileNotFoundError), _opened(self._line, make=True) as folder:
                names = _tickets(folder)
                if self.name not in names:
                    self._stand(folder)
                return next((name for name in names if name < self.name and _reached(folder, name)), self.name)
        raise FileNotFoundError(errno.ENOENT, "it is removed again and again", self._line)

    def called(self, wait_s: float) -> bool:
        """Wait so long to be called, and say whether we were: we then were the first in line."""
        poll = select.poll()
        poll.register(self._pipe, select.POLLIN)
        return bool(poll.poll(wait_s * 1000) and os.read(self._pipe, 4096))

    def pass_over(self, name: str) -> None:
        """Take the ticket ``name`` out of the line, and call who is the first then."""
        with suppress(FileNotFoundError), _opened(self._line) as folder:
            os.unlink(name, dir_fd=folder)
        call_first(self._line)

    def leave(self) -> None:
        """Take our ticket away; what cannot be taken away is swept as a dead one's."""
        if self._pipe >= 0:
            with suppress(OSError), _opened(self._line) as folder:
                os.unlink(self.name, dir_fd=folder)
            os.close(self._pipe)
            self._pipe = -1

    def _stand(self, folder: int) -> None:
        if self._pipe >= 0:
            os.close(self._pipe)
            self._pipe = -1
        os.mkfifo(self.name, 0o644, dir_fd=folder)
        # Open for writing as well: without a writer poll(2) would return at once, for ever.
        self._pipe = os.open(self.name, os.O_RDWR | _PIPE, dir_fd=folder)


@contextmanager
def ticket(line: str) -> Iterator[Ticket]:
    """Draw a ticket for the block; it stands in the line from its first :meth:`Ticket.first` on."""
    drawn = Ticket(line)
    try:
        yield drawn
    finally:
        drawn.leave()


def is_there(line: str) -> bool:
    """Say whether somebody may be waiting: one system call."""
    return os.access(line, os.F_OK, follow_symlinks=False)


def call_first(line: str) -> None:
    """Call the first in line to the lock that we gave back; without anybody in it the line goes.

    Nothing is raised: whoever gave the lock back has done its work, and who is first looks now and then uncalled.
    """
    with suppress(OSError), _opened(line) as folder:
        if not any(_reached(folder, name, b"!") for name in _tickets(folder)):
            Path(line).rmdir()


@contextmanager
def _opened(line: str, *, make: bool = False) -> Iterator[int]:
    try:
        folder = os.open(line, _FOLDER)
    except FileNotFoundError:
        if not make:
            raise
        with suppress(FileExistsError):
            Path(line).mkdir()
        folder = os.open(line, _FOLDER)
    try:
        yield folder
    finally:
        os.close(folder)


def _tickets(folder: int) -> list[str]:
    """Return the names of all tickets in order of arrival; what is none is left alone."""
    return sorted(filter(_TICKET.fullmatch, os.listdir(folder)))


def _reached(folder: int, name: str, message: bytes = b"") -> bool:
    """Say whether somebody waits with this ticket, and send them ``message``; the ticket of the dead is swept."""
    try:
        descriptor = os.open(name, os.O_WRONLY | _PIPE, dir_fd=folder)
    except PermissionError:
        return True  # of another user: nothing can be sent, but it may well be waited with
    except OSError as error:
        if error.errno == errno.ENXIO and not _is_young(name):
            with suppress(FileNotFoundError):
                os.unlink(name, dir_fd=folder)
        return False
    try:
        if not stat.S_ISFIFO(os.fstat(descriptor).st_mode):
            return False
        with suppress(BlockingIOError, BrokenPipeError):  # called often enough; gone just now
            os.write(descriptor, message)
        return True
    finally:
        os.close(descriptor)


def _is_young(name: str) -> bool:
    return 0 <= time.monotonic_ns() - int(name[:20]) < _YOUNG_NS
