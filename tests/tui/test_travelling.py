"""Going through a recording, and out of a run into its past and back, under a pilot with real files and threads."""

import asyncio
import re
import time
from collections.abc import Callable
from datetime import UTC
from pathlib import Path

import pytest
from textual.events import MouseMove
from textual.pilot import Pilot

from onecontext.api import Memory
from teams.engine.journal import Journal
from tests.tui.screen import play, text_of
from tests.tui.till import middle, whole
from tui.app import MonitorApp
from tui.clocks import newest_event
from tui.projection.targets import parse
from tui.sources.folder import JOURNAL, Place
from tui.sources.live import Live
from tui.sources.recording import opened
from tui.sources.replay import Replay
from tui.sources.several import Several
from tui.views.log import Log

PATIENCE_S = 15.0
EVENTS = len(whole().events)
MARKS = [
    event.seq
    for event in whole().events
    if event.type in ("memory.committed", "mission.ended") or event.data.get("verdict") == "rejected"
]


async def until(there: Callable[[], bool], pilot: Pilot[None], what: object = "") -> None:
    end = time.monotonic() + PATIENCE_S
    while not there():
        assert time.monotonic() < end, f"it never appeared: {what}"
        await asyncio.sleep(0.02)
        await pilot.pause()


def place(app: MonitorApp) -> tuple[int, bool]:
    moment = app.snapshot.moment
    return (moment.seq, moment.playing) if moment else (0, False)


def replaying(path: Path, **more: object) -> MonitorApp:
    source = Replay(opened(path), 1.0, **more)  # type: ignore[arg-type]
    return MonitorApp(source, label="replay", now=newest_event, zone=UTC)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return whole().write(tmp_path / "run.jsonl")


