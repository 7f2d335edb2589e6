"""The lines of all teams under some roots: each is read as far as it goes, and held as little of as a line needs.

Rule 1: the team that is looked at is left to whoever follows it; it is read here from where it was left when somebody
        looks elsewhere.
Rule 2: one thread reads, a bounded piece of one team after the other, and rests in between: what is looked at comes
        first. It wakes when a folder changes, and every few seconds for hearts and for what nobody told of.
Rule 3: nothing is raised; what is wrong with a team is in its line.
"""

import threading
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from tui.projection.files import as_told
from tui.projection.gone import DIED, is_gone, with_its_life
from tui.projection.teams import Glance, line_of
from tui.snapshot import Agent, Mission, TeamLine
from tui.sources.files import Files
from tui.sources.folder import Spot, spots
from tui.sources.follow import Watch, reader_of, watch_folders
from tui.sources.hearts import Hearts
from tui.sources.reader import Reader

MOST_TEAMS = 500
"""Of more the newest are told."""
LOOK_AGAIN_S = 5.0
BETWEEN_LINES_S = 0.2
REST_S = 0.02
Key = tuple[str, str]


class TeamGlance:
    """One team that is not looked at."""

    def __init__(self, spot: Spot) -> None:
        self.spot = spot
        self._reader: Reader | Files = reader_of(spot)
        self._glance = Glance()
        self._hearts = Hearts(spot.path.parent) if spot.has_journal else None
        self._stamp: object = None
        self._agents: tuple[Agent, ...] = ()
        self._mission: Mission | None = None
        self.line = TeamLine(str(spot.root), spot.team, "journal" if spot.has_journal else "files", reading=True)

    def step(self) -> bool:
        """Read what is new, up to a bound; return whether there is more."""
        stamp = _stamp(self.spot.path)
        if self.spot.has_journal and stamp == self._stamp and not self._reader.more:
            self.line = replace(self.line, alive=self._alive())
            if self._hearts and self.line.phase and not self.line.over and self._died() != (self.line.phase == DIED):
                self.line = self._line()
            return False
        if self._reader.replaced():
            self._reader, self._glance = reader_of(self.spot), Glance()
        for event in self._reader.poll():
            self._glance.apply(event)
        self._stamp = stamp
        self.line = self._line()
        return self._reader.more

    def _line(self) -> TeamLine:
        snapshot = replace(self._glance.snapshot(), trouble=self._reader.trouble)
        self._mission = snapshot.mission
        if isinstance(self._reader, Files):
            snapshot = as_told(snapshot, self._reader.seen)
        if self._hearts:
            snapshot = with_its_life(replace(snapshot, hearts=self._hearts.of(snapshot.agents)))
        self._agents = snapshot.agents
        return line_of(snapshot, str(self.spot.root), self.spot.team, reading=self._reader.more)

    def _died(self) -> bool:
        return is_gone(self._mission, self._hearts.of(self._agents) if self._hearts else {})

    def _alive(self) -> int | None:
        hearts = self._hearts.of(self._agents) if self._hearts and not self.line.over else {}
        return sum(heart.life == "alive" for heart in hearts.values()) if hearts else None


class Glances:
    """All teams under ``roots`` but the one looked at: :meth:`lines` reads them all, :meth:`start` does in a thread."""

    def __init__(self, roots: Sequence[Path]) -> None:
        self._roots = roots
        self._teams: dict[Key, TeamGlance] = {}
        self._looked_at: Key | None = None
        self._wake, self._closed = threading.Event(), threading.Event()
        self._thread: threading.Thread | None = None

    def lines(self) -> tuple[TeamLine, ...]:
        """Read all there is and return every line."""
        while self.step():
            pass
        return self._told()

    def start(self, show: Callable[[tuple[TeamLine, ...]], None]) -> None:
        """Hand the lines to ``show`` whenever they changed, from a thread of our own."""
        self._thread = threading.Thread(target=self._run, args=(show,), name="monitor-glances", daemon=True)
        self._thread.start()

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

    def step(self) -> bool:
        """Find the teams there are and read a piece of each; return whether there is more."""
        self._find()
        behind = False
        for key, team in self._teams.items():
            if key != self._looked_at and not self._closed.is_set():
                behind |= team.step()
        return behind

    def _find(self) -> None:
        found = [spot for root in self._roots for spot in spots(root)]
        if len(found) > MOST_TEAMS:
            found = sorted(found, key=lambda spot: spot.written_ns)[-MOST_TEAMS:]
        before, self._teams = self._teams, {}
        for spot in found:
            key = str(spot.root), spot.team
            known = before.get(key)
            self._teams[key] = known if known and known.spot == spot else TeamGlance(spot)

    def _told(self) -> tuple[TeamLine, ...]:
        return tuple(team.line for team in self._teams.values())

    def _watched(self) -> list[Path]:
        folders = [root / "teams" for root in self._roots]
        for key, team in self._teams.items():
            if key != self._looked_at:
                folders += team.spot.folders
        return folders

    def _run(self, show: Callable[[tuple[TeamLine, ...]], None]) -> None:
        watched: list[Path] = []
        shown: tuple[TeamLine, ...] | None = None
        with ExitStack() as watches:
            while not self._closed.is_set():
                self._wake.clear()
                behind = self._step_safely()
                if (lines := self._told()) != shown:
                    shown = lines
                    show(lines)
                if (folders := self._watched()) != watched:
                    watches.close()
                    watch: Watch = watch_folders(folders, self._wake)
                    watches.callback(watch.close)
                    watched = folders
                    continue  # something may have happened before the new watch was there
                self._closed.wait(REST_S if behind else BETWEEN_LINES_S)
                if not behind:
                    self._wake.wait(LOOK_AGAIN_S)

    def _step_safely(self) -> bool:
        try:
            return self.step()
        except OSError:
            # Folders come, go and change hands while we look; the next look may find them well again.
            time.sleep(REST_S)
            return False


def _stamp(path: Path) -> tuple[int, int, int] | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_ino, status.st_size, status.st_mtime_ns
