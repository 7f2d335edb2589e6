"""How often pictures are drawn: as they come here, at a slower pace through ssh; the newest one always."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC
from pathlib import Path

import pytest

from tests.support.waiting import until
from tests.tui.live import monitor, say
from tests.tui.screen import shown
from tests.tui.till import middle
from tui.app import MonitorApp
from tui.clocks import BEHIND_S, Pace, newest_event, pace_of
from tui.snapshot import Snapshot
from tui.sources.folder import JOURNAL

HERE = {"TERM": "xterm"}
THERE = [{"SSH_CONNECTION": "192.0.2.1 50000 192.0.2.2 22"}, {"SSH_TTY": "/dev/pts/3"}]
PICTURES = 40


class Hurried:
    """A source that hands over many pictures at once."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.pictures = [replace(snapshot, team=f"till-{number}") for number in range(PICTURES)]
        self.show: Callable[[Snapshot], None] = lambda snapshot: None

    def start(self, show: Callable[[Snapshot], None]) -> None:
        self.show = show

    def close(self) -> None:
        pass


def drawn_of(env: dict[str, str]) -> list[str]:
    """Return the teams of the pictures that were drawn, of many that came 10 ms apart, until the last was."""
    source, drawn = Hurried(shown(middle().events)), list[str]()

    app = MonitorApp(source, label="hurried", now=newest_event, zone=UTC, env=env)
    draw = app._draw

    def watched() -> None:
        drawn.append(app.snapshot.team)
        draw()

    setattr(app, "_draw", watched)  # noqa: B010 - mypy lets no method be assigned to

    async def run() -> None:
        async with app.run_test(size=(80, 24)) as pilot:
            for picture in source.pictures:
                source.show(picture)
                await pilot.pause(0.01)
            async with asyncio.timeout(30):
                while app.snapshot is not source.pictures[-1]:
                    await pilot.pause(0.01)

    asyncio.run(run())
    return list(dict.fromkeys(team for team in drawn if team))


def test_here_each_picture_is_drawn_as_it_comes() -> None:
    assert len(drawn_of(HERE)) == PICTURES


@pytest.mark.parametrize("env", THERE, ids=["a connection", "a terminal"])
def test_through_ssh_a_few_are_drawn_and_the_last_is_one_of_them(env: dict[str, str]) -> None:
    drawn = drawn_of(env)

    assert drawn[-1] == f"till-{PICTURES - 1}"
    assert len(drawn) < PICTURES


def test_a_slow_pace_counts_from_the_picture_before() -> None:
    now_s = [10.0]
    pace = Pace(0.2, clock=lambda: now_s[0])

    assert pace.wait_s() == 0.0
    now_s[0] = 10.15
    assert pace.wait_s() == pytest.approx(0.05)
    now_s[0] = 10.25
    assert pace.wait_s() == 0.0
    now_s[0] = 10.3
    assert pace.wait_s() == pytest.approx(0.15)


def test_a_terminal_that_is_behind_gets_nothing_until_it_has_taken_what_it_was_sent() -> None:
    takes, drawn = [False], list[int]()
    pace = Pace(0.0, takes=lambda: takes[0])

    assert pace.wait_s() == BEHIND_S
    pace.tick(lambda: drawn.append(1))
    takes[0] = True
    assert pace.wait_s() == 0.0
    pace.tick(lambda: drawn.append(2))
    assert drawn == [2]


@pytest.mark.parametrize(
    ("env", "waits"), [(HERE, False), ({"SSH_TTY": ""}, False), (THERE[0], True), (THERE[1], True)]
)
def test_the_environment_says_whether_a_line_is_slow(env: dict[str, str], waits: bool) -> None:
    pace = pace_of(env)

    assert pace.wait_s() == 0.0
    assert bool(pace.wait_s()) is waits


def test_on_a_terminal_through_ssh_what_was_said_last_is_shown(tmp_path: Path) -> None:
    run = middle()
    path = tmp_path / ".onecontext" / "teams" / "till-1" / JOURNAL
    run.write(path)
    with monitor(tmp_path, SSH_CONNECTION="192.0.2.1 50000 192.0.2.2 22") as terminal:
        terminal.wait_for("fix-offers")
        terminal.type("33")
        for number in range(1, 41):
            say(path, run.events[-1], number)
        terminal.wait_for("word number 40 of it")
        terminal.type("q")
        until(lambda: terminal.process.poll() is not None)
        assert terminal.process.returncode == 0


def test_a_line_that_stalled_brings_one_fresh_picture_and_not_all_that_it_missed(tmp_path: Path) -> None:
    run = middle()
    path = tmp_path / ".onecontext" / "teams" / "till-1" / JOURNAL
    run.write(path)
    with monitor(tmp_path) as terminal:
        terminal.wait_for("fix-offers")
        terminal.type("33")
        say(path, run.events[-1], 1)
        terminal.wait_for("word number 1 of it")
        terminal.stall()
        before, cpu_s, memory_mib = terminal.written_bytes, terminal.cpu_s, terminal.rss_mib
        for number in range(2, 302):
            say(path, run.events[-1], number)
            time.sleep(0.03)
        assert terminal.rss_mib < memory_mib + 10
        assert terminal.cpu_s - cpu_s < 4.0
        terminal.go_on()
        terminal.wait_for("word number 301 of it", since_bytes=before)
        drawn = terminal.text(before)
        terminal.type("q")
        assert terminal.wait() == 0

    # The screen has room for some thirty lines: those that were on the way, and the last.
    assert not [number for number in range(50, 250) if f"word number {number} of it" in drawn]
    assert terminal.written_bytes - before < 150_000
