"""A disk that is full: the screen goes on and says so, an act is refused in a sentence, and no typed word is lost."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from textual.pilot import Pilot

from tests.tui.acting import drive, make_team, notices, recorded, until, watching
from tests.tui.screen import text_of
from tui.sources import space
from tui.sources.folder import Place
from tui.sources.follow import Follower


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    """A disk of two megabytes."""
    disk = tmp_path / "disk"
    disk.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(disk)], capture_output=True).returncode:
        pytest.skip("only root may mount a disk")
    yield disk
    subprocess.run(["umount", "--lazy", str(disk)], check=True)


def fill(disk: Path) -> Path:
    """Leave no byte on ``disk``; return what has to be removed."""
    filling = disk / "filling"
    with filling.open("wb", buffering=0) as file:
        for size in (4096, 1):
            try:
                while True:
                    file.write(b"x" * size)
            except OSError:
                continue
    return filling


def test_a_full_disk_is_said_and_when_there_is_room_again_it_is_not(
    small: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(space, "LOOK_AGAIN_S", 0.0)
    team = make_team(small / "shop")
    follower = Follower(Place(team.root, team.name), None)
    assert follower.step().trouble == ""

    filling = fill(small)
    full = follower.step()
    filling.unlink()

    assert full.trouble.startswith("the disk is full: nothing can be recorded until something is freed there: ")
    assert full.totals.events > 0, "what was read is still shown"
    assert follower.step().trouble == ""


def test_an_act_on_a_full_disk_is_refused_in_a_sentence_and_its_words_stand_there_again(small: Path) -> None:
    team = make_team(small / "shop")
    app = watching(team)

    async def act(pilot: Pilot[None]) -> None:
        filling = fill(small)
        await pilot.press("P", *"lunch at one", "enter")
        await until(pilot, lambda: "No space left on device" in notices(app))
        assert "P again has what you typed" in notices(app)
        assert len(app.screen_stack) == 1
        filling.unlink()
        await pilot.press("P")
        await until(pilot, lambda: "lunch at one" in text_of(app).splitlines()[-1])
        await pilot.press("enter")
        await until(pilot, lambda: recorded(team, "mission.halted"))

    drive(app, act)

    assert recorded(team, "mission.halted") == [("ada", {"word": "pause", "by": "ada", "reason": "lunch at one"})]


def test_what_was_typed_into_the_plan_stays_on_the_screen_while_the_disk_is_full(small: Path) -> None:
    team = make_team(small / "shop")
    app = watching(team)

    async def act(pilot: Pilot[None]) -> None:
        await pilot.press("E")
        await until(pilot, lambda: "main.md" in text_of(app))
        filling = fill(small)
        await pilot.press(*"NEW ", "ctrl+s")
        await until(pilot, lambda: "No space left on device" in notices(app))
        assert "NEW # Roadmap" in text_of(app)
        filling.unlink()
        await pilot.press("ctrl+s")
        await until(pilot, lambda: len(app.screen_stack) == 1)

    drive(app, act)

    assert (team.root / "main.md").read_text().startswith("NEW # Roadmap")
