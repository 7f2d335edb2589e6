"""What a person may want to look at, and when that is over.

Rule 1: an item closes when what it is about was put right; a violation that merely happened never does.
Rule 2: old items are let go, their count is not.
Rule 3: what runs out (a request that expires) is over from then on; who makes a picture says what time it is.
"""

from collections import OrderedDict
from datetime import datetime

from tui.projection.replacing import replace
from tui.snapshot import Attention, Snapshot

KEPT = 1_000

REJECTED = "rejected"
BLOCKED = "blocked"
NEEDS_INPUT = "needs input"
FAILED_COMMAND = "failed command"
IN_DOUBT = "in doubt"
ENDED = "ended"
INTERRUPTED = "interrupted"
PAUSED = "paused"
VIOLATION = "violation"
TROUBLE = "trouble"
STUCK = "stuck"
ASKED = "asks leave"
WROTE = "wrote to you"
PROCESS_GONE = "process gone"
MEMBER_GONE = "member gone"

PRESSING = (PROCESS_GONE, INTERRUPTED, ENDED, ASKED, NEEDS_INPUT, PAUSED, STUCK, BLOCKED, IN_DOUBT, WROTE, TROUBLE)
"""Kinds of attention for which somebody waits, the most pressing first; the others merely want a look."""
_RANKS = {kind: rank for rank, kind in enumerate(PRESSING)}

CLOSED_BY_ANOTHER_TRY = frozenset({REJECTED, FAILED_COMMAND})
CLOSED_BY_COMPLETION = frozenset({REJECTED, BLOCKED, NEEDS_INPUT, FAILED_COMMAND, IN_DOUBT, STUCK})


def rank_of(item: Attention) -> int:
    """Return how much an item presses, 0 most; those that merely want a look are all alike."""
    return _RANKS.get(item.kind, len(PRESSING))


def as_of(snapshot: Snapshot, now: datetime) -> Snapshot:
    """Return ``snapshot`` with what had run out by ``now`` over."""
    over = sum(_ran_out(item, now) for item in snapshot.attention)
    if not over:
        return snapshot
    items = tuple(replace(item, open=False) if _ran_out(item, now) else item for item in snapshot.attention)
    totals = replace(snapshot.totals, attention_open=snapshot.totals.attention_open - over)
    return replace(snapshot, attention=items, totals=totals)


def _ran_out(item: Attention, now: datetime) -> bool:
    return item.until is not None and item.open and item.until <= now


class AttentionList:
    """The items, oldest first, and which of them are open."""

    def __init__(self) -> None:
        self._items: OrderedDict[int, Attention] = OrderedDict()
        self._open: dict[str | None, dict[int, str]] = {}
        self._next = 1
        self.open_count = 0

    def raise_(
        self, kind: str, at: datetime, text: str, *, task: str | None, agent: str, until: datetime | None = None
    ) -> int:
        """Add an open item and return its number."""
        item = Attention(self._next, at, kind, text, task, agent, until=until)
        self._next += 1
        self._items[item.number] = item
        self._open.setdefault(task, {})[item.number] = kind
        self.open_count += 1
        if len(self._items) > KEPT:
            self._items.popitem(last=False)
        return item.number

    def close_one(self, number: int) -> None:
        """Close one item; one that is closed stays so."""
        for task, of_task in self._open.items():
            if number in of_task:
                self._close(task, [number])
                return

    def close(self, task: str | None, kinds: frozenset[str]) -> None:
        """Close the open items of ``task`` that are of these kinds."""
        self._close(task, [number for number, kind in self._open.get(task, {}).items() if kind in kinds])

    def _close(self, task: str | None, numbers: list[int]) -> None:
        of_task = self._open.get(task, {})
        for number in numbers:
            del of_task[number]
            self.open_count -= 1
            if number in self._items:
                self._items[number] = replace(self._items[number], open=False)
        if not of_task:
            self._open.pop(task, None)

    @property
    def newest(self) -> Attention | None:
        """The item that was added last; None before the first."""
        return self._items.get(self._next - 1)

    def items(self) -> tuple[Attention, ...]:
        """Return the items that are still kept, oldest first."""
        return tuple(self._items.values())
