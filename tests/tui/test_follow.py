"""Following a real journal while it is written, damaged, replaced and deleted; and writing nothing."""

import asyncio
import hashlib
import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from textual.pilot import Pilot

from onecontext.api import Memory
from teams.engine.journal import Journal
from tests.tui.screen import play, text_of
from tests.tui.story import Story, middle, whole
from tui.app import MonitorApp, newest_event
from tui.folder import JOURNAL, Place, find_root, place_of
from tui.follow import Follower
from tui.reader import Reader
from tui.replay import Replay
from tui.snapshot import Snapshot

PATIENCE_S = 8.0


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / ".onecontext"


def journal_of(root: Path, team: str = "till-1") -> Path:
    return root / "teams" / team / JOURNAL


def fingerprint(folder: Path) -> str:
    """Everything about a folder that writing would change: names, contents, times of change."""
    seen = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        status = path.lstat()
        seen.update(f"{path.relative_to(folder)} {status.st_mode} {status.st_mtime_ns} {status.st_size}".encode())
        seen.update(path.read_bytes() if path.is_file() else b"")
    return seen.hexdigest()


async def until(there: Callable[[], bool], pilot: Pilot[None]) -> None:
    end = time.monotonic() + PATIENCE_S
    while not there():
        assert time.monotonic() < end, "it never appeared"
        await asyncio.sleep(0.02)
        await pilot.pause()


def app_on(root: Path) -> MonitorApp:
    return MonitorApp(Follower(Place(root), None), label="following", advice=["Nothing here yet"])


def test_events_appear_on_the_screen_as_they_are_appended(root: Path) -> None:
    journal = Journal(root / "teams" / "crew" / "onecontext", team="crew")
    journal.append("message.sent", {"msg_id": "1", "from": "ann", "to": "bob", "text": "first words"})
    app = app_on(root)

    async def act(pilot: Pilot[None]) -> None:
        await until(lambda: "first words" in text_of(app), pilot)
        await asyncio.to_thread(
            journal.append, "message.sent", {"msg_id": "2", "from": "bob", "to": "ann", "text": "second words"}
        )
        await until(lambda: "second words" in text_of(app), pilot)

    play(app, (120, 36), act)


def test_a_run_that_starts_later_appears_by_itself(root: Path) -> None:
    app = app_on(root)

    async def act(pilot: Pilot[None]) -> None:
        await until(lambda: "Nothing here yet" in text_of(app), pilot)
        middle().write(journal_of(root))
        await until(lambda: "fix-offers" in text_of(app), pilot)
        assert "Nothing here yet" not in text_of(app)

    play(app, (120, 36), act)


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
    assert place.journal_path() == first
    Story(team="second").write(second)
    os.utime(first, ns=(10**18, 10**18))
    os.utime(second, ns=(10**18 + 10**9, 10**18 + 10**9))

    assert place.journal_path() == second
    assert place.journal_path(first) == first
    assert place.journal_path(first, over=True) == second
    os.utime(second, ns=(10**18 + 10**12, 10**18 + 10**12))
    assert place.journal_path(first) == second


def test_the_root_is_found_upwards(tmp_path: Path) -> None:
    (tmp_path / ".claude" / "teams").mkdir(parents=True)
    below = tmp_path / "a" / "b"
    below.mkdir(parents=True)

    assert find_root(below) == tmp_path / ".claude"
    (tmp_path / "a" / ".onecontext" / "teams").mkdir(parents=True)
    assert find_root(below) == tmp_path / "a" / ".onecontext"


def test_watching_writes_nothing(root: Path) -> None:
    Memory.init(root.parent, agent="ann").commit("learned where the tills are")
    middle().write(journal_of(root))
    before = fingerprint(root.parent)
    app = MonitorApp(Follower(place_of(root, "till-1"), root), label="following")

    async def act(pilot: Pilot[None]) -> None:
        await until(lambda: "fix-offers" in text_of(app) and "learned where" in text_of(app), pilot)
        await pilot.press("enter", "escape", "2", "z", "a", "escape")
        # Longer than one look: nothing may be left behind by the second one either.
        await asyncio.sleep(1.2)

    play(app, (120, 36), act)

    assert fingerprint(root.parent) == before


def test_the_reader_hands_over_bounded_parts(tmp_path: Path) -> None:
    reader = Reader(whole().write(tmp_path / "journal.jsonl"))

    parts = [reader.poll(limit=20) for _ in range(4)]

    assert [len(part) for part in parts] == [20, 20, len(whole().events) - 40, 0]
    assert reader.more is False


def test_a_closed_follower_hands_over_nothing_more(root: Path) -> None:
    path = middle().write(journal_of(root))
    seen: list[Snapshot] = []
    follower = Follower(Place(root), None)

    follower.start(seen.append)
    end = time.monotonic() + PATIENCE_S
    while not seen and time.monotonic() < end:
        time.sleep(0.01)
    follower.close()
    count = len(seen)
    whole().write(path)
    time.sleep(0.2)

    assert count >= 1
    assert len(seen) == count


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
    after = follower.step()

    assert not any("tills" in line.subject for line in before.graph)
    assert any("tills" in line.subject for line in after.graph)


def test_a_folder_that_may_not_be_looked_into_is_told(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied", str(root))

    seen: list[Snapshot] = []
    follower = Follower(Place(root), None)
    monkeypatch.setattr(Place, "journal_path", refuse)

    follower.start(seen.append)
    end = time.monotonic() + PATIENCE_S
    while not seen and time.monotonic() < end:
        time.sleep(0.01)
    follower.close()

    assert seen[0].trouble == f"{root}: Permission denied"


def test_a_recording_is_played_to_its_end_on_the_screen() -> None:
    app = MonitorApp(Replay(whole().events, speed=200.0), label="replay", now=newest_event)

    async def act(pilot: Pilot[None]) -> None:
        await until(lambda: "✓ done" in text_of(app), pilot)

    play(app, (80, 24), act)

    assert app.snapshot.totals.events == len(whole().events)
