"""What time it is on a picture, from where ages are counted; and how often pictures are drawn."""

import select
import sys
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from tui.snapshot import Snapshot


def wall_clock(snapshot: Snapshot) -> datetime:
    """Return the time: ages on a live screen are counted from now, in the past of a run from where that is."""
    return snapshot.moment.at if snapshot.moment else datetime.now(UTC)


def newest_event(snapshot: Snapshot) -> datetime:
    """Return the time of the newest event: ages in a recording are counted from there."""
    return snapshot.last_event_at or datetime.fromtimestamp(0, UTC)


SLOW_S = 0.2
"""Between two pictures on a line that others share."""
BEHIND_S = 0.05
"""Until a terminal that has not taken all that it was sent is asked again."""


class Pace:
    """Sees to it that ``at_least_s`` seconds lie between two pictures; 0.0: each is drawn as it comes.

    A terminal that has not taken the last picture (a line that stalls) gets no other one before it has: what came
    meanwhile is then one picture, the newest.
    """

    def __init__(
        self, at_least_s: float, clock: Callable[[], float] = time.monotonic, takes: Callable[[], bool] = lambda: True
    ) -> None:
        self._at_least_s, self._clock, self._takes = at_least_s, clock, takes
        self._drawn_s = float("-inf")

    @property
    def is_slow(self) -> bool:
        """Whether the line is one that others share."""
        return self._at_least_s > 0

    def wait_s(self) -> float:
        """Return how long a picture has to wait yet; 0.0: it is drawn now, and the next one is counted from here."""
        if not self._takes():
            return BEHIND_S
        now_s = self._clock()
        wait_s = max(0.0, self._drawn_s + self._at_least_s - now_s)
        if not wait_s:
            self._drawn_s = now_s
        return wait_s

    def tick(self, draw: Callable[[], None]) -> None:
        """Draw what only the time has changed, unless the terminal is behind."""
        if self._takes():
            draw()


def pace_of(env: Mapping[str, str]) -> Pace:
    """Return the pace for whoever has the environment ``env``: through ssh (sshd sets both names) a slow one."""
    return Pace(SLOW_S if env.get("SSH_CONNECTION") or env.get("SSH_TTY") else 0.0, takes=terminal_takes)


def terminal_takes() -> bool:
    """Return whether the terminal takes more now; what is no terminal does always."""
    # To this one Textual writes (textual.drivers.linux_driver), in a thread that waits until the terminal reads.
    out = sys.__stderr__
    if out is None or not out.isatty():
        return True
    poll = select.poll()
    poll.register(out.fileno(), select.POLLOUT)
    return bool(poll.poll(0))
