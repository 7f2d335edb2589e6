"""What time it is on a picture, from where ages are counted; and how often pictures are drawn."""

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


class Pace:
    """Sees to it that ``at_least_s`` seconds lie between two pictures; 0.0: each is drawn as it comes."""

    def __init__(self, at_least_s: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._at_least_s, self._clock = at_least_s, clock
        self._drawn_s = float("-inf")

    def wait_s(self) -> float:
        """Return how long a picture has to wait yet; 0.0: it is drawn now, and the next one is counted from here."""
        now_s = self._clock()
        wait_s = max(0.0, self._drawn_s + self._at_least_s - now_s)
        if not wait_s:
            self._drawn_s = now_s
        return wait_s


def pace_of(env: Mapping[str, str]) -> Pace:
    """Return the pace for whoever has the environment ``env``: through ssh (sshd sets both names) a slow one."""
    return Pace(SLOW_S if env.get("SSH_CONNECTION") or env.get("SSH_TTY") else 0.0)
