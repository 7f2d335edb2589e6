"""What is read of journals and memories that are damaged, half written, replaced or gone."""

import os
import shutil
from pathlib import Path

import pytest

from onecontext.api import Memory
from tests.tui.story import Story
from tests.tui.till import middle, whole
from tui.sources.folder import JOURNAL, Place, find_root
from tui.sources.follow import Follower
from tui.sources.reader import Reader


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / ".onecontext"


def journal_of(root: Path, team: str = "till-1") -> Path:
    return root / "teams" / team / JOURNAL


def test_a_garbled_line_is_told_and_what_stands_before_it_is_shown(root: Path) -> None:
    path = middle().write(journal_of(root))
    with path.open("ab") as file:
        file.write(b"\xff\x00 this is no event\n")

    snapshot = Follower(Place(root), None).catch_up()

    assert snapshot.totals.events == len(middle().events)
    assert "damaged" in snapshot.trouble
    assert f"line {len(middle().events) + 1} at byte" in snapshot.trouble


def test_a_flipped_bit_in_the_middle_is_told(root: Path) -> None:
    path = middle().write(journal_of(root))
    lines = path.read_bytes().splitlines(keepends=True)
    lines[9] = lines[9].replace(b'"seq":10', b'"seq":11')
    path.write_bytes(b"".join(lines))

    snapshot = Follower(Place(root), None).catch_up()

    assert (snapshot.totals.events, "line 10" in snapshot.trouble) == (9, True)


def test_a_line_that_is_still_being_written_is_waited_for(root: Path) -> None:
    path = middle().write(journal_of(root))
    whole_bytes = path.read_bytes()
    path.write_bytes(whole_bytes[:-20])
    follower = Follower(Place(root), None)

    before = follower.catch_up()
    with path.open("ab") as file:
        file.write(whole_bytes[-20:])
    after = follower.catch_up()

    assert (before.totals.events, before.trouble) == (len(middle().events) - 1, "")
    assert (after.totals.events, after.trouble) == (len(middle().events), "")


def test_a_deleted_folder_is_told_and_its_picture_stays(root: Path) -> None:
    middle().write(journal_of(root))
    follower = Follower(Place(root), None)
    follower.catch_up()

    shutil.rmtree(root)
    snapshot = follower.step()

    assert "is gone" in snapshot.trouble
    assert snapshot.totals.events == len(middle().events)


def test_a_journal_that_was_replaced_is_read_anew(root: Path) -> None:
    path = whole().write(journal_of(root))
    follower = Follower(Place(root), None)
    follower.catch_up()

    path.unlink()
    middle().write(path)
    snapshot = follower.catch_up()

    assert (snapshot.totals.events, snapshot.trouble) == (len(middle().events), "")


def test_what_is_no_file_at_all_does_not_hang(root: Path) -> None:
    path = journal_of(root)
    path.parent.mkdir(parents=True)
    os.mkfifo(path)

    snapshot = Follower(Place(root), None).catch_up()

    assert "cannot be read" in snapshot.trouble


def test_the_newest_team_is_shown_and_kept_while_it_works(root: Path) -> None:
    first, second = journal_of(root, "first"), journal_of(root, "second")
    Story(team="first").write(first)
    place = Place(root)

    def shown(current: Path | None = None, *, over: bool = False) -> Path | None:
        spot = place.spot(current, over=over)
        return spot.path if spot else None

    assert shown() == first
    Story(team="second").write(second)
    os.utime(first, ns=(10**18, 10**18))
    os.utime(second, ns=(10**18 + 10**9, 10**18 + 10**9))

    assert shown() == second
    assert shown(first) == first
    assert shown(first, over=True) == second
    os.utime(second, ns=(10**18 + 10**12, 10**18 + 10**12))
    assert shown(first) == second


def test_the_root_is_found_upwards(tmp_path: Path) -> None:
    (tmp_path / ".claude" / "teams").mkdir(parents=True)
    below = tmp_path / "a" / "b"
    below.mkdir(parents=True)

    assert find_root(below) == tmp_path / ".claude"
    (tmp_path / "a" / ".onecontext" / "teams").mkdir(parents=True)
    assert find_root(below) == tmp_path / "a" / ".onecontext"


def test_the_reader_hands_over_bounded_parts(tmp_path: Path) -> None:
    reader = Reader(whole().write(tmp_path / "journal.jsonl"))

    parts = [reader.poll(limit=20) for _ in range(4)]

    assert [len(part) for part in parts] == [20, 20, len(whole().events) - 40, 0]
    assert reader.more is False


def test_a_garbled_memory_is_told_and_the_rest_is_shown(root: Path) -> None:
    Memory.init(root.parent, agent="ann")
    middle().write(journal_of(root))
    (root / ".git" / "refs" / "heads" / "main").write_text("no commit\n")

    snapshot = Follower(Place(root), root).catch_up()

    assert "the memory cannot be read" in snapshot.trouble
    assert snapshot.totals.events == len(middle().events)


def test_the_memory_is_drawn_again_when_a_branch_moves(root: Path) -> None:
    memory = Memory.init(root.parent, agent="ann")
    follower = Follower(Place(root), root)
    before = follower.step()

    memory.commit("learned where the tills are")
    memory.flush()
    after = follower.step()

    assert not any("tills" in line.subject for line in before.graph)
    assert any("tills" in line.subject for line in after.graph)


def test_a_line_that_is_missing_in_the_middle_is_told(root: Path) -> None:
    path = middle().write(journal_of(root))
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:9] + lines[10:]))

    snapshot = Follower(Place(root), None).catch_up()

    assert (snapshot.totals.events, "missing or were moved" in snapshot.trouble) == (9, True)
