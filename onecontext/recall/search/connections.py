"""Connections that stay open between questions: to open one and prepare its statements takes longer than to ask.

Rule 1: a connection is used by one question at a time, and one that waits locks nothing, reads nothing, writes nothing.
Rule 2: one is used again only on the very file that it was opened on, by the process that opened it, once its schema
        was looked at again.
"""

import atexit
import os
from pathlib import Path
from typing import NamedTuple

from onecontext.recall.search.database import Database
from onecontext.store.marks import mark

_MOST = 4


class _Key(NamedTuple):
    path: Path
    inode: int
    process: int
    for_reading: bool


_waiting: dict[_Key, Database] = {}


class Connection:
    """A connection to the index at ``path``, one that waited or a new one; ``for_reading``: it cannot write.

    Raises:
        Unusable: it is no index of this version. Unwritable: it cannot be opened.
    """

    def __init__(self, path: Path, *, for_reading: bool = False) -> None:
        self.path = path
        self._key = _Key(path, next(iter(mark(path)), 0), os.getpid(), for_reading)
        waited = _waiting.pop(self._key, None)
        self.db = waited or Database(path, for_reading=for_reading)
        if waited is not None:
            try:
                waited.check()
            except BaseException:
                waited.close()
                raise

    def close(self) -> None:
        """Let go of the file: something is wrong with it, or with the connection."""
        self.db.close()

    def give_back(self) -> None:
        """Have the connection, which is in no transaction, wait for the next question."""
        if other := _waiting.pop(self._key, None):
            other.close()
        _waiting[self._key] = self.db
        if len(_waiting) > _MOST:
            _drop(next(iter(_waiting), None))


def _drop(key: _Key | None) -> None:
    # Another thread may have taken it meanwhile.
    if key is not None and (db := _waiting.pop(key, None)):
        db.close()


@atexit.register
def close_waiting() -> None:
    """Close all that wait: who is about to take the disk away cannot, as long as a file on it is open."""
    for key in list(_waiting):
        _drop(key)