def test_keys_go_through_a_recording(path: Path) -> None:
    app = replaying(path, at=parse("20", zone=UTC))

    async def act(pilot: Pilot[None]) -> None:
        await until(lambda: place(app) == (20, False), pilot)
        for keys, seq in (
            (["full_stop"], 21),
            (["comma", "comma"], 19),
            (["home"], 1),
            (["right_square_bracket"], MARKS[0]),
            (["left_curly_bracket"], 1),
            (["end"], EVENTS),
            (["left_square_bracket"], MARKS[-2]),
            (["at", "3", "0", "enter"], 30),
            (["percent_sign", "5", "0", "%", "enter"], EVENTS // 2),
            (["at", *"09:00:20", "enter"], 20),
        ):
            await pilot.press(*keys)
            await until(lambda seq=seq: place(app)[0] == seq, pilot, (keys, seq))  # type: ignore[misc]
        assert app.snapshot.totals.events == 20
        await pilot.press("p")
        await until(lambda: place(app)[1], pilot)
        await pilot.press(*["greater_than_sign"] * 7)
        await until(lambda: place(app) == (EVENTS, False), pilot)
        assert "‖ at the end at once" in text_of(app)

    play(app, (120, 36), act)


def test_what_is_no_place_is_said_and_escape_asks_for_none(path: Path) -> None:
    app = replaying(path, at=parse("20", zone=UTC))

    async def act(pilot: Pilot[None]) -> None:
        await until(lambda: place(app) == (20, False), pilot)
        before = text_of(app).splitlines()[-3:]
        await pilot.press("at", *"[soon]", "enter")
        await until(lambda: bool(app._notifications), pilot)
        said = next(iter(app._notifications))
        assert said.message.startswith("'[soon]' is no place in a recording; give an event (312)")
        assert said.markup is False
        # The notice leaves the time bar and the foot to be read.
        await until(lambda: "'[soon]' is no place" in text_of(app), pilot)
        assert text_of(app).splitlines()[-3:] == before
        await pilot.press("at", "9", "escape")
        await pilot.pause()
        assert app.query_one("#go-to").display is False
        assert place(app) == (20, False)
        # The list has its keys again.
        await pilot.press("2", "2")
        await pilot.pause()
        assert "0 overview" in text_of(app)

    play(app, (120, 36), act, notices=True)


def test_a_click_on_the_bar_goes_there_and_dragging_scrubs(path: Path) -> None:
    app = replaying(path, at=parse("1", zone=UTC))

    async def act(pilot: Pilot[None]) -> None:
        await until(lambda: place(app) == (1, False), pilot)
        await pilot.click("TimeBar", offset=(118, 0))
        await until(lambda: place(app)[0] == EVENTS, pilot)
        await pilot.mouse_down("TimeBar", offset=(60, 0))
        await pilot.hover("TimeBar", offset=(1, 0))
        await until(lambda: place(app)[0] == 1, pilot)
        await pilot.mouse_up("TimeBar", offset=(1, 0))
        await pilot.hover("TimeBar", offset=(90, 0))
        await pilot.pause(0.2)
        assert place(app)[0] == 1

    play(app, (120, 36), act)


def test_dragging_from_the_bar_over_a_list_scrolls_nothing(path: Path) -> None:
    app = replaying(path, at=parse("100%", zone=UTC))

    async def act(pilot: Pilot[None]) -> None:
        await until(lambda: place(app)[0] == EVENTS, pilot)
        log = app.query_one(Log)
        assert log.max_scroll_y > 2
        await pilot.mouse_down("TimeBar", offset=(118, 0))
        x, y = log.content_region.right - 2, log.content_region.y
        for row in (y + 2, y + 1, y):
            # As the terminal tells it: from the row below.
            app.screen._forward_event(MouseMove(None, x, row, 0, -1, 1, False, False, False, x, row))
        await until(lambda: place(app)[0] != EVENTS, pilot)
        await pilot.mouse_up(offset=(x, y))
        await pilot.press("end")
        await until(lambda: place(app)[0] == EVENTS, pilot)
        assert "new below" not in text_of(app)
        assert log.scroll_offset.y == log.max_scroll_y

    play(app, (120, 36), act)


def test_all_views_show_the_past(path: Path) -> None:
    app = replaying(path, at=parse("28", zone=UTC))

    async def act(pilot: Pilot[None]) -> None:
        await until(lambda: place(app) == (28, False), pilot)
        for keys, there, not_yet in (
            ("1", "REVIEW 1", "DONE 3"),
            ("3", "Prices are Decimal", "rejected"),
            ("4", "Prices are Decimal", "receipt is printed"),
            ("5", "no messages yet", "fix-prices is ready"),
            ("7", "3.8k", "✓ done"),
        ):
            await pilot.press("0", keys, keys)
            await pilot.pause()
            text = text_of(app)
            assert there in text, keys
            assert not_yet not in text, keys
        assert "● " not in text.splitlines()[0]

    play(app, (120, 36), act)


def live(tmp_path: Path, events: int = 40) -> tuple[MonitorApp, Journal, Path]:
    root = tmp_path / ".onecontext"
    path = root / "teams" / "till-1" / JOURNAL
    whole().write(path)
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:events]))
    app = MonitorApp(Live(Several(Place(root), [root])), label="following", zone=UTC)
    return app, Journal(path.parent, team="till-1"), path


def test_a_run_is_left_for_its_past_new_events_are_counted_and_end_is_live_again(tmp_path: Path) -> None:
    app, journal, _ = live(tmp_path)

    async def act(pilot: Pilot[None]) -> None:
        await until(lambda: app.snapshot.totals.events == 40, pilot)
        assert "●" not in text_of(app).splitlines()[-3]
        await pilot.press("T")
        await until(lambda: place(app) == (40, False), pilot)
        await until(lambda: "0 new, End goes live" in text_of(app), pilot)
        await pilot.press("comma")
        await until(lambda: place(app) == (39, False), pilot)
        await asyncio.to_thread(journal.append, "message.sent", {"from": "ann", "to": "bob", "text": "meanwhile"})
        await until(lambda: "1 new, End goes live" in text_of(app), pilot)
        assert app.snapshot.totals.events == 39
        assert "meanwhile" not in text_of(app)
        await pilot.press("end")
        await until(lambda: app.snapshot.moment is None and app.snapshot.totals.events == 41, pilot)
        assert "End goes live" not in text_of(app)

    play(app, (120, 36), act)


