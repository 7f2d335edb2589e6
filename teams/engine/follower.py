"""One reading of a journal for all in this process who keep something of it: the board, the mail, who is where.

Rule 1: each event is read and decoded once, and given to every follower in the order of the journal. What nobody asked
    for is only seen to be whole: most of a long journal is turns of agents, which none of them keeps.
Rule 2: a follower is called by whichever thread catches up, one event at a time.
"""

import threading
from collections.abc import Callable, Collection
from pathlib import Path

from teams.engine.event import Event
from teams.engine.tail import Tail

Apply = Callable[[Event], None]


class Follower:
    """The shared reading of the journal at ``path``. Safe for threads."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._tail = Tail(path)
        self._lock = threading.RLock()
        self._apply: list[Apply] = []
        self._types: set[str] | None = set()

    def add(self, apply: Apply, types: Collection[str] = ()) -> None:
        """Give ``apply`` every event of ``types``, () for all, from the first on; others may come with them.

        What was read already is read again for it. A name that ends with a dot is all types that begin so.
        """
        with self._lock:
            self._types = None if self._types is None or not types else self._types | {*types}
            if self._tail.seq:
                for event in Tail(self._path).lines(types, whole=True):
                    if event.seq > self._tail.seq:
                        break
                    apply(event)
            self._apply.append(apply)

    def catch_up(self) -> None:
        """Read what was appended since the last time.

        Raises:
            Damaged, NewerFormat: the journal cannot be read on; the followers have what came before.
        """
        with self._lock:
            if not self._apply:
                return
            for event in self._tail.lines(self._types or (), whole=True):
                for apply in self._apply:
                    apply(event)

    @property
    def has_read(self) -> bool:
        """Whether anything was read so far."""
        return self._tail.seq > 0

    def seq_at(self, size_bytes: int) -> int | None:
        """Return the number of the event that ends at ``size_bytes`` where that is how far was read, else None."""
        with self._lock:
            return self._tail.seq if self._tail.seq and self._tail.offset == size_bytes else None
