"""Milestones put on record by one append, and kept at hand until many of them go into git together.

What a branch looks like after its newest milestone stays in memory between calls, in one :class:`Unsettled` for each
branch of this process. Each is used by whoever holds the lock of the branch, after a look at a few files shows that
nobody else has written, switched or edited meanwhile; otherwise it is dropped and made anew from what is on disk.

Rule 1: a milestone is acknowledged when its line is in the write-ahead file; what is in memory can always be lost.
Rule 2: git gets them after ``BATCH`` milestones or ``IDLE_S`` seconds without one, at the end of the process, and
        before anybody reads or does anything else with the branch.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from onecontext.errors import Conflict, LockTimeout, OneContextError
from onecontext.memory import background
from onecontext.memory.desk import opened
from onecontext.memory.keeping import keep
from onecontext.memory.locking import locked
from onecontext.memory.unsettled import Unsettled
from onecontext.store import ahead
from onecontext.store.layout import Layout
from onecontext.store.locks import DEFAULT_WAIT_S

BATCH, BATCH_BYTES = 128, 16 * 1024 * 1024
IDLE_S = 0.05
_TRIES = 3

_Key = tuple[Path, str, str]
_kept: dict[_Key, Unsettled] = {}


@contextmanager
def recording(layout: Layout, branch: str, *, at: datetime) -> Iterator[Unsettled]:
    """Hold ``branch`` for putting milestones on record; what people edited by hand has been committed, as of ``at``.

    Raises:
        UnknownBranch, LockTimeout, NewerFormat: as in :func:`onecontext.memory.desk.writing`.
    """
    key = _key(layout, branch)
    with locked(layout, branch, known=lambda: key in _kept and _kept[key].is_unswitched()):
        at_hand = _at_hand(layout, branch, at)
        try:
            yield at_hand
        except BaseException:
            # Whatever it was, ^C too: half of something may be in memory, and what counts is on disk.
            _kept.pop(key, None)
            raise
        if at_hand.count >= BATCH or at_hand.size_bytes >= BATCH_BYTES:
            # It is on record, so a full disk is no reason to say that it is not; whoever comes next tries again.
            with suppress(OneContextError, OSError):
                _settle(key, at_hand)
    background.later(partial(_settle_idle, layout, branch), key=key, after_s=IDLE_S)


def settle(layout: Layout, branch: str, *, wait_s: float = DEFAULT_WAIT_S) -> None:
    """Put what is on record of ``branch`` into git, and show it; nothing happens when there is nothing.

    Raises:
        StorageError: full or read-only; all of it is on record still.
        LockTimeout: somebody else has been writing the branch for ``wait_s`` seconds.
    """
    if ahead.is_empty(layout, branch):
        return
    with locked(layout, branch, wait_s=wait_s):
        if not ahead.is_empty(layout, branch):
            at_hand = _at_hand(layout, branch, datetime.now(UTC))
            try:
                _settle(_key(layout, branch), at_hand)
            except LockTimeout:
                raise
            except Conflict:
                # Git, used by hand, has just moved the branch: from there, then.
                opened(layout, branch)


def let_go(layout: Layout, branch: str) -> None:
    """Keep nothing of ``branch`` in memory, whose lock the caller holds; what is on record is on disk."""
    _kept.pop(_key(layout, branch), None)


def _settle(key: _Key, at_hand: Unsettled) -> None:
    _kept.pop(key, None)
    if at_hand.settle():
        keep(_kept, key, at_hand)


def _settle_idle(layout: Layout, branch: str, last: bool) -> None:
    if last:
        settle(layout, branch)
        return
    with suppress(LockTimeout):
        if ahead.idle_s(layout, branch) >= IDLE_S:
            settle(layout, branch, wait_s=0.0)
            return
    # Other writers of the branch go on, and who of them could as well do it later need not stand in line for it.
    background.later(partial(_settle_idle, layout, branch), key=_key(layout, branch), after_s=IDLE_S)


def _at_hand(layout: Layout, branch: str, at: datetime) -> Unsettled:
    key = _key(layout, branch)
    found = _kept.pop(key, None)
    if found is None or not found.is_current():
        found = _from_disk(layout, branch, at)
    keep(_kept, key, found)
    return found


def _from_disk(layout: Layout, branch: str, at: datetime) -> Unsettled:
    # What others have on record is taken over as it is: if each put it into git first, all would do so in turn.
    found = Unsettled(opened(layout, branch, settled=False))
    for _ in range(_TRIES):
        if found.is_as_committed() and found.is_caught_up():
            break
        desk = opened(layout, branch)
        desk.take_in(at)
        found = Unsettled(desk)
    # An edit that goes on all the while is set aside when the file it is in is written over.
    return found


def _key(layout: Layout, branch: str) -> _Key:
    return layout.path, branch, layout.durability
