"""Being told when folders change.

Rule 1: a call says "look again", never what happened. The first change is told at once; those that follow within
    1/``calls_per_s`` are told together at its end.
Rule 2: watching changes nothing: a folder that is not there yet is waited for at its nearest parent, and one that was
    removed, replaced or mounted over is watched anew.
Rule 3: inotify is used where file system and probe say that it hears everything; elsewhere, and once it lost something,
    we look at the folders every ``poll_s``. Which of the two, and why, can be asked.
Rule 4: we look in any case: a change that nobody told of is found within ``look_s``. Looking takes at most 2 % of a
    core, so at very large folders we look less often.
Rule 5: no fault of the file system reaches the caller; it is a reason to look again.
"""

import stat
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal

from teams.engine.watch_look import signature
from teams.engine.watch_places import MOUNTINFO
from teams.engine.watch_source import Place, Source

CALLS_PER_S = 15.0
LOOK_S = 2.0
SHARE_OF_A_CORE = 0.02
SHARE_OF_THE_TIME = 0.2  # that is spent waiting for a slow file system
_TRIES = 20


class Watch:
    """A running watch, made by :func:`watch`.

    ``look_s``: seconds within which a change is found that nobody told of.
    """

    def __init__(
        self,
        folders: Sequence[Path],
        on_change: Callable[[], None],
        *,
        poll_s: float,
        calls_per_s: float,
        mountinfo: Path,
    ) -> None:
        self._folders = [folder.absolute() for folder in folders]
        self._on_change = on_change
        self._poll_s = poll_s
        self._pause_s = 1 / calls_per_s
        self._wake = threading.Event()
        self._closed = threading.Event()
        self._source = Source(self._wake.set, mountinfo=mountinfo)
        self._places: set[Place] = set()
        self._signature, self._look_at = 0, 0.0
        self.look_s = poll_s
        self._arrange()
        self._source.begin(self._places)
        self._look()
        self._thread = threading.Thread(target=self._pump, name="watch", daemon=True)
        self._thread.start()

    @property
    def kind(self) -> Literal["inotify", "polling"]:
        """How changes are noticed now: ``inotify`` at once, ``polling`` within ``look_s``. It may change."""
        return self._source.kind

    @property
    def why(self) -> str:
        """Why it is that kind, in a sentence for people."""
        return self._source.why

    def close(self) -> None:
        """Stop; no call is made after this returns, unless it is made from inside a call."""
        self._closed.set()
        self._wake.set()
        if threading.current_thread() is not self._thread:
            self._thread.join()

    def _pump(self) -> None:
        try:
            while not self._closed.is_set():
                self._turn()
        finally:
            self._source.close()

    def _turn(self) -> None:
        changed = self._wake.wait(max(0.0, self._look_at - time.monotonic()))
        self._wake.clear()
        self._source.check()
        changed |= self._arrange()
        if time.monotonic() >= self._look_at or self.kind == "polling":
            changed |= self._source.retry(self._places)
            changed |= self._look()
        if changed and not self._closed.is_set():
            self._on_change()
            self._closed.wait(self._pause_s)

    def _arrange(self) -> bool:
        """Watch what is there now: the folders, or the nearest parent of one that is not. Say whether that changed."""
        changed = False
        for _ in range(_TRIES):
            wanted = {_nearest(folder) for folder in self._folders}
            if self._source.follow(wanted) and wanted == self._places:
                break
            # Something may have happened before the new watch was there, also to the place itself: once more.
            self._places, changed = wanted, True
        return changed

    def _look(self) -> bool:
        """Compare the folders with the last look, and plan the next; say whether they differ."""
        cpu, wall = time.thread_time(), time.monotonic()
        found = signature(sorted(place.folder for place in self._places))
        cpu_s, now = time.thread_time() - cpu, time.monotonic()
        wanted_s = LOOK_S if self.kind == "inotify" else self._poll_s
        self.look_s = max(wanted_s, cpu_s / SHARE_OF_A_CORE, (now - wall) / SHARE_OF_THE_TIME)
        self._look_at = now + self.look_s
        differs, self._signature = found != self._signature, found
        return differs


def watch(
    folders: Sequence[Path],
    on_change: Callable[[], None],
    *,
    poll_s: float = 1.0,
    calls_per_s: float = CALLS_PER_S,
    mountinfo: Path = MOUNTINFO,
) -> Watch:
    """Call ``on_change`` from a thread of its own when something in one of ``folders`` changes (not below them).

    It may be called once more than anything changed, so what it does must be right to do at any time.

    Args:
        poll_s: seconds between looks where inotify does not work.
        calls_per_s: the most calls in a second. A monitor that draws wants 15, who waits for a message 200.
        mountinfo: where the kernel lists file systems.
    """
    return Watch(folders, on_change, poll_s=poll_s, calls_per_s=calls_per_s, mountinfo=mountinfo)


def _nearest(folder: Path) -> Place:
    """Return ``folder``, or the first of its parents that is there and can be seen."""
    for path in (folder, *folder.parents):
        try:
            status = path.stat()
        except OSError:
            continue
        if stat.S_ISDIR(status.st_mode):
            return Place(path, status.st_dev, status.st_ino)
    return Place(Path("/"), 0, 0)
