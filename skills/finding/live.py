"""Skills for a process that runs for long: what is new, changed or gone is seen without asking at every turn.

Rule 1: whoever watches files says so with :meth:`LiveSkills.touched`, and nothing is polled. Who does not, polls: at
        most once in ``every_s``, by looking at names and stamps, not at contents.
Rule 2: only documents whose stamps changed are read again.
Rule 3: a document that is half written does not take its skill away: it stays as it was, with a problem that says so.
        One that was removed is gone.
"""

import os
import time
from collections.abc import Callable
from pathlib import Path

from skills.finding.discover import Found, see, settle
from skills.finding.places import PLACES, Place, Search, folders_up
from skills.finding.remembered import Remembered, stamp
from skills.finding.scanning import Seen
from skills.format.skill import FILE_NAME, Problem, Skill

EVERY_S = 2.0


class LiveSkills:
    """The skills of a search, as they are now. Not for several threads at once, but for :meth:`touched`."""

    def __init__(
        self,
        search: Search,
        *,
        watched: bool = False,
        every_s: float = EVERY_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Find them.

        Args:
            search: where to look.
            watched: True: somebody calls :meth:`touched`, so that nothing is polled.
            every_s: how long a look at names and stamps counts, in seconds.
            clock: seconds that only grow.
        """
        self._search = search
        self._watched = watched
        self._every_s = every_s
        self._clock = clock
        self._remembered = Remembered()
        self._good: dict[str, Skill] = {}
        self._touched = False
        self._looked: float = clock()
        self._stamps: frozenset[object] = frozenset()
        self._found = self._look(see(search))

    @property
    def found(self) -> Found:
        """What was found last."""
        return self._found

    def folders(self) -> list[Path]:
        """Return the folders to watch with all that is below them, whether they are there yet or not."""
        search = self._search
        tops = [*folders_up(search.here or search.project, search.project), *([search.home] if search.home else [])]
        named = [*search.extra, *(search.project / name for name in search.configured)]
        client = search.client or (search.home / ".claude" if search.home else None)
        theirs = [client / "skills", client / "plugins"] if client else []
        return list(dict.fromkeys([*(top / place for top in tops for place in PLACES), *theirs, *named]))

    def touched(self, path: Path) -> None:
        """Say that something happened at ``path``, which is in or is one of :meth:`folders`; from any thread."""
        self._touched = True

    def changed(self) -> bool:
        """Return whether :meth:`refresh` would find something else; it costs nothing between two looks."""
        if self._touched:
            return True
        if self._watched or self._clock() - self._looked < self._every_s:
            return False
        self._looked = self._clock()
        self._touched = _stamps(see(self._search)) != self._stamps
        return self._touched

    def refresh(self) -> Found:
        """Look again, and return what there is now."""
        self._touched = False  # before looking: what happens meanwhile is looked at next time
        self._found = self._look(see(self._search))
        return self._found

    def _look(self, seen: list[tuple[Place, Seen] | Problem]) -> Found:
        self._looked = self._clock()
        self._stamps = _stamps(seen)
        found = settle(seen, self._remembered, self._good)
        taken = [*found.skills, *(shadow.skill for shadow in found.shadowed)]
        paths = {item.folder: item.path for _, item in _pairs(seen)}
        self._good = {paths.get(str(one.folder), str(one.folder / FILE_NAME)): one for one in taken}
        return found


def _stamps(seen: list[tuple[Place, Seen] | Problem]) -> frozenset[object]:
    """Return what differs when anything was added, changed or removed."""
    documents = {(item.path, place.source, tuple(stamp(item.status))) for place, item in _pairs(seen)}
    problems = {(os.fspath(one.path), one.reason) for one in seen if isinstance(one, Problem)}
    return frozenset([*documents, *problems])


def _pairs(seen: list[tuple[Place, Seen] | Problem]) -> list[tuple[Place, Seen]]:
    return [one for one in seen if not isinstance(one, Problem)]
