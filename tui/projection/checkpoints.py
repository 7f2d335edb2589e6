"""Where to begin again from, when a recording is looked at at another place: the projection at some of its events.

Rule 1: however long a recording is, no more than :data:`MOST` are kept, evenly: when there are too many, every other
    one goes, and from then on they are twice as far apart.
Rule 2: each costs a copy of the projection. Where many events are expected they are far apart from the beginning on,
    for the copies that would have to go again are what reading a long recording took longest for.
"""

from bisect import bisect_right
from typing import Generic, TypeVar

MOST = 128
FIRST_EVERY = 256  # events
FARTHEST = 2_048
"""Events from one to the next that may be there from the beginning on: to take in so many takes some 50 ms."""
FEW = 64

Kept = TypeVar("Kept")


def apart(expected: int) -> int:
    """Return how far apart they should be from the beginning on, in events, where so many events are expected."""
    every = FIRST_EVERY
    while every < FARTHEST and expected > FEW * every:
        every *= 2
    return every


class Checkpoints(Generic[Kept]):
    """Values by the number of the event that they stand behind; ``every`` is how far apart they are, in events."""

    def __init__(self, *, most: int = MOST, every: int = FIRST_EVERY) -> None:
        self._most = most
        self.every = every
        self._numbers: list[int] = []
        self._values: list[Kept] = []

    def __len__(self) -> int:
        return len(self._numbers)

    def wanted(self, seq: int) -> bool:
        """Return whether one should be kept behind the event ``seq``."""
        return seq % self.every == 0

    def keep(self, seq: int, value: Kept) -> None:
        """Keep ``value`` behind the event ``seq``, which is higher than any before."""
        self._numbers.append(seq)
        self._values.append(value)
        if len(self._numbers) > self._most:
            self.every *= 2
            places = [place for place, number in enumerate(self._numbers) if self.wanted(number)]
            self._numbers = [self._numbers[place] for place in places]
            self._values = [self._values[place] for place in places]

    def before(self, seq: int) -> tuple[int, Kept] | None:
        """Return the last one at or before ``seq`` and the number of its event; None when there is none."""
        place = bisect_right(self._numbers, seq)
        return (self._numbers[place - 1], self._values[place - 1]) if place else None
