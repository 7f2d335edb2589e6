import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from teams.protocol.team import Team
from tests.support.watching import until


class Following:
    """``onecontext events --follow`` as a process; stderr is read as it comes."""

    def __init__(self, cwd: Path, *words: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "onecontext", "events", "--follow", *words],
            cwd=cwd,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.told: list[str] = []
        self._reading = threading.Thread(target=self._read)
        self._reading.start()

    def _read(self) -> None:
        assert self.process.stderr is not None
        self.told += self.process.stderr

    def line(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline()

    def data(self) -> Any:
        return json.loads(self.line())["data"]

    def says(self, words: str) -> bool:
        return until(lambda: any(words in line for line in [*self.told]))

    def end(self, *, interrupt: bool = True) -> tuple[int, str]:
        """Stop it, or wait until it stops by itself, and return its exit code and all it told."""
        if interrupt and self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        code = self.process.wait(timeout=20)
        self._reading.join(timeout=20)
        for stream in (self.process.stdout, self.process.stderr):
            assert stream is not None
            stream.close()
        return code, "".join(self.told)


@pytest.fixture
def team(tmp_path: Path) -> Team:
    return Team.create("crew", root=tmp_path / ".onecontext")


@pytest.fixture
def following(team: Team, tmp_path: Path) -> Iterator[Following]:
    begun = Following(tmp_path, "--json")
    yield begun
    begun.end()


def test_following_gives_one_document_a_line_for_what_is_there_and_what_comes(team: Team, following: Following) -> None:
    first = following.data()
    team.board.create("t", key="t")
    second = following.data()
    code, err = following.end()

    assert (first["seq"], first["type"]) == (1, "team.created")
    assert (second["seq"], second["type"]) == (2, "task.created")
    assert code == 130
    assert "Traceback" not in err
    assert "following crew by inotify: " in err


def test_a_journal_that_is_replaced_is_read_from_its_beginning(
    team: Team, following: Following, tmp_path: Path
) -> None:
    other = Team.create("crew", root=tmp_path / "other")
    other.board.create("another", key="another")
    assert following.data()["type"] == "team.created"

    other.journal.path.replace(team.journal.path)

    assert [following.data()["id"], following.data()["id"]] == [event.id for event in team.journal.read()]
    assert following.says("another file is at")


def test_a_team_that_goes_away_is_waited_for(team: Team, following: Following, tmp_path: Path) -> None:
    assert following.data()["type"] == "team.created"

    shutil.rmtree(tmp_path / ".onecontext")
    assert following.says("is gone; waiting for it")
    again = Team.create("crew", root=tmp_path / ".onecontext")
    again.board.create("again", key="again")

    assert [following.data()["id"], following.data()["id"]] == [event.id for event in again.journal.read()]
    assert sum("is gone" in line for line in following.told) == 1


def test_a_torn_line_that_stays_is_told_once_and_the_whole_line_shown(team: Team, following: Following) -> None:
    assert following.data()["seq"] == 1
    whole = team.journal.path.read_bytes()
    team.board.create("t", key="t")
    assert following.data()["seq"] == 2
    line = team.journal.path.read_bytes()[len(whole) :].replace(b'"seq":2', b'"seq":3')
    with team.journal.path.open("ab") as file:
        file.write(line[:50])
        file.flush()
        assert following.says("ends in 50 bytes without a line feed")

    team.board.create("u", key="u")  # sets the torn bytes aside

    assert following.data()["data"]["task"]["subject"] == "u"
    assert sum("ends in" in line for line in following.told) == 1


def test_damage_while_following_ends_it_and_names_the_place(team: Team, following: Following) -> None:
    assert following.data()["seq"] == 1
    size = team.journal.path.stat().st_size
    with team.journal.path.open("ab") as file:
        file.write(b'{"v":1}\n')

    error = json.loads(following.line())["error"]
    code, err = following.end(interrupt=False)

    assert (code, error["exit_code"]) == (5, 5)
    assert f"line 2 at byte {size}" in err


def test_a_journal_that_became_shorter_is_damage(team: Team, following: Following) -> None:
    team.board.create("t", key="t")
    assert [following.data()["seq"], following.data()["seq"]] == [1, 2]

    os.truncate(team.journal.path, 10)

    assert json.loads(following.line())["error"]["type"] == "Damaged"
    assert following.end(interrupt=False)[0] == 5


@pytest.mark.parametrize("words", [(), ("--json",)])
def test_who_has_read_enough_is_told_nothing(team: Team, tmp_path: Path, words: tuple[str, ...]) -> None:
    following = Following(tmp_path, *words)
    assert following.line()
    assert following.process.stdout is not None
    following.process.stdout.close()

    def write() -> bool:
        team.journal.append("tick", {})
        return following.process.poll() is not None

    assert until(write)
    following._reading.join(timeout=20)
    assert following.process.returncode == 141
    assert [line for line in following.told if "following crew" not in line] == []
    assert following.process.stderr is not None
    following.process.stderr.close()


def test_an_answer_cut_off_by_head_is_no_error(team: Team, tmp_path: Path) -> None:
    for _ in range(20):
        team.journal.append("tick", {f"{n}": "x" * 59 for n in range(100)})
    script = f"{sys.executable} -m onecontext events | head -1; echo ${{PIPESTATUS[0]}}"

    ran = subprocess.run(["bash", "-c", script], cwd=tmp_path, capture_output=True, text=True, timeout=60)

    assert len(ran.stdout.splitlines()) == 2
    assert ran.stdout.splitlines()[1] in ("0", "141")
    assert ran.stderr == ""


def test_events_come_soon_after_they_are_written(team: Team, following: Following) -> None:
    assert following.data()["seq"] == 1

    for number in range(50):
        team.journal.append("tick", {"n": number})
        assert following.data()["data"] == {"n": number}
