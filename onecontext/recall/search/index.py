"""The index of a memory as it is now: read where it is up to date, brought up to date where it is not.

Rule 1: an answer is of the memory at the time of the call, and the same whether the index was there, behind, damaged
        or gone.
Rule 2: who finds it up to date takes no lock. Two that find it behind bring it up to date one after the other, and the
        second finds nothing left to do.
Rule 3: of a past time one is made in memory, of what the branches told then, and forgotten.
Rule 4: where it cannot be written (read-only, full, held by a process that was stopped) it is made in memory and
        forgotten.
Rule 5: who only watches takes the one that is there, opened for reading, where it is up to date; else one is made in
        memory and kept there, so that the next question only brings it up to date.
"""

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from onecontext.errors import Damaged, LockTimeout
from onecontext.recall.search.connections import Connection
from onecontext.recall.search.database import Database, Unusable, Unwritable
from onecontext.recall.search.shelf import Shelf
from onecontext.recall.search.unsaved import marks, words
from onecontext.store.layout import Layout
from onecontext.store.locks import DEFAULT_WAIT_S, held
from onecontext.store.refs import heads
from onecontext.store.ways import check_way

T = TypeVar("T")
_MANY = 10_000  # documents: to merge fewer with what is added is no matter


def asked_of(
    layout: Layout, use: Callable[[Database], T], *, wait_s: float = DEFAULT_WAIT_S, at: datetime | None = None
) -> T:
    """Return what ``use`` makes of the index of what the memory is now.

    Args:
        use: reads an index, as of one moment; it may be called again on another one.
        wait_s: seconds to wait while somebody else brings the index up to date; then it is made in memory.
        at: the memory as it had been committed then; None is now.

    Raises:
        Damaged: the memory itself cannot be read.
    """
    if at is not None:
        return _in_memory(layout, use, at)
    try:
        with _Opened(layout) as opened:
            found = opened.if_current(use)
            if found:
                return found[0]
            if layout.watched:
                return asked_of_kept(layout, use)
            check_way(layout.git, layout.search_lock())
            with held(layout.search_lock(), wait_s=wait_s):
                return opened.brought_up(use)
    except (Unwritable, Unusable, LockTimeout, OSError):
        return asked_of_kept(layout, use) if layout.watched else _in_memory(layout, use)


def is_fresh(layout: Layout) -> bool:
    """Say whether the index beside the memory is up to date just now, so that a question needs no other one."""
    try:
        with _Opened(layout) as opened:
            return opened.if_current(lambda _: True) is not None
    except (Unwritable, OSError):
        return False


class _Opened:
    """The index on disk, opened at most once as long as the same one counts."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._shelf = Shelf(layout)
        self._connection: Connection | None = None

    def __enter__(self) -> "_Opened":
        return self

    def __exit__(self, raised: object, *_: object) -> None:
        if raised is None and self._connection is not None:
            self._connection.give_back()
        else:
            self._close()

    def if_current(self, use: Callable[[Database], T]) -> tuple[T] | None:
        """Return what ``use`` makes of the index that is there; None where that is of no use as it is."""
        try:
            db = self._open().db
            with db.reading():
                return (use(db),) if _is_current(self._layout, db) else None
        except Unusable:
            self._close()
            return None

    def brought_up(self, use: Callable[[Database], T]) -> T:
        """Bring the index that is there up to date, or make another. The caller holds the lock."""
        try:
            connection = self._open()
            with self._changing(connection) as db:
                _refresh(self._layout, db)
                db.count_turn()
            with db.reading():
                return use(db)
        except Unusable:
            self._close()
        self._make()
        db = self._open().db
        with db.reading():
            return use(db)

    @contextmanager
    def _changing(self, connection: Connection) -> Iterator[Database]:
        """Have the block change the index, and a note tell others so until it is done, or undone for sure."""
        self._shelf.note_begin(connection.path)
        try:
            with connection.db.changing():
                yield connection.db
        except (Unusable, Unwritable, OSError):
            raise  # who knows what was undone: it is made anew
        except BaseException:
            self._note(connection)
            raise
        self._note(connection)

    def _note(self, connection: Connection) -> None:
        with suppress(OSError):  # full: it is made anew by whoever comes next
            self._shelf.note(connection.path, connection.db.turn)

    def _make(self) -> None:
        name, db = self._shelf.begin()
        try:
            with db.changing():
                _refresh(self._layout, db)
            if db.rows("SELECT 1 FROM doc LIMIT 1 OFFSET ?", _MANY):
                db.settle()
            turn = db.turn
            db.close()
            self._shelf.publish(name, turn)
        except BaseException:
            db.close()
            self._shelf.discard(name)
            raise

    def _open(self) -> Connection:
        named = self._shelf.named()
        if self._connection is None or named.path != self._connection.path:
            self._close()
            self._connection = Connection(named.path, for_reading=self._layout.watched)
        # Who changes it now makes another turn before we can look, and who did a moment ago has noted it or made one.
        if not named.is_as_left and self._connection.db.turn == named.turn:
            raise Unusable("somebody else wrote it")
        return self._connection

    def _close(self) -> None:
        if self._connection is not None:
            self._connection.close()
        self._connection = None


def _refresh(layout: Layout, db: Database, at: datetime | None = None) -> None:
    # Opening git takes a command longer than all the rest, and an index that is up to date needs none.
    from onecontext.recall.files import tips_at
    from onecontext.recall.search.feed import Feed

    with closing(Feed(layout, db)) as feed:
        if at is None:
            feed.refresh(heads(layout))
        else:
            feed.fill(tips_at(layout, at))


def _is_current(layout: Layout, db: Database) -> bool:
    now = heads(layout)
    looked = {name: words(seen) for name, seen in marks(layout, now).items()}
    return (
        dict(db.rows("SELECT name, tip FROM branch")) == now
        and dict(db.rows("SELECT branch, mark FROM looked")) == looked
        and "young" not in looked.values()
    )


_kept: dict[Path, Database] = {}
"""By the memory's git folder, at most one: whoever asks takes it out, so that no two use it at once."""


def asked_of_kept(layout: Layout, use: Callable[[Database], T]) -> T:
    """Return what ``use`` makes of an index that is in this process's memory alone, and stays there.

    Raises:
        Damaged: the memory itself cannot be read.
    """
    with _sound():
        db = _kept.pop(layout.git, None) or Database(None)
        try:
            with db.changing():
                _refresh(layout, db)
            found = use(db)
        except BaseException:
            db.close()
            raise
        for other in [*_kept]:
            if dropped := _kept.pop(other, None):
                dropped.close()
        _kept[layout.git] = db
        return found


def _in_memory(layout: Layout, use: Callable[[Database], T], at: datetime | None = None) -> T:
    with _sound(), closing(Database(None)) as db:
        with db.changing():
            _refresh(layout, db, at)
        return use(db)


@contextmanager
def _sound() -> Iterator[None]:
    try:
        yield
    except (Unusable, Unwritable) as error:
        raise Damaged(f"the memory could not be indexed: {error}", hint="'onecontext doctor' tells more") from error
