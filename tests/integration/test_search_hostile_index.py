"""An index that somebody else made for us: it comes with a memory that was copied or is shared, and may be anything."""

import sqlite3
import struct
from collections.abc import Callable
from pathlib import Path

import pytest

from onecontext import Memory
from tests.support.memory import new_memory
from tests.support.searching import database, folder, found

ENDLESS = "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT x AS name, x AS value FROM c"


@pytest.fixture
def memory(tmp_path: Path) -> Memory:
    memory = new_memory(tmp_path)
    memory.step("the drawer sticks")
    memory.commit("The drawer opens.")
    return memory


def _endless(db: sqlite3.Connection) -> None:
    db.execute("ALTER TABLE about RENAME TO other")
    db.execute(f"CREATE VIEW about AS {ENDLESS}")


def _trigger(db: sqlite3.Connection) -> None:
    db.execute("CREATE TRIGGER words_more AFTER INSERT ON doc BEGIN UPDATE doc SET record = 'forged'; END")


def _table(db: sqlite3.Connection) -> None:
    db.execute("CREATE TABLE words_more (x)")


def _many(db: sqlite3.Connection) -> None:
    for number in range(200):
        db.execute(f"CREATE TABLE words_{number} (x)")


@pytest.mark.parametrize("change", [_endless, _trigger, _table, _many])
def test_an_index_with_more_than_our_tables_is_made_anew(
    memory: Memory, change: Callable[[sqlite3.Connection], None]
) -> None:
    before, old = found(memory, "drawer"), database(memory)
    with sqlite3.connect(old) as db:
        change(db)
    db.close()
    _noted(memory)

    assert found(memory, "drawer") == before
    assert database(memory) != old
    assert not old.exists()


def test_what_a_killed_writer_left_names_no_file_that_is_removed(memory: Memory, tmp_path: Path) -> None:
    # SQLite removes a "super-journal" that nobody refers to any more, whatever file that name is.
    before, old = found(memory, "drawer"), database(memory)
    victim = tmp_path / "victim"
    victim.write_text("precious")
    Path(f"{old}-journal").write_bytes(_journal_naming(victim, pages=old.stat().st_size // 4096))

    assert found(memory, "drawer") == before
    assert victim.read_text() == "precious"
    assert [path.name for path in folder(memory).iterdir() if path.name.startswith(old.name)] == []


@pytest.mark.parametrize("ending", ["-wal", "-shm", "-journal"])
def test_no_link_beside_it_is_written_through(memory: Memory, tmp_path: Path, ending: str) -> None:
    before, old = found(memory, "drawer"), database(memory)
    db = sqlite3.connect(old)
    db.execute("PRAGMA journal_mode = WAL")
    db.close()
    _noted(memory)
    victim = tmp_path / "victim"
    Path(f"{old}{ending}").symlink_to(victim)

    assert found(memory, "drawer") == before
    memory.step("the drawer shuts")
    assert len(found(memory, "drawer")) == len(before) + 1
    assert not victim.exists()
    assert [path.name for path in folder(memory).iterdir() if path.name.startswith(old.name)] == []


def _journal_naming(victim: Path, *, pages: int) -> bytes:
    """Return a rollback journal that restores nothing and names a super-journal."""
    # sqlite.org/fileformat2.html, "The Rollback Journal"; what stands at its end is the super-journal.
    magic, name = bytes.fromhex("d9d505f920a163d7"), str(victim).encode()
    header = magic + struct.pack(">IIIII", 0, 1, pages, 512, 4096)
    named = struct.pack(">I", 0x40000000 // 4096 + 1) + name + struct.pack(">II", len(name), sum(name)) + magic
    return header.ljust(512, b"\0") + named


def _noted(memory: Memory) -> None:
    """Note the file as it is now, as whoever changes it could."""
    path = database(memory)
    status = path.stat()
    name, turn, _, _ = (folder(memory) / "current").read_text().split()
    (folder(memory) / "current").write_text(f"{name} {turn} {status.st_size} {status.st_mtime_ns}\n")
