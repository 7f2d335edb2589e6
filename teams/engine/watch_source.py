"""Inotify or not: decided when a watch begins, and again whenever that turns out wrong.

Rule 1: the type of the file system decides first, then a probe: a change, made by ourselves, that changes nothing.
Rule 2: when events were lost, or watches, instances or descriptors are used up, inotify is given up and its reason
    kept; it is tried again after 5 s, and after twice as long each time it fails, 60 s at most.
Rule 3: nothing is raised; whoever asks reads ``kind`` and ``why``, and looks at the folders for himself meanwhile.
"""

import errno
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple

from teams.engine.watch_places import is_shared, mount_of, read_mounts

if TYPE_CHECKING:
    from teams.engine.watch_inotify import Inotify

PROBE_S = 0.5
RETRY_S, LONGEST_RETRY_S = 5.0, 60.0
# Somebody else's folder, a read-only one, one that is gone: no change can be made there to see whether it is told.
_CANNOT_TRY = frozenset({errno.EPERM, errno.EACCES, errno.EROFS, errno.ENOENT})


class Place(NamedTuple):
    """A folder that is there. Another one of that name, or one mounted over it, is another place."""

    folder: Path
    device: int
    inode: int


class Source:
    """What tells of changes in places, for one watch. Used by one thread; only ``changed`` is called from another.

    Attributes:
        kind: ``inotify``, or ``polling`` while nothing tells.
        why: a sentence that says why.
    """

    def __init__(self, changed: Callable[[], None], *, mountinfo: Path) -> None:
        self._changed = changed
        self._mountinfo = mountinfo
        self._inotify: Inotify | None = None
        self._added: dict[Place, tuple[int, int]] = {}
        self._lost = ""
        self._pause_s, self._retry_at = RETRY_S, 0.0
        self.kind: Literal["inotify", "polling"] = "polling"
        self.why = "nothing was tried yet"

    def begin(self, places: Iterable[Place]) -> bool:
        """Try inotify on ``places``; say whether it tells of changes there."""
        wanted = sorted(places)
        if not self._allowed(wanted) or not self._open():
            return False
        self.follow(wanted)
        if not self._probed(wanted):
            return False
        self.kind, self.why = "inotify", "changes that were made to try it were told at once"
        return True

    def retry(self, places: Iterable[Place]) -> bool:
        """Begin again if inotify was given up and it is time; say whether it works now."""
        if self._inotify is not None or time.monotonic() < self._retry_at:
            return False
        return self.begin(places)

    def check(self) -> None:
        """Give inotify up if it has lost events since the last time."""
        if self._lost:
            self._give_up(self._lost)

    def follow(self, places: Iterable[Place]) -> bool:
        """Be told of exactly ``places`` from now on; say whether that is so, or that there is nothing that tells."""
        if self._inotify is None:
            return True
        if ended := self._inotify.ended():
            self._added = {place: added for place, added in self._added.items() if added[0] not in ended}
        wanted = set(places)
        new = wanted - self._added.keys()
        if new and self._added and not self._allowed(sorted(new)):
            return True
        try:
            for place in self._added.keys() - wanted:
                self._inotify.remove(self._added.pop(place))
            for place in new:
                self._added[place] = self._inotify.add(place.folder)
        except (FileNotFoundError, NotADirectoryError):
            return False  # it went away in between
        except OSError as error:
            self._give_up(_said(error))
        return True

    def close(self) -> None:
        """Stop telling; nothing is called after this returns."""
        if self._inotify is not None:
            self._inotify.close()
        self._inotify = None
        self._added.clear()

    def _allowed(self, places: list[Place]) -> bool:
        mounts = read_mounts(self._mountinfo)
        for place in places:
            mount = mount_of(place.folder, mounts)
            if mount and is_shared(mount.kind):
                self._give_up(f"{place.folder} is on {mount.kind}, where inotify does not tell what others write")
                return False
        return True

    def _open(self) -> bool:
        try:
            # Only here: where there is no inotify, watchdog's reader cannot even be imported.
            from teams.engine.watch_inotify import Inotify

            self._lost = ""
            self._inotify = Inotify(self._changed, self._lose)
        except OSError as error:
            self._give_up(_said(error))
        except (ImportError, RuntimeError):
            self._give_up("this system has no inotify")
        return self._inotify is not None

    def _probed(self, places: list[Place]) -> bool:
        for place in places:
            if self._inotify is not None and not self._hears(self._inotify, place.folder):
                self._give_up(f"inotify did not tell of a change in {place.folder}")
        return self._inotify is not None

    def _hears(self, inotify: "Inotify", folder: Path) -> bool:
        try:
            return inotify.hears(folder, timeout_s=PROBE_S)
        except OSError as error:
            # Nothing can be tried, so the type of the file system, which was asked before, has the last word.
            return error.errno in _CANNOT_TRY

    def _lose(self, why: str) -> None:
        self._lost = why
        self._changed()

    def _give_up(self, why: str) -> None:
        self.close()
        self._lost = ""
        self.kind, self.why = "polling", why
        self._retry_at = time.monotonic() + self._pause_s
        self._pause_s = min(self._pause_s * 2, LONGEST_RETRY_S)


def _said(error: OSError) -> str:
    what = {
        errno.ENOSPC: "all inotify watches of this user are in use (fs.inotify.max_user_watches)",
        errno.EMFILE: "all inotify instances or descriptors are in use (fs.inotify.max_user_instances)",
    }.get(error.errno or 0)
    return what or f"inotify: {error.strerror or error}"
