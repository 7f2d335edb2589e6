"""Which mission a command means that names none; and that one bad journal keeps nobody from the others."""

import errno
import os
from pathlib import Path

import pytest

from teams.mission import mission as mission_module
from teams.mission.control.alone import LOCK, alone
from teams.mission.control.which import unfinished_mission
from teams.protocol.team import Team
from tests.support.missions import events_of, make_repository, onecontext, plan, verdict, work, write_script

STARTED = {
    "goal": "g",
    "branch": "onecontext/x",
    "base": "b",
    "model": "scripted:x",
    "workers": 2,
    "sandbox": "none",
    "max_attempts": 3,
}
ENDED = {"reason": "so it was", "branch": "onecontext/x", "commit": None}


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = make_repository(tmp_path / "repository", {"a.txt": "?\n"})
    assert onecontext(folder, "init").code == 0
    return folder


def mission(repository: Path, name: str, *, ending: str = "", at: int, started: object = STARTED) -> Team:
    """Make a team with a mission whose journal was last written ``at`` (seconds since 1970)."""
    team = Team.create(name, root=repository / ".onecontext")
    with alone(team.journal, name):
        team.journal.append("mission.started", started, mission=name)  # type: ignore[arg-type]
        if ending:
            team.journal.append("mission.ended", {**ENDED, "ending": ending}, mission=name)
    os.utime(team.journal.path, (at, at))
    return team


def test_the_newest_is_meant(repository: Path) -> None:
    mission(repository, "old", ending="stopped", at=1000)
    mission(repository, "new", ending="blocked", at=2000)

    assert unfinished_mission(repository / ".onecontext", None)[1].mission == "new"


def test_the_one_at_work_is_meant_however_long_it_has_been_silent(repository: Path) -> None:
    at_work = mission(repository, "slow", at=1000)
    mission(repository, "old", ending="stopped", at=2000)

    with alone(at_work.journal, "slow"):
        ran = onecontext(repository, "pause", "--json")

    assert ran.data["mission"] == "slow"


def test_past_one_that_is_done_nothing_is_guessed_and_the_others_are_named(repository: Path) -> None:
    mission(repository, "stopped-long-ago", ending="stopped", at=1000)
    mission(repository, "new", ending="done", at=2000)

    ran = onecontext(repository, "resume", "--sandbox", "none")

    assert ran.code == 3
    assert "the mission new is done: so it was" in ran.stderr
    assert "stopped-long-ago" in ran.stderr


def test_a_team_without_a_mission_is_passed_over_unread(repository: Path) -> None:
    mission(repository, "real", at=1000)
    talk = Team.create("talk", root=repository / ".onecontext")
    talk.journal.path.write_bytes(b"no journal at all\n")

    assert unfinished_mission(repository / ".onecontext", None)[1].mission == "real"


def test_a_damaged_older_journal_is_nobodys_trouble(repository: Path) -> None:
    mission(repository, "broken", at=1000).journal.path.write_bytes(b"no line of a journal\n")
    os.utime(repository / ".onecontext/teams/broken/onecontext/journal.jsonl", (1000, 1000))
    mission(repository, "whole", at=2000)

    assert unfinished_mission(repository / ".onecontext", None)[1].mission == "whole"


def test_a_damaged_newest_journal_is_told_with_the_missions_that_may_be_named(repository: Path) -> None:
    mission(repository, "whole", at=1000)
    mission(repository, "broken", at=2000).journal.path.write_bytes(b"no line of a journal\n")

    ran = onecontext(repository, "pause")

    assert ran.code == 5
    assert "is not a line of a journal" in ran.stderr
    assert "may be named: whole" in ran.stderr
    assert onecontext(repository, "stop", "whole").code == 0


@pytest.mark.parametrize(
    ("started", "lacks"),
    [({}, "goal"), ({**STARTED, "workers": "many"}, "workers"), ({**STARTED, "workers": 0}, "workers")],
)
def test_a_beginning_that_lacks_what_it_must_say_is_damage_in_one_sentence(
    repository: Path, started: object, lacks: str
) -> None:
    mission(repository, "odd", at=1000, started=started)

    ran = onecontext(repository, "resume", "--sandbox", "none")

    assert ran.code == 5
    assert "is no mission.started" in ran.stderr
    assert lacks in ran.stderr
    assert "Traceback" not in ran.stderr


def test_a_mission_killed_before_its_first_event_is_passed_over(repository: Path) -> None:
    mission(repository, "real", at=1000)
    begun = Team.create("begun", root=repository / ".onecontext")
    (begun.journal.folder / LOCK).touch()

    assert unfinished_mission(repository / ".onecontext", None)[1].mission == "real"


def test_what_the_disk_refuses_interrupts_the_mission_on_record_and_resume_goes_on(
    tmp_path: Path, repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assertion = {"id": "VAL-A-001", "text": "a", "command": "test -f a.txt"}
    script = write_script(
        tmp_path, [plan([assertion], [{"key": "a", "subject": "a", "assertions": ["VAL-A-001"]}]), work("a"), verdict()]
    )

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(mission_module, "put_on_board", full)
        ran = onecontext(repository, "run", "Say yes", "--model", script, "--sandbox", "none")

    assert ran.code == 6
    last = events_of(repository)[-1]
    assert (last.type, last.data["reason"]) == ("mission.interrupted", "[Errno 28] No space left on device")
    assert onecontext(repository, "resume", "--sandbox", "none", "--json").data["ending"] == "done"


def test_a_name_is_enough_as_long_as_only_one_begins_so(repository: Path) -> None:
    mission(repository, "double-4b5ad3", ending="stopped", at=1000)
    mission(repository, "double-77aa01", ending="stopped", at=2000)
    mission(repository, "other-1c2d3e", ending="stopped", at=3000)

    paused = onecontext(repository, "pause", "double-4", "--json")
    both = onecontext(repository, "stop", "double")
    board = onecontext(repository, "board", "--team", "double-7", "--json")
    none = onecontext(repository, "stop", "nothing")

    assert paused.data["mission"] == "double-4b5ad3"
    assert (both.code, board.code, none.code) == (2, 0, 3)
    assert "'double' could be double-4b5ad3, double-77aa01; write more of it" in both.stderr
    assert "no team 'nothing'" in none.stderr


def test_a_whole_name_is_meant_although_others_begin_with_it(repository: Path) -> None:
    """As a play's, whose missions are called after it."""
    mission(repository, "tidy", ending="stopped", at=1000)
    mission(repository, "tidy.build-1a2b", ending="stopped", at=2000)
    mission(repository, "tidy-2", ending="stopped", at=3000)
    root = repository / ".onecontext"

    assert unfinished_mission(root, "tidy")[1].mission == "tidy"
    assert unfinished_mission(root, "tidy.b")[1].mission == "tidy.build-1a2b"
    assert unfinished_mission(root, "tidy-")[1].mission == "tidy-2"
