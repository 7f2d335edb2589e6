"""The one door to sqlite3: a connection whose errors say what to do about them.

Rule 1: whatever SQLite finds wrong with a file is :class:`Unusable`, and the file is made anew; what the disk refuses
        is :class:`Unwritable`, and the index is made in memory. Neither reaches a user.
Rule 2: a file is opened as data: no extension is loaded, no function that its schema names is trusted, and one with
        anything but our tables is not read.
"""

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from onecontext.recall.search.schema import SETTINGS, SETTLING, SHADOWS, TABLES, fingerprint
from onecontext.store.boot import boot_id

_BUSY_S = 10.0
_DISK = {
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_PERM,
    sqlite3.SQLITE_AUTH,
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_NOLFS,
    sqlite3.SQLITE_IOERR,
}


class Unusable(Exception):
    """The index is damaged, of another version, or not of this memory: it must be made anew."""


class Unwritable(Exception):
    """The disk does not take the index, or somebody holds it for too long."""


class Database:
    """A connection to an index, for one thread at a time. ``path`` None is one in memory."""

    def __init__(self, path: Path | None, *, new: bool = False, for_reading: bool = False) -> None:
        """Open what is at ``path``, or make it; ``for_reading``: SQLite itself then writes nothing to it.

        Raises:
            Unusable: it is no index of this version.
            Unwritable: it cannot be opened or made.
        """
        mode = "rwc" if new else "ro" if for_reading else "rw"
        try:
            self._connection = sqlite3.connect(
                ":memory:" if path is None else f"{path.absolute().as_uri()}?mode={mode}",
                uri=path is not None,
                timeout=_BUSY_S,
                isolation_level=None,
                check_same_thread=False,
            )
        except sqlite3.Error as error:
            raise _translated(error) from error
        try:
            self.run("PRAGMA trusted_schema = OFF")
            self.run("PRAGMA cell_size_check = ON")
            self.run("PRAGMA secure_delete = OFF")
            self.run("PRAGMA cache_size = -8000")
            # What is undone is undone in memory. A file that a killed process was changing is known by the note beside
            # it (shelf.py), one that a power cut met by the boot it is of, and either is made anew.
            self.run("PRAGMA journal_mode = MEMORY")
            self.run("PRAGMA synchronous = OFF")
            if path is None or new:
                self._make()
            else:
                self.check()
        except BaseException:
            self.close()
            raise

    def _make(self) -> None:
        # Nobody else sees it before it is whole, so nothing of it is ever undone.
        self.run("PRAGMA journal_mode = OFF")
        for statement in (*TABLES, *SETTINGS):
            self.run(statement)
        self.run("INSERT INTO about VALUES ('turn', '0'), ('fingerprint', ?), ('boot', ?)", fingerprint(), boot_id())

    def check(self) -> None:
        """See that the file has our tables and nothing else, before anything of it is used.

        Raises:
            Unusable: it has not, or is of another version or an earlier run of the machine.
        """
        # First: a view in a table's place may have rows without end, and a trigger changes what we write.
        objects = self.rows("SELECT type, name, sql FROM sqlite_master LIMIT ?", 4 * len(TABLES))
        ours = {sql for type_, name, sql in objects if sql and (type_ != "table" or name not in SHADOWS)}
        if ours != set(TABLES):
            raise Unusable("other tables")
        found = dict(self.rows("SELECT name, value FROM about WHERE name IN ('fingerprint', 'boot')"))
        if found.get("fingerprint") != fingerprint():
            raise Unusable("another version")
        if found.get("boot") != boot_id():
            raise Unusable("written before the machine was started, and never fsynced")

    def settle(self) -> None:
        """Have what was filled at once cost later changes nothing."""
        for statement in SETTLING:
            self.run(statement)

    @contextmanager
    def changing(self) -> Iterator[None]:
        """Make the block's changes all at once, or none of them."""
        self.run("BEGIN IMMEDIATE")
        try:
            yield
            self.run("COMMIT")
        except BaseException:
            self._connection.rollback()
            raise

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Have all that the block reads be of one moment."""
        self.run("BEGIN")
        try:
            yield
        finally:
            self._connection.rollback()

    @property
    def turn(self) -> int:
        """How often it was changed."""
        return int(self.rows("SELECT value FROM about WHERE name = 'turn'")[0][0])

    def count_turn(self) -> None:
        """Count a change, as part of it."""
        self.run("UPDATE about SET value = CAST(value AS INTEGER) + 1 WHERE name = 'turn'")

    def rows(self, sql: str, *values: Any) -> list[Any]:
        """Return what ``sql`` yields, as tuples."""
        try:
            return self._connection.execute(sql, values).fetchall()
        except sqlite3.Error as error:
            raise _translated(error) from error

    def run(self, sql: str, *values: Any) -> None:
        """Carry out one statement."""
        self.rows(sql, *values)

    def many(self, sql: str, values: Iterable[tuple[Any, ...]]) -> None:
        """Carry out one statement for each of ``values``."""
        try:
            self._connection.executemany(sql, values)
        except sqlite3.Error as error:
            raise _translated(error) from error

    def added(self, sql: str, *values: Any) -> int:
        """Carry out an INSERT of one row, and return the row's id."""
        try:
            return int(self._connection.execute(sql, values).lastrowid or 0)
        except sqlite3.Error as error:
            raise _translated(error) from error

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()


def _translated(error: sqlite3.Error) -> Exception:
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT)
    # A file that ends too early is damaged; any other failure to read or write is the disk's.
    if code != sqlite3.SQLITE_IOERR_SHORT_READ and code & 0xFF in _DISK:
        return Unwritable(str(error))
    return Unusable(str(error))
