"""What goes wrong while something is done is a sentence on the screen, and the screen goes on, or ends at once."""

import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from onecontext.api import Memory
from teams.protocol.team import Team
from tests.support.missions import make_repository
from tests.tui.acting import STARTED, drive, notices, until, watching
from tui.acting import doing
from tui.acting.control import Control
from tui.acting.line import Line


@pytest.fixture
def team(tmp_path: Path) -> Team:
    """A team whose mission is paused, and run by nobody."""
    project = make_repository(tmp_path / "shop", {"a.txt": "a\n"})
    Memory.init(project)
    team = Team.create("till-1", root=project / ".onecontext", cwd=project)
    team.journal.append("mission.started", STARTED, mission="till-1")
    team.journal.append("mission.halted", {"word": "pause", "by": "bob", "reason": ""}, mission="till-1", agent="bob")
    team.join("ann")
    return team


def popen_of(code: str, began: list[Any]) -> Any:
    """Return what begins ``code`` instead of a command of ours."""

    def begin(_: list[str], **options: Any) -> Any:
        process = subprocess.Popen([sys.executable, "-c", code], **options)
        began.append(process)
        return process

    return begin


@pytest.mark.parametrize("apart", [True, False])
def test_a_folder_that_is_gone_is_a_sentence(tmp_path: Path, apart: bool) -> None:
    line = Line(("resume", "--", "till-1"), tmp_path / "gone")

    done = doing.attempt(line, Control(env={}), apart=apart, leaving=threading.Event())

    assert not done.ok
    assert "gone" in done.said


def test_a_fault_of_ours_is_a_sentence_and_the_screen_goes_on(team: Team, monkeypatch: pytest.MonkeyPatch) -> None:
    def faulty(*_: object, **__: object) -> int:
        raise ZeroDivisionError("one by none")

    monkeypatch.setattr(doing, "main", faulty)
    app = watching(team)

    async def act(pilot: Pilot[None]) -> None:
        await pilot.press("B", *"hello", "enter")
        await until(pilot, lambda: "broadcast: it failed by a fault of ours: ZeroDivisionError" in notices(app))
        assert app.is_running

    drive(app, act)


def test_a_key_that_is_pressed_twice_begins_one_resume(
    team: Team, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    began: list[Any] = []
    go = tmp_path / "go"
    code = f"import os, time\nwhile not os.path.exists({str(go)!r}): time.sleep(0.05)"
    app = watching(team)

    async def act(pilot: Pilot[None]) -> None:
        await until(pilot, lambda: app.snapshot.mission.phase == "paused")  # type: ignore[union-attr]
        monkeypatch.setattr(doing, "subprocess", _Popen(popen_of(code, began)))
        monkeypatch.setattr(doing.do_apart, "__kwdefaults__", {"settled_s": 60.0, "leaving": None})
        await pilot.press("P", "P")
        await until(pilot, lambda: "resume: that is being done just now" in notices(app))
        go.touch()
        await until(pilot, lambda: "resume: done" in notices(app))
        assert len(began) == 1
        await pilot.press("P")
        await until(pilot, lambda: len(began) == 2)

    drive(app, act)
    began[-1].wait()


def test_who_quits_does_not_wait_for_what_goes_on_apart(team: Team, monkeypatch: pytest.MonkeyPatch) -> None:
    began: list[Any] = []
    app = watching(team)
    left_at = 0.0

    async def act(pilot: Pilot[None]) -> None:
        nonlocal left_at
        await until(pilot, lambda: app.snapshot.mission.phase == "paused")  # type: ignore[union-attr]
        monkeypatch.setattr(doing, "subprocess", _Popen(popen_of("import time; time.sleep(60)", began)))
        monkeypatch.setattr(doing.do_apart, "__kwdefaults__", {"settled_s": 60.0, "leaving": None})
        await pilot.press("P")
        await until(pilot, lambda: began)
        left_at = time.monotonic()
        await pilot.press("q")

    drive(app, act)

    assert time.monotonic() - left_at < 30
    (process,) = began
    assert process.poll() is None, "it outlives the screen"
    process.kill()
    process.wait()


class _Popen:
    """The module ``subprocess``, as ``doing`` uses it, with another way to begin a process."""

    DEVNULL = subprocess.DEVNULL

    def __init__(self, begin: Any) -> None:
        self.Popen = begin
