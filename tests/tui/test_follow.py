"""Following a real journal while it is written, damaged, replaced and deleted; and writing nothing."""

import asyncio
import hashlib
import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from textual.pilot import Pilot

from onecontext.api import Memory
from teams.engine.journal import Journal
from teams.protocol.team import Team
from tests.tui.screen import play, text_of
from tests.tui.till import middle, whole
from tui.app import MonitorApp
from tui.clocks import newest_event
from tui.snapshot import Snapshot
from tui.sources.choosing import place_of
from tui.sources.folder import JOURNAL, Place
from tui.sources.follow import Follower
from tui.sources.recording import opened
from tui.sources.replay import Replay

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


def test_events_appear_on_the_screen_as_they_are_appended(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tui.sources.follow.LOOK_AGAIN_S", 600.0)  # so that only a watch that works can bring them
    journal = Journal(root / "teams" / "crew" / "onecontext", team="crew")
    journal.folder.mkdir(parents=True)
    journal.append("message.sent", {"msg_id": "1", "from": "ann", "to": "bob", "text": "first words"})
    app = app_on(root)

    async def act(pilot: Pilot[None]) -> None:
        await until(lambda: "first words" in text_of(app), pilot)
        await asyncio.to_thread(
            journal.append, "message.sent", {"msg_id": "2", "from": "bob", "to": "ann", "text": "second words"}
        )
        await until(lambda: "second words" in text_of(app), pilot)

    play(app, (120, 36), act)


def test_hearts_and_how_changes_are_noticed_are_those_of_the_real_team(root: Path) -> None:
    team = Team.create("crew", root=root)
    team.join("ann")
    app = app_on(root)

    async def act(pilot: Pilot[None]) -> None:
        with team.beating("team-lead"):
            await until(lambda: bool(app.snapshot.hearts), pilot)
            assert {name: (heart.life, heart.pid) for name, heart in app.snapshot.hearts.items()} == {
                "team-lead": ("alive", os.getpid())
            }
            await until(lambda: app.snapshot.watching.startswith("inotify: changes that were made"), pilot)
        await until(lambda: not app.snapshot.hearts, pilot)

    team.send("ann", "hello", sender="team-lead")
    play(app, (120, 36), act)


def test_a_name_that_is_a_path_has_no_heart(root: Path) -> None:
    team = Team.create("crew", root=root)
    team.journal.append("agent.state", {"state": "thinking", "detail": ""}, agent="../journal.lock")
    with team.beating("team-lead"):
        team.send("team-lead", "to myself", sender="team-lead")

        snapshot = Follower(Place(root), None).catch_up()

    assert "../journal.lock" in {agent.name for agent in snapshot.agents}
    assert [*snapshot.hearts] == ["team-lead"]


def test_a_run_that_starts_later_appears_by_itself(root: Path) -> None:
    app = app_on(root)

    async def act(pilot: Pilot[None]) -> None:
        await until(lambda: "Nothing here yet" in text_of(app), pilot)
        middle().write(journal_of(root))
        await until(lambda: "fix-offers" in text_of(app), pilot)
        assert "Nothing here yet" not in text_of(app)

    play(app, (120, 36), act)


def test_watching_writes_nothing(root: Path) -> None:
    with Memory.init(root.parent, agent="ann") as memory:
        memory.commit("learned where the tills are")
    middle().write(journal_of(root))
    before = fingerprint(root.parent)
    app = MonitorApp(Follower(place_of([root], "till-1"), root), label="following")

    async def act(pilot: Pilot[None]) -> None:
        await until(lambda: "fix-offers" in text_of(app) and "learned where" in text_of(app), pilot)
        await pilot.press("enter", "escape", "2", "z", "a", "escape")
        # Longer than one look: nothing may be left behind by the second one either.
        await asyncio.sleep(1.2)

    play(app, (120, 36), act)

    assert fingerprint(root.parent) == before


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


def test_a_folder_that_may_not_be_looked_into_is_told(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied", str(root))

    seen: list[Snapshot] = []
    follower = Follower(Place(root), None)
    monkeypatch.setattr(Place, "spot", refuse)

    follower.start(seen.append)
    end = time.monotonic() + PATIENCE_S
    while not seen and time.monotonic() < end:
        time.sleep(0.01)
    follower.close()

    assert seen[0].trouble == f"{root}: Permission denied"


def test_a_recording_is_played_to_its_end_on_the_screen(tmp_path: Path) -> None:
    recording = opened(whole().write(tmp_path / "run.jsonl"))
    app = MonitorApp(Replay(recording, speed=200.0), label="replay", now=newest_event)

    async def act(pilot: Pilot[None]) -> None:
        await until(lambda: "✓ done" in text_of(app), pilot)

    play(app, (80, 24), act)

    assert app.snapshot.totals.events == len(whole().events)
