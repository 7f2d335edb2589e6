"""What an event made a person look at."""

from teams.engine.event import Event
from tui.projection.state import Monitor
from tui.snapshot import Attention


class Raised:
    """Asked after each event of one team, in order."""

    def __init__(self) -> None:
        self._newest = 0
        self._of: Monitor | None = None

    def by(self, event: Event, monitor: Monitor) -> Attention | None:
        """Return what ``event``, which ``monitor`` took in last, asks a person to look at; None: nothing."""
        if monitor is not self._of:
            self._newest, self._of = 0, monitor  # of another journal
        item = monitor.newest_attention
        raised = item if item is not None and item.number > self._newest and item.at == event.at else None
        self._newest = item.number if item else 0
        return raised
