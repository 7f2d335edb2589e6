"""Searching and reading a context for one who only watches: the same answers, and not a byte of the memory changes."""

import os
import shutil
from pathlib import Path

import pytest

from onecontext.api import Memory
from onecontext.memory import recording
from onecontext.recall.search.index import is_fresh

State = dict[str, tuple[int, int, int, bytes]]


@pytest.fixture
def memory(tmp_path: Path) -> Memory:
    made = Memory.init(tmp_path, agent="ann", purpose="Let the till add up")
    made.step(observation="0.1 + 0.2", thought="floats", action="read money.py")
    made.commit("Prices are Decimal everywhere")
    other = made.create_branch("receipts", purpose="Print receipts")
    other.step(observation="the printer is slow", thought="buffer", action="edit print.py")
    other.commit("Receipts are buffered")
    made.flush()
    other.flush()
    return made


def state(folder: Path) -> State:
    """Return all of a folder: kinds, sizes, times and bytes."""
    found: State = {}
    for path in sorted([folder, *folder.rglob("*")]):
        seen = path.lstat()
        found[str(path)] = (seen.st_mode, seen.st_size, seen.st_mtime_ns, path.read_bytes() if path.is_file() else b"")
    return found


def asked(memory: Memory, *, settle: bool) -> list[object]:
    """Return what the memory answers to several questions, without what counts in moments."""
    found = [
        memory.search("decimal prices", settle=settle).text,
        memory.search("printer buffer", branch="receipts", settle=settle).text,
        memory.context(budget=2_000, settle=settle).text,
        memory.context(budget=2_000, for_="print a receipt", settle=settle).text,
        memory.context(branch="receipts", log=True, settle=settle).text,
    ]
    return [*found]


def make_index_fresh(memory: Memory) -> None:
    for path in memory.path.rglob("log.md"):
        os.utime(path, (1_700_000_000, 1_700_000_000))  # a log that changed a moment ago proves nothing
    memory.search("decimal")


@pytest.mark.parametrize("index", ["none", "fresh", "behind", "garbled"])
def test_who_watches_is_told_the_same_and_nothing_is_written(memory: Memory, index: str) -> None:
    if index != "none":
        make_index_fresh(memory)
    if index == "behind":
        memory.commit("Offers come before tax")
        memory.flush()
    if index == "garbled":
        for path in memory.path.rglob("*.db"):
            path.write_bytes(b"SQLite format 3\0" + os.urandom(4096))
    before = state(memory.path)
    assert is_fresh(memory.layout.for_watching()) == (index == "fresh")

    watched = asked(memory, settle=False)

    assert state(memory.path) == before
    assert watched == asked(memory, settle=True)


def test_milestones_that_git_does_not_have_yet_stay_where_they_are(
    memory: Memory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recording, "IDLE_S", 1000.0)
    memory.commit("Nobody has put this into git yet")
    # The writer puts it into git at its end: of a copy nobody is the writer.
    shutil.copytree(memory.path, tmp_path / "copy" / ".onecontext", symlinks=True)
    copy = Memory.open(tmp_path / "copy")
    assert copy.layout.ahead("main").stat().st_size
    before = state(copy.path)

    told = copy.context(branch="main", settle=False).text
    copy.search("decimal", settle=False)

    assert "Nobody has put this into git yet" in told
    assert state(copy.path) == before


def test_a_work_tree_that_shows_another_commit_is_passed_over(memory: Memory) -> None:
    place = memory.layout.place("main")
    first = memory.layout.tip("main")
    memory.commit("Offers come before tax")
    memory.flush()
    second = memory.layout.tip("main")
    assert first != second
    # As a fetch by hand leaves it: the branch has moved, and the files are those of before.
    memory.layout.ref("main").write_text(f"{first}\n", encoding="ascii")
    assert not place.is_showing("main", first or "")
    before = state(memory.path)

    told = memory.context(branch="main", settle=False).text

    assert "Prices are Decimal everywhere" in told
    assert "Offers come before tax" not in told
    assert state(memory.path) == before


def test_an_index_in_memory_follows_what_is_committed_later(memory: Memory) -> None:
    assert [hit.text for hit in memory.search("offers", settle=False).hits] == []

    memory.commit("Offers come before tax")
    memory.flush()

    assert "Offers come before tax" in memory.search("offers", settle=False).text
    assert not list(memory.path.rglob("*.db"))
