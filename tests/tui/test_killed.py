"""A mission whose process was killed while somebody watches: it is told everywhere, and until it goes on."""

import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from textual.pilot import Pilot

from teams.engine.journal import utc_now
from teams.protocol.team import Team
from tests.tui.acting import drive, until, watching
from tests.tui.screen import text_of
from tests.tui.test_plain import monitor
from tui.plain.standing import standing
from tui.rows.spans import plain
from tui.rows.teams import team_row
from tui.sources.folder import Place
from tui.sources.follow import Follower
from tui.sources.several import Several

LEAD = """
import sys, time
from pathlib import Path
from teams.protocol.team import Team
with Team.open("till-1", root=Path(sys.argv[1])).beating("team-lead"):
    print("beats", flush=True)
    time.sleep(600)
"""
STARTED = {"goal": "Make the suite pass", "model": "maker/small", "scripted": False, "sandbox": "none", "workers": 2}


@pytest.fixture
def team(tmp_path: Path) -> Team:
    """A team at a mission, which has a task."""
    team = Team.create("till-1", root=tmp_path / ".onecontext", cwd=tmp_path)
    team.journal.append("mission.started", STARTED, mission="till-1", agent="team-lead")
    team.board.create("Read prices to the cent", key="fix-prices")
    return team


@contextmanager
def lead_of(team: Team) -> "Iterator[subprocess.Popen[str]]":
    """Run a process that beats as the lead of ``team``."""
    command = [sys.executable, "-c", LEAD, str(team.root)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "beats\n"
        try:
            yield process
        finally:
            process.kill()


def kill(process: "subprocess.Popen[str]") -> None:
    process.kill()
    process.wait()


def test_the_screen_says_that_nobody_works_any_more_and_that_somebody_does_again(team: Team) -> None:
    app = watching(team)

    async def act(pilot: Pilot[None]) -> None:
        with lead_of(team) as process:
            await until(pilot, lambda: app.snapshot.hearts)
            assert "died" not in text_of(app)
            await asyncio.to_thread(kill, process)
            await until(pilot, lambda: "× died" in text_of(app))
        assert "▲ 1 waits for you  process gone 'onecontext resume' goes on" in text_of(app)
        await pilot.press("a")
        await until(pilot, lambda: "process gone   'onecontext resume' goes on" in text_of(app))
        await pilot.press("escape")
        with lead_of(team):
            await until(pilot, lambda: "× died" not in text_of(app))
        assert app.snapshot.totals.attention_open == 0

    drive(app, act)


def test_the_key_that_holds_a_mission_lets_a_dead_one_go_on(team: Team) -> None:
    with lead_of(team) as process:
        kill(process)
    app = watching(team)
    begun: list[str] = []
    app._begin_act = lambda act, subject: begun.append(act.name)  # type: ignore[method-assign]

    async def act(pilot: Pilot[None]) -> None:
        await until(pilot, lambda: "× died" in text_of(app))
        await pilot.press("P")

    drive(app, act)

    assert begun == ["resume"]


def test_a_mission_that_is_held_ended_or_never_beat_has_not_died(team: Team) -> None:
    follower = Follower(Place(team.root, team.name), None)
    never = follower.catch_up()
    with lead_of(team) as process:
        kill(process)
    halted = {"word": "pause", "by": "ann", "reason": "lunch"}
    team.journal.append("mission.halted", halted, mission="till-1", agent="team-lead")
    held = Follower(Place(team.root, team.name), None).catch_up()
    team.journal.append("mission.ended", {"ending": "stopped", "reason": "x"}, mission="till-1", agent="team-lead")
    ended = Follower(Place(team.root, team.name), None).catch_up()

    assert [one.mission and one.mission.phase for one in (never, held, ended)] == ["planning", "paused", "stopped"]
    assert all(item.kind != "process gone" for one in (never, held, ended) for item in one.attention)


def test_the_line_of_a_team_that_nobody_looks_at_says_it_though_its_journal_says_nothing_new(team: Team) -> None:
    several = Several(Place(team.root, "another"), [team.root])
    with lead_of(team) as process:
        before = several.lines()
        kill(process)
    several.lines()  # hearts are read at most once a second
    end = utc_now().timestamp() + 10
    while (after := several.lines())[0].phase != "died" and utc_now().timestamp() < end:
        pass

    assert (before[0].phase, before[0].attention) == ("planning", 0)
    assert (after[0].phase, after[0].attention, after[0].alive) == ("died", 1, 0)
    row = plain(team_row(after[0], 200, now=utc_now(), name="till-1"))
    assert (row.count("died"), standing(after[0], utc_now()).count("died")) == (1, 1)


def test_a_heart_that_begins_just_after_a_look_is_heard_at_the_next(
    team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    several = Several(Place(team.root, "another"), [team.root])
    assert several.lines()[0].alive is None
    with lead_of(team):
        monkeypatch.setattr("tui.sources.hearts.READ_AGAIN_S", 1_000.0)
        assert several.lines()[0].alive is None  # hearts are not read so soon again
        monkeypatch.setattr("tui.sources.hearts.READ_AGAIN_S", 0.0)
        assert several.lines()[0].alive == 1


def test_words_and_documents_tell_it(team: Team, tmp_path: Path) -> None:
    with monitor(tmp_path, "--plain") as ran, lead_of(team) as process:
        ran.until(lambda lines: any("nothing needs a person" in line for line in lines))
        kill(process)
        lines = ran.until(lambda lines: any(line.startswith("ATTENTION") for line in lines))
    with monitor(tmp_path, "--json") as ran:
        ran.until(lambda lines: (bool(lines) and lines[-1] == "}") or bool(lines and lines[0].endswith("}")))
        document = json.loads("\n".join(ran.lines))

    assert lines[-1].endswith("process gone: 'onecontext resume' goes on with it")
    assert document["data"]["mission"]["phase"] == "died"
    assert document["data"]["totals"]["attention_open"] == 1


def test_where_ends_are_waited_for_a_mission_that_died_is_told_and_waited_for(team: Team, tmp_path: Path) -> None:
    """It can be resumed: over one team and over several it has ended only when its journal says so."""
    (tmp_path / "cellar" / ".onecontext" / "teams").mkdir(parents=True)
    both = ("--root", str(team.root), "--root", "cellar/.onecontext")
    asked = ("--plain", "--until-ended")
    with monitor(tmp_path, *asked) as one, monitor(tmp_path, *asked, *both) as several:
        with lead_of(team) as process:
            for ran in (one, several):
                ran.until(lambda lines: any("nothing needs a person" in line for line in lines))
            kill(process)
        told = [ran.until(lambda lines: any("process gone" in line for line in lines))[-1] for ran in (one, several)]
        assert [ran.process.poll() for ran in (one, several)] == [None, None]
        team.journal.append("mission.ended", {"ending": "stopped", "reason": "x"}, mission="till-1", agent="team-lead")
        assert [ran.code() for ran in (one, several)] == [130, 130]

    assert told[0].endswith("process gone: 'onecontext resume' goes on with it")
    assert told[1] == "ATTENTION till-1 process gone: the mission has died, and goes on only when it is resumed"
