"""The index of a memory as it is now: read where it is up to date, brought up to date where it is not.

Rule 1: an answer is of the memory at the time of the call, and the same whether the index was there, behind, damaged
        or gone.
Rule 2: who finds it up to date takes no lock. Two that find it behind bring it up to date one after the other, and the
        second finds nothing left to do.
Rule 3: where it cannot be written (read-only, full, held by a process that was stopped) it is made in memory and
        forgotten.
"""

from collections.abc import Callable
from typing import TypeVar

from onecontext.errors import Damaged, LockTimeout
from onecontext.recall.search.database import Database, Unusable, Unwritable
from onecontext.recall.search.feed import Feed
from onecontext.recall.search.shelf import Shelf
from onecontext.recall.search.unsaved import marks, words
from onecontext.store.files import check_way
from onecontext.store.layout import Layout
from onecontext.store.locks import DEFAULT_WAIT_S, held

T = TypeVar("T")


def asked_of(layout: Layout, use: Callable[[Database], T], *, wait_s: float = DEFAULT_WAIT_S) -> T:
    """Return what ``use`` makes of the index of what the memory is now.

    Args:
        use: reads an index, as of one moment; it may be called again on another one.
        wait_s: seconds to wait while somebody else brings the index up to date; then it is made in memory.

    Raises:
        Damaged: the memory itself cannot be read.
    """
    shelf = Shelf(layout)
    try:
        found = _if_current(layout, shelf, use)
        if found:
            return found[0]
        check_way(layout.git, shelf.lock)
        with held(shelf.lock, wait_s=wait_s):
            return _brought_up(layout, shelf, use)
    except (Unwritable, Unusable, LockTimeout, OSError):
        return _in_memory(layout, use)


def tips(layout: Layout) -> dict[str, str]:
    """Return all branches, to their tips."""
    found = {name: layout.tip(name) for name in layout.branches()}
    return {name: tip for name, tip in found.items() if tip}


def _if_current(layout: Layout, shelf: Shelf, use: Callable[[Database], T]) -> tuple[T] | None:
    """Return what ``use`` makes of the index that is there; None where that is of no use as it is."""
    try:
        db = shelf.open()
    except Unusable:
        return None
    try:
        with db.reading():
            return (use(db),) if _is_current(layout, db) else None
    except Unusable:
        return None
    finally:
        db.close()


def _is_current(layout: Layout, db: Database) -> bool:
    now = tips(layout)
    looked = {name: words(seen) for name, seen in marks(layout, now).items()}
    return (
        dict(db.rows("SELECT name, tip FROM branch")) == now
        and dict(db.rows("SELECT branch, mark FROM looked")) == looked
        and "young" not in looked.values()
    )


def _brought_up(layout: Layout, shelf: Shelf, use: Callable[[Database], T]) -> T:
    """Bring the index that is there up to date, or make another. The caller holds the lock."""
    try:
        db = shelf.open()
        try:
            with db.changing():
                Feed(layout, db).refresh(tips(layout))
            with db.reading():
                return use(db)
        finally:
            db.close()
    except Unusable:
        return _made_anew(layout, shelf, use)


def _made_anew(layout: Layout, shelf: Shelf, use: Callable[[Database], T]) -> T:
    name, db = shelf.begin()
    try:
        with db.changing():
            Feed(layout, db).refresh(tips(layout))
        db.share()
        db.close()
        shelf.publish(name)
    except BaseException:
        db.close()
        shelf.discard(name)
        raise
    db = shelf.open()
    try:
        with db.reading():
            return use(db)
    finally:
        db.close()


def _in_memory(layout: Layout, use: Callable[[Database], T]) -> T:
    try:
        db = Database(None)
        try:
            Feed(layout, db).refresh(tips(layout))
            return use(db)
        finally:
            db.close()
    except (Unusable, Unwritable) as error:
        raise Damaged(f"the memory could not be indexed: {error}", hint="'onecontext doctor' tells more") from error
