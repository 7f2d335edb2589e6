"""Where a recording is looked at, and how fast it goes on: what each order does to that.

Rule 1: reads no clock; whoever plays says what time it is.
Rule 2: a pause of the recording longer than a few seconds is shortened; nobody watches a night go by.
Rule 3: a step, and going to a mark, is for looking: it pauses. Other jumps leave it playing or paused as it was.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from typing import NamedTuple

from tui.projection import targets
from tui.projection.targets import Run, Target
from tui.snapshot import Mark

SPEEDS = (0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 0.0)
"""Times faster than it was; 0 is at once."""
LONGEST_PAUSE_S = 4.0
LATEST_S = 1.0

PLAY, STEP, FASTER, MARK, SECONDS, EDGE, GO, LIVE = "play", "step", "faster", "mark", "seconds", "edge", "go", "live"


class Order(NamedTuple):
    """What somebody wants: ``by`` is how far, in units of ``what`` (negative: back), ``to`` the place of a ``GO``."""

    what: str
    by: int = 0
    to: Target | None = None


class Playhead:
    """``seq`` is the newest event shown, ``goal`` a place that is not known yet (None: there is none)."""

    def __init__(self, *, speed: float = 1.0, playing: bool = True, goal: Target | None = None) -> None:
        self.seq = 0
        self.speed = speed
        self.playing = playing
        self.goal = goal
        self._due_s: float | None = None

    def obey(self, order: Order, run: Run, marks: Sequence[Mark]) -> None:
        """Do what was ordered. An order drops a goal that was not reached, but for changes of speed."""
        self._due_s = None
        if order.what == FASTER:
            self.speed = faster(self.speed, order.by)
            return
        self.goal = None
        if order.what == PLAY:
            if not self.playing and run.complete and self.seq >= run.count:
                self.seq = min(1, run.count)
            self.playing = not self.playing
        elif order.what == STEP:
            self._stand(self.seq + order.by, run, playing=False)
        elif order.what == MARK:
            self._stand(_mark(self.seq, order.by, marks), run, playing=False)
        elif order.what == SECONDS:
            self._stand(_seconds(self.seq, order.by, run), run)
        elif order.what == EDGE:
            self.goal = Target("", targets.end if order.by > 0 else lambda run: targets.event(1, run))
        elif order.what == GO:
            self.goal = order.to

    def advance(self, run: Run, now_s: float) -> None:
        """Go on to where playing is by ``now_s`` (seconds of a clock that rises), or to the goal if it is known."""
        if self.goal is not None:
            place = self.goal.place(run)
            if place is None:
                return
            self.goal, self.seq, self._due_s = None, place, None
        self.seq = max(self.seq, min(1, run.count))
        if not self.playing:
            return
        if self.speed <= 0:
            self.seq = run.count
        while self.seq < run.count and self._due(run, now_s) <= now_s:
            self.seq += 1
            self._due_s = max(self._due(run, now_s) + self._delay_s(run), now_s - LATEST_S)

    def wait_s(self, run: Run, now_s: float) -> float | None:
        """Return how long nothing will happen from ``now_s`` on; None: until something is ordered or read."""
        if not self.playing or self.goal is not None or self.seq >= run.count:
            return None
        return max(0.0, self._due(run, now_s) - now_s)

    def _due(self, run: Run, now_s: float) -> float:
        if self._due_s is None:
            self._due_s = now_s + self._delay_s(run)
        return self._due_s

    def _delay_s(self, run: Run) -> float:
        """Return how long to wait for the event after ``seq``."""
        if self.speed <= 0 or not 0 < self.seq < run.count:
            return 0.0
        return delay_s(run.time_s(self.seq + 1) - run.time_s(self.seq), self.speed)

    def _stand(self, seq: int, run: Run, *, playing: bool | None = None) -> None:
        self.seq = max(min(1, run.count), min(seq, run.count))
        self.playing = self.playing if playing is None else playing


def delay_s(gap_s: float, speed: float) -> float:
    """Return how long a gap of the recording takes when it is played; ``speed`` is above 0."""
    return min(max(0.0, gap_s) / speed, LONGEST_PAUSE_S)


def faster(speed: float, by: int) -> float:
    """Return the speed ``by`` places after ``speed`` in :data:`SPEEDS`, in which it need not be."""
    if speed <= 0:
        place = len(SPEEDS) - 1
    else:
        place = bisect_right(SPEEDS, speed, hi=len(SPEEDS) - 1) - 1
        if by < 0 and (place < 0 or SPEEDS[place] != speed):
            place += 1
    return SPEEDS[max(0, min(len(SPEEDS) - 1, place + by))]


def _mark(seq: int, by: int, marks: Sequence[Mark]) -> int:
    """Return the event of the next mark, or the one before; where there is none, the event there was."""
    numbers = [mark.seq for mark in marks]
    place = bisect_right(numbers, seq) if by > 0 else bisect_left(numbers, seq) - 1
    return numbers[place] if 0 <= place < len(numbers) else seq


def _seconds(seq: int, by: int, run: Run) -> int:
    """Return the event so many seconds of the run away: another one at any rate."""
    if not run.count:
        return 0
    found = run.seq_at(run.time_s(max(1, seq)) + by)
    return max(found, seq + 1) if by > 0 else min(found, seq - 1)
