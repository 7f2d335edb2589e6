"""Being told when folders change. The only door of watchdog.

Rule 1: a call says "look again", never what happened: changes are gathered, at most about 15 calls a second.
Rule 2: watching changes nothing: a folder that is not there yet is waited for at its nearest parent.
Rule 3: inotify is used where a probe has shown that it speaks up; on file systems where it is silent, we poll.
"""

import stat
import threading
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Literal

from watchdog.events import (
    DirCreatedEvent,
    DirDeletedEvent,
    DirModifiedEvent,
    DirMovedEvent,
    FileCreatedEvent,
    FileDeletedEvent,
    FileModifiedEvent,
    FileMovedEvent,
    FileSystemEvent,
    FileSystemEventHandler,
)
from watchdog.observers import Observer
from watchdog.observers.api import BaseObserver, ObservedWatch
from watchdog.observers.polling import PollingObserver

CALLS_PER_S = 15
PROBE_S = 0.5
LOOK_AGAIN_S = 2.0
# Opening and closing for reading are left out: a watcher that reads what it is told about would wake itself for ever.
_KINDS: list[type[FileSystemEvent]] = [
    DirCreatedEvent,
    DirDeletedEvent,
    DirModifiedEvent,
    DirMovedEvent,
    FileCreatedEvent,
    FileDeletedEvent,
    FileModifiedEvent,
    FileMovedEvent,
]


class _Handler(FileSystemEventHandler):
    def __init__(self, changed: threading.Event) -> None:
        self._changed = changed

    def on_any_event(self, event: FileSystemEvent) -> None:
        """Note that something happened."""
        self._changed.set()


class Watch:
    """A running watch. ``kind`` says how changes are noticed: ``inotify`` at once, ``polling`` within ``poll_s``."""

    def __init__(self, folders: Sequence[Path], on_change: Callable[[], None], *, poll_s: float) -> None:
        self._folders = [folder.absolute() for folder in folders]
        self._on_change = on_change
        self._changed = threading.Event()
        self._closed = threading.Event()
        self._handler = _Handler(self._changed)
        self._watches: dict[tuple[Path, int], ObservedWatch] = {}
        works = _inotify_works(_nearest(folder) for folder in self._folders)
        self.kind: Literal["inotify", "polling"] = "inotify" if works else "polling"
        self._observer: BaseObserver = Observer() if works else PollingObserver(timeout=poll_s)
        self._observer.start()
        self._arrange()
        self._thread = threading.Thread(target=self._pump, name="watch", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop; no call is made after this returns, unless it is made from inside a call."""
        self._closed.set()
        self._changed.set()
        if threading.current_thread() is not self._thread:
            self._thread.join()
        self._observer.stop()
        self._observer.join()

    def _pump(self) -> None:
        while not self._closed.is_set():
            # A look now and then finds a folder that came and went between two arrangements.
            changed = self._changed.wait(LOOK_AGAIN_S)
            self._changed.clear()
            moved = self._arrange()
            if (changed or moved) and not self._closed.is_set():
                self._on_change()
                self._closed.wait(1 / CALLS_PER_S)

    def _arrange(self) -> bool:
        """Watch what is there now: the folders, or the nearest parent of one that is not. Say whether that changed."""
        wanted = {key for folder in self._folders if (key := _key(_nearest(folder)))}
        gone = self._watches.keys() - wanted
        new = wanted - self._watches.keys()
        for key in gone:
            self._observer.unschedule(self._watches.pop(key))
        for key in new:
            try:
                self._watches[key] = self._observer.schedule(
                    self._handler, str(key[0]), recursive=False, event_filter=_KINDS
                )
            except FileNotFoundError:
                # It went away in between; the next look finds its parent.
                continue
        return bool(gone or new)


def watch(folders: Sequence[Path], on_change: Callable[[], None], *, poll_s: float = 1.0) -> Watch:
    """Call ``on_change`` from a thread of its own when something in one of ``folders`` changes (not below them).

    Args:
        poll_s: seconds between looks where inotify does not work.
    """
    return Watch(folders, on_change, poll_s=poll_s)


def _nearest(folder: Path) -> Path:
    return next((path for path in (folder, *folder.parents) if path.is_dir()), Path("/"))


def _key(folder: Path) -> tuple[Path, int] | None:
    try:
        # A folder that was removed and made again has the same name, but the watch sits on the old one.
        return folder, folder.stat().st_ino
    except FileNotFoundError:
        return None


def _inotify_works(folders: Iterable[Path]) -> bool:
    """Say whether inotify reports a change in each of the folders, by making one that changes nothing."""
    return all(_speaks_up(folder) for folder in dict.fromkeys(folders))


def _speaks_up(folder: Path) -> bool:
    heard = threading.Event()
    try:
        observer = Observer()
        observer.schedule(_Handler(heard), str(folder), recursive=False)
        observer.start()
    except OSError:
        # Out of inotify watches or instances: somebody else uses them all.
        return False
    try:
        # Setting the mode it has is a change of attributes to inotify, and no change to anybody else.
        folder.chmod(stat.S_IMODE(folder.stat().st_mode))
        return heard.wait(PROBE_S)
    except PermissionError:
        return False
    finally:
        observer.stop()
        observer.join()