@pytest.mark.parametrize(
    ("key", "seq"),
    [("comma", 39), ("left_square_bracket", max(seq for seq in MARKS if seq < 40)), ("home", 40), ("p", 40)],
)
def test_a_key_that_goes_back_steps_out_of_a_run_by_itself(tmp_path: Path, key: str, seq: int) -> None:
    app, _, _ = live(tmp_path)

    async def act(pilot: Pilot[None]) -> None:
        await until(lambda: app.snapshot.totals.events == 40, pilot)
        await pilot.press(key)
        if key == "home":
            # The lists keep it while nothing is travelled in.
            await pilot.pause(0.3)
            assert app.snapshot.moment is None
            return
        await until(lambda: place(app) == (seq, False), pilot)
        await pilot.press("T")
        await until(lambda: app.snapshot.moment is None, pilot)

    play(app, (120, 36), act)


def test_playing_to_the_end_of_a_run_that_goes_on_is_live_again(tmp_path: Path) -> None:
    app, journal, _ = live(tmp_path)

    async def act(pilot: Pilot[None]) -> None:
        await until(lambda: app.snapshot.totals.events == 40, pilot)
        await pilot.press("comma", "comma", *["greater_than_sign"] * 6)
        await until(lambda: place(app) == (38, False), pilot)
        await pilot.press("p")
        await until(lambda: app.snapshot.moment is None, pilot)
        await asyncio.to_thread(journal.append, "message.sent", {"from": "ann", "to": "bob", "text": "afterwards"})
        await until(lambda: "afterwards" in text_of(app), pilot)

    play(app, (120, 36), act)


def test_ages_in_the_past_of_a_run_are_counted_from_there(tmp_path: Path) -> None:
    app, _, _ = live(tmp_path)

    async def act(pilot: Pilot[None]) -> None:
        await until(lambda: app.snapshot.totals.events == 40, pilot)
        assert re.search(r"quiet for \d+d", text_of(app))
        await pilot.press("comma")
        await until(lambda: place(app)[0] == 39, pilot)
        assert "quiet for" not in text_of(app)

    play(app, (120, 36), act)


def test_a_run_whose_journal_is_deleted_while_its_past_is_looked_at_stays_on_the_screen(tmp_path: Path) -> None:
    app, _, path = live(tmp_path)

    async def act(pilot: Pilot[None]) -> None:
        await until(lambda: app.snapshot.totals.events == 40, pilot)
        await pilot.press("comma")
        await until(lambda: place(app) == (39, False), pilot)
        path.unlink()
        await pilot.press("comma", "comma", "comma")
        await until(lambda: "is gone" in app.snapshot.trouble, pilot)
        assert "fix-offers" in text_of(app)
        await pilot.press("T")
        await until(lambda: app.snapshot.moment is None, pilot)

    play(app, (120, 36), act)


def test_a_screen_that_begins_in_the_past_and_what_it_reads_changes_nothing_on_disk(tmp_path: Path) -> None:
    app, _, path = live(tmp_path)
    root = path.parents[3]
    with Memory.init(tmp_path, agent="ann") as memory:
        memory.commit("learned it later")
    source = Live(Several(Place(root), [root]), at=parse("50%", zone=UTC))
    app = MonitorApp(source, label="following", zone=UTC)
    before = {file: (file.stat().st_mtime_ns, file.stat().st_size) for file in tmp_path.rglob("*")}

    async def act(pilot: Pilot[None]) -> None:
        await until(lambda: place(app) == (20, False), pilot)
        assert "learned it later" not in text_of(app)
        await pilot.press("T")
        await until(lambda: "learned it later" in text_of(app), pilot)

    play(app, (120, 36), act)

    assert {file: (file.stat().st_mtime_ns, file.stat().st_size) for file in tmp_path.rglob("*")} == before


def test_nothing_is_travelled_in_where_there_is_nothing(tmp_path: Path) -> None:
    root = tmp_path / ".onecontext"
    app = MonitorApp(Live(Several(Place(root), [root])), label="following", advice=["Nothing here yet"], zone=UTC)

    async def act(pilot: Pilot[None]) -> None:
        await pilot.press("T", "p", "comma", "end", "at", "escape")
        await until(lambda: "Nothing here yet" in text_of(app), pilot)
        middle().write(root / "teams" / "till-1" / JOURNAL)
        await until(lambda: "fix-offers" in text_of(app), pilot)

    play(app, (80, 24), act)
