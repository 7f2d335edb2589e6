"""The lines of all teams under some roots: each is read as far as it goes, and held as little of as a line needs.

Rule 1: the team that is looked at is left to whoever follows it; it is read here from where it was left when somebody
        looks elsewhere.
Rule 2: one thread reads, what was written last first, a bounded piece of one team after the other, and rests as long
        as it has read: what is looked at comes first. It wakes when a folder of the teams that were written last
        changes; all of them are looked at every few seconds, or less often where a look takes long.
Rule 3: nothing is raised; what is wrong with a team is in its line, and what is wrong with a root in one of its own.
Rule 4: of more than 500 teams those are read that were written last. The others have a line that says so.
Rule 5: who listens hears every event of a team that came since we look. One that was there before is told from where
        it stood when it was first read to its end.
"""

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from teams.engine.event import Event
from tui.projection.state import Monitor
from tui.snapshot import TeamLine
from tui.sources.census import Census, Found, Key
from tui.sources.follow import Watch, watch_folders
from tui.sources.glance import TeamGlance
from tui.sources.hearts import LATEST_S

MOST_TEAMS = 500
"""So many are read."""
MOST_WATCHED = 32
"""Of so many teams folders are watched; a watch of very many costs more at rest than looking at their files does."""
WATCH_ANEW_S = 30.0
"""Where there are more, which of them are watched is settled no oftener."""
LOOK_AGAIN_S = 5.0
BETWEEN_LINES_S = 0.2
PIECE_S = 0.1
REST_FOR_LOOK = 100
"""A look at all teams takes no more than a hundredth of a core, or a twentieth while something happens."""
REST_FOR_WORK = 20
Heard = Callable[[Key, Event, Monitor], None]


class Glances:
    """All teams under ``roots`` but the one looked at: :meth:`lines` reads them all, :meth:`start` does in a thread.

    ``heard`` is told each new event with the key of its team and what it was taken into.
    """

    def __init__(self, roots: Sequence[Path]) -> None:
        self.heard: Heard | None = None
        self._census = Census(roots)
        self._roots = roots
        self._found: dict[Key, Found] = {}
        self._teams: dict[Key, TeamGlance] = {}
        self._older: dict[Key, TeamLine] = {}
        self._seen: set[Key] | None = None
        self._due: deque[Key] = deque()
        self._look_s = 0.0
        self._looked_at: Key | None = None
        self._wake, self._closed = threading.Event(), threading.Event()
        self._thread: threading.Thread | None = None

    def lines(self) -> tuple[TeamLine, ...]:
        """Read all there is and return every line."""
        while self.step(float("inf")):
            pass
        return self.told()

    def start(self, show: Callable[[tuple[TeamLine, ...]], None]) -> None:
        """Hand the lines to ``show`` whenever they changed, from a thread of our own."""
        thread = threading.Thread(target=self._run, args=(show,), name="monitor-glances", daemon=True)
        thread.start()
        # Only now: ^C may come while it starts, and a thread that did not start cannot be waited for.
        self._thread = thread

    def look_at(self, key: Key | None) -> None:
        """Leave the team ``key`` to its follower; None: read all."""
        self._looked_at = key
        self._wake.set()

    def close(self) -> None:
        """Stop the thread and wait for it."""
        self._closed.set()
        self._wake.set()
        if self._thread:
            self._thread.join()

    def step(self, for_s: float = 0.0) -> bool:
        """Find the teams there are and read a piece of those that are due; return whether there is more to read.

        The first step only finds: that there are so many is shown before any of them was read.
        """
        is_first = self._seen is None
        if not self._due:
            self._find()
        if is_first:
            return bool(self._due)
        end = time.monotonic() + for_s
        while self._due and not self._closed.is_set():
            self._read(self._due.popleft())
            if time.monotonic() >= end:
                break
        return bool(self._due)

    def told(self) -> tuple[TeamLine, ...]:
        """Return every line as it is known now, in no order."""
        teams = [self._teams[key].line if key in self._teams else self._older[key] for key in self._found]
        return (*teams, *(TeamLine(root, "", trouble=trouble) for root, trouble in self._census.troubles.items()))

    def _find(self) -> None:
        begun = time.thread_time()
        stamps = {key: self._found[key].stamp for key in self._older}
        self._found = self._census.look()
        newest = sorted(self._found, key=lambda key: self._found[key].written_ns, reverse=True)[:MOST_TEAMS]
        before, self._teams = self._teams, {}
        for key in newest:
            found, known = self._found[key], before.get(key)
            is_new = self._seen is not None and key not in self._seen
            self._teams[key] = known if known and known.spot == found.spot else TeamGlance(found.spot, tell=is_new)
        older = {key: found for key, found in self._found.items() if key not in self._teams}
        # Made anew only where something was written: there may be thousands, and a look every few seconds.
        self._older = {
            key: line if (line := self._older.get(key)) and found.stamp == stamps.get(key) else _unread(found)
            for key, found in older.items()
        }
        self._seen = self._found.keys() | (self._seen or set())
        self._due.extend(
            key for key, team in self._teams.items() if key != self._looked_at and team.is_due(self._found[key].stamp)
        )
        self._look_s = time.thread_time() - begun

    def _read(self, key: Key) -> None:
        team = self._teams.get(key)
        if team is None or key == self._looked_at:
            return
        heard = self.heard
        team.step(self._found[key].stamp, partial(heard, key) if heard else None)
        if team.line.reading:
            self._due.append(key)

    def _watched(self) -> list[Path]:
        folders = [root / "teams" for root in self._roots]
        for key, team in [*self._teams.items()][:MOST_WATCHED]:
            if key != self._looked_at:
                folders += team.spot.folders
        return folders

    def _run(self, show: Callable[[tuple[TeamLine, ...]], None]) -> None:
        watched: list[Path] = []
        watched_at_s = 0.0
        shown: tuple[TeamLine, ...] | None = None
        with ExitStack() as watches:
            while not self._closed.is_set():
                self._wake.clear()
                behind = self._step_safely()
                if (lines := self.told()) != shown:
                    shown = lines
                    show(lines)
                if behind:
                    self._closed.wait(PIECE_S)
                    continue
                few = len(self._teams) <= MOST_WATCHED or time.monotonic() - watched_at_s > WATCH_ANEW_S
                if few and (folders := sorted(self._watched())) != watched:
                    watches.close()
                    watch: Watch = watch_folders(folders, self._wake)
                    watches.callback(watch.close)
                    watched, watched_at_s = folders, time.monotonic()
                    continue  # something may have happened before the new watch was there
                self._closed.wait(max(BETWEEN_LINES_S, REST_FOR_WORK * self._look_s))
                self._wake.wait(max(LOOK_AGAIN_S, REST_FOR_LOOK * self._look_s))

    def _step_safely(self) -> bool:
        try:
            return self.step(PIECE_S)
        except OSError:
            # Folders come, go and change hands while we look; the next look may find them well again.
            time.sleep(PIECE_S)
            return False


def _unread(found: Found) -> TeamLine:
    spot, at = found.spot, datetime.fromtimestamp(min(max(0, found.written_ns // 1_000_000_000), LATEST_S), UTC)
    return TeamLine(str(spot.root), spot.team, spot.kept, unread=True, last_event_at=at)
