"""Where to begin again from, when a recording is looked at at another place: the projection at some of its events.

Rule 1: however long a recording is, no more than :data:`MOST` are kept, evenly: when there are too many, every other
    one goes, and from then on they are twice as far apart.
"""

from bisect import bisect_right
from typing import Generic, TypeVar

MOST = 128
FIRST_EVERY = 256  # events

Kept = TypeVar("Kept")


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
