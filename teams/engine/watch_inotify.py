"""One inotify instance, through watchdog. The only door of watchdog.

Rule 1: watchdog's reader (``InotifyFD``) calls us from the thread that reads the events. Its observers would put two
    more threads in between and hold a file that is renamed out of a folder back for 0.5 s.
Rule 2: reading and locking a file is no change: opening and closing are not listened to, or a watcher that reads what
    it is told about would wake itself for ever.
Rule 3: events that were lost (the queue overflowed, reading failed) are told as lost, never passed over.

Source: inotify(7); watchdog 7.1, ``watchdog.observers.inotify_c``.
"""

import errno
import logging
import os
import stat
import threading
from collections.abc import Callable
from pathlib import Path

from watchdog.observers.inotify_c import (
    CallbackId,
    InotifyConstants,
    InotifyEvent,
    InotifyFD,
    Mask,
    WatchDescriptor,
)
from watchdog.observers.inotify_c import WatchCallback as Callback

_MASK = Mask(
    InotifyConstants.IN_CREATE
    | InotifyConstants.IN_DELETE
    | InotifyConstants.IN_MODIFY
    | InotifyConstants.IN_ATTRIB
    | InotifyConstants.IN_MOVE
    | InotifyConstants.IN_DELETE_SELF
    | InotifyConstants.IN_MOVE_SELF
    | InotifyConstants.IN_ONLYDIR
)
# What watchdog logs is told by us; without a handler, Python would print it, over a monitor's screen too.
logging.getLogger("watchdog").addHandler(logging.NullHandler())
_DESCRIPTORS = 3  # that an instance needs: its own and a pipe


class Inotify:
    """Watches folders, not what is below them.

    Args:
        changed: called from a thread of the instance when something in a watched folder changed.
        lost: called likewise, with the reason, when events were lost; the instance is then to be closed.

    Raises:
        OSError: there is no instance or descriptor left (EMFILE).
    """

    def __init__(self, changed: Callable[[], None], lost: Callable[[str], None]) -> None:
        _spare_descriptors()
        self._ear = _Ear(changed, lost)
        self._reader = _Reader(lost)
        self._reader.start()
        self._count = 0

    def add(self, folder: Path) -> tuple[int, int]:
        """Watch ``folder`` and return what :meth:`remove` wants.

        Raises:
            FileNotFoundError, NotADirectoryError: there is no such folder.
            OSError: watches are used up (ENOSPC), or the folder may not be read (EACCES).
        """
        self._count += 1
        watch = self._reader.add_callback(os.fsencode(folder), _MASK, self._ear, CallbackId(self._count))
        if watch < 0:
            # watchdog passes over EACCES and keeps a watch that there is not.
            raise PermissionError(errno.EACCES, "may not be read", str(folder))
        return watch, self._count

    def remove(self, added: tuple[int, int]) -> None:
        """Watch a folder no more; one that is gone already is none."""
        watch, number = added
        self._reader.remove_callbacks([(WatchDescriptor(watch), CallbackId(number))])

    def ended(self) -> set[int]:
        """Return the first halves of what :meth:`add` returned whose folder is gone, once each.

        Another folder may be there by now, with the same name and even the same inode.
        """
        ended, self._ear.ended = self._ear.ended, set()
        return ended

    def hears(self, folder: Path, *, timeout_s: float) -> bool:
        """Say whether a change in ``folder``, which is watched, is told; the change made for that changes nothing.

        Raises:
            OSError: no change can be made there, so nothing can be said.
        """
        self._ear.heard.clear()
        # Setting the mode it has is a change of attributes to inotify, and no change to anybody else.
        folder.chmod(stat.S_IMODE(folder.stat().st_mode))
        return self._ear.heard.wait(timeout_s)

    def close(self) -> None:
        """Give the instance back. Nothing is called after this returns."""
        self._ear.deaf = True
        self._reader.stop()
        if threading.current_thread() is not self._reader:
            self._reader.join()


class _Ear(Callback):
    """What watchdog calls: every kind of change is the same to us."""

    def __init__(self, changed: Callable[[], None], lost: Callable[[str], None]) -> None:
        self._changed = changed
        self._lost = lost
        self.heard = threading.Event()
        self.deaf = False
        self.ended: set[int] = set()

    def on_event(self, event: InotifyEvent) -> None:
        if event.is_attrib and not event.name:
            # The folder itself: a probe, ours or another watcher's.
            self.heard.set()
        elif not self.deaf:
            self._changed()

    def on_watch_deleted(self, wd: WatchDescriptor) -> None:
        # The folder was removed, or its file system unmounted.
        self.ended.add(wd)
        if not self.deaf:
            self._changed()

    def on_queue_overflow(self) -> None:
        if not self.deaf:
            self._lost("more changed at once than inotify keeps")


class _Reader(InotifyFD):
    """watchdog's reading thread, whose failure is told and not printed."""

    def __init__(self, lost: Callable[[str], None]) -> None:
        super().__init__()
        self._lost_because = lost

    def run(self) -> None:
        try:
            super().run()
        except OSError as error:
            self._lost_because(f"inotify cannot be read: {error.strerror or error}")


def _spare_descriptors() -> None:
    """Raise unless there are enough: watchdog, when its pipe fails, leaves the instance open for good."""
    spare = []
    try:
        for _ in range(_DESCRIPTORS):
            spare.append(os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC))
    finally:
        for descriptor in spare:
            os.close(descriptor)
