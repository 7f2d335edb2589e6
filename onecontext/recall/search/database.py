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
    """A connection to an index, for one thread. ``path`` None is one in memory."""

    def __init__(self, path: Path | None, *, new: bool = False) -> None:
        """Open what is at ``path``, or make it.

        Raises:
            Unusable: it is no index of this version.
            Unwritable: it cannot be opened or made.
        """
        with _translated():
            self._connection = sqlite3.connect(
                ":memory:" if path is None else f"{path.absolute().as_uri()}?mode={'rwc' if new else 'rw'}",
                uri=path is not None,
                timeout=_BUSY_S,
                isolation_level=None,
            )
        try:
            self.run("PRAGMA trusted_schema = OFF")
            self.run("PRAGMA cell_size_check = ON")
            self.run("PRAGMA secure_delete = OFF")
            self.run("PRAGMA cache_size = -32000")
            if path is None or new:
                self._make()
            else:
                # It outlives a killed process by its journal; what outlives a power cut is made anew (see _check).
                self.run("PRAGMA synchronous = OFF")
                self._check()
        except BaseException:
            self.close()
            raise

    def _make(self) -> None:
        # Nobody else sees it before it is whole, so it needs no journal.
        self.run("PRAGMA journal_mode = OFF")
        self.run("PRAGMA synchronous = OFF")
        for statement in (*TABLES, *SETTINGS):
            self.run(statement)
        self.run("INSERT INTO about VALUES ('turn', '0'), ('fingerprint', ?), ('boot', ?)", fingerprint(), boot_id())

    def _check(self) -> None:
        """See that the file has our tables and nothing else, before anything of it is used."""
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
        with _translated():
            return self._connection.execute(sql, values).fetchall()

    def run(self, sql: str, *values: Any) -> None:
        """Carry out one statement."""
        self.rows(sql, *values)

    def many(self, sql: str, values: Iterable[tuple[Any, ...]]) -> None:
        """Carry out one statement for each of ``values``."""
        with _translated():
            self._connection.executemany(sql, values)

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT)
        # A file that ends too early is damaged; any other failure to read or write is the disk's.
        if code != sqlite3.SQLITE_IOERR_SHORT_READ and code & 0xFF in _DISK:
            raise Unwritable(str(error)) from error
        raise Unusable(str(error)) from error
