"""Who may write a branch, decided from files alone: a step must not wait for heavier imports.

Rule 1: whoever holds a branch's lock may write its log, its ref and its work tree, and nobody else may.
Rule 2: a switch that was not finished is finished before either of its branches is written.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from onecontext.errors import UnknownBranch
from onecontext.store.layout import Layout
from onecontext.store.locks import DEFAULT_WAIT_S, held
from onecontext.store.marks import Watch
from onecontext.store.place import Place


@contextmanager
def locked(
    layout: Layout, branch: str, *, wait_s: float = DEFAULT_WAIT_S, known: Callable[[], bool] = lambda: False
) -> Iterator[None]:
    """Hold the lock of ``branch``, with no half-done switch of it left.

    Args:
        known: called with the lock held, says whether that is known already.
    """
    layout.check_locks()
    while True:
        with held(layout.lock(branch), wait_s=wait_s):
            if known() or branch not in half_switched(layout):
                yield
                return
        # A switch holds two locks in order of name, so it cannot be finished while we hold one of them.
        from onecontext.memory.switching import finish_switch

        finish_switch(layout, wait_s=wait_s)


@contextmanager
def both(layout: Layout, one: str, other: str, *, wait_s: float) -> Iterator[None]:
    """Hold the locks of two branches, always in order of name, so that two such callers cannot block each other."""
    first, second = sorted((one, other))
    with held(layout.lock(first), wait_s=wait_s), held(layout.lock(second), wait_s=wait_s):
        yield


def half_switched(layout: Layout) -> tuple[str, ...]:
    """Return the two branches of a switch that was not finished, old and new; empty when there is none.

    It is known by its note, or, where git was used by hand, by HEAD naming another branch than the folder shows.
    """
    if noted := layout.switching():
        return noted
    shown, head = layout.main_place().shown(), layout.head()
    if shown is None or head is None or shown.branch == head or layout.tip(head) is None:
        return ()
    return shown.branch, head


def switches(layout: Layout, place: Place) -> Watch:
    """Return a watch on the files that tell of a switch, or of what ``place`` shows."""
    return Watch(layout.switch_note(), layout.git / "HEAD", layout.main_place().note(), place.note())


def known_tip(layout: Layout, branch: str) -> str:
    """Return the tip of ``branch``.

    Raises:
        UnknownBranch: there is none of that name.
    """
    tip = layout.tip(branch)
    if tip is None:
        raise UnknownBranch(branch, layout.branches())
    return tip
