"""Reading a team of another program that members of ours have joined: their journal, and the program's files.

Rule 1: as of :class:`tui.sources.reader.Reader` and :class:`tui.sources.files.Files`, which do the reading.
Rule 2: the journal is read to its end first: what it tells is not told of the files again.
"""

from pathlib import Path

from teams.engine.event import Event
from tui.projection.shared import Told, as_shared
from tui.snapshot import Snapshot
from tui.sources.files import Files
from tui.sources.reader import Reader
from tui.sources.unlinked import IN_A_TEAM


class Shared:
    """What :class:`tui.sources.reader.Reader` is for a journal alone."""

    def __init__(self, root: Path, team: str, journal: Path) -> None:
        self._journal, self._files, self._told = Reader(journal, folders=IN_A_TEAM), Files(root, team), Told(team)

    @property
    def more(self) -> bool:
        """Whether a poll stopped at its bound."""
        return self._journal.more

    @property
    def trouble(self) -> str:
        """What is wrong with either."""
        return self._journal.trouble or self._files.trouble

    def replaced(self) -> bool:
        """Return whether another team or another journal is there now."""
        return self._journal.replaced() or self._files.replaced()

    def poll(self) -> list[Event]:
        """Return what is new since the last time."""
        events = self._journal.poll()
        if not self._journal.more:
            events += self._files.poll()
        return [told for event in events if (told := self._told.take(event))]

    def as_told(self, snapshot: Snapshot) -> Snapshot:
        """Return the picture with what neither tells called unknown."""
        return as_shared(snapshot, self._files.seen, self._told.ours)
