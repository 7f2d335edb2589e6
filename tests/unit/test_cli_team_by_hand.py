"""``onecontext team join --by-hand``: a member that is nobody's process, but who types."""

import io
import json
from pathlib import Path
from typing import Any

import pytest

from onecontext.cli.main import main
from teams.member.seat import seat
from teams.protocol.team import Team


def call(cwd: Path, *argv: str) -> tuple[int, str, str]:
    out, err = io.StringIO(), io.StringIO()
    code = main(argv, env={}, cwd=cwd, stdin=io.StringIO(), stdout=out, stderr=err)
    return code, out.getvalue(), err.getvalue()


def joined(cwd: Path, name: str, *more: str) -> Any:
    code, out, err = call(cwd, "team", "join", "crew", "--name", name, "--by-hand", *more, "--json")
    assert (code, err) == (0, "")
    return json.loads(out)["data"]


@pytest.fixture
def team(tmp_path: Path) -> Team:
    return Team.create("crew", root=tmp_path / ".claude")


def test_who_joins_by_hand_writes_and_works_under_that_name(team: Team, tmp_path: Path) -> None:
    team.board.create("Fix the till", key="till")

    assert joined(tmp_path, "ann")["name"] == "ann"
    sent = call(tmp_path, "mail", "send", "team-lead", "which till?", "--as", "ann")
    claimed = call(tmp_path, "task", "next", "--as", "ann")

    assert (sent[0], claimed[0]) == (0, 0), sent[2] + claimed[2]
    (message,) = team.receive("team-lead")
    assert (message.sender, message.verified, message.text) == ("ann", True, "which till?")
    assert team.board.get("1").owner == "ann"
    assert team.pulse("ann").life == "unknown", "nothing beats for it"


def test_joining_by_hand_again_is_the_same_member_and_its_role_stays(team: Team, tmp_path: Path) -> None:
    first, second = joined(tmp_path, "val", "--role", "validator"), joined(tmp_path, "val")

    assert [first["again"], second["again"]] == [False, True]
    assert (second["name"], second["role"]) == ("val", "validator")
    assert [member.name for member in team.members] == ["team-lead", "val"]


def test_the_name_of_a_process_at_work_is_not_taken_by_hand(team: Team, tmp_path: Path) -> None:
    with seat(team, "ann", role="worker", model=None):
        assert joined(tmp_path, "ann")["name"] == "ann-2"


def test_who_joined_by_hand_leaves_by_a_command(team: Team, tmp_path: Path) -> None:
    joined(tmp_path, "ann")

    assert call(tmp_path, "team", "leave", "crew", "--name", "ann")[0] == 0
    assert [member.name for member in team.members] == ["team-lead"]


@pytest.mark.parametrize(
    ("more", "told"),
    [
        (("--command", "cat"), "not allowed with"),
        (("--agent", "baker"), "goes with --model alone"),
        (("--work", "."), "belong to --model"),
    ],
)
def test_by_hand_there_is_no_mind_to_be_told_anything(
    team: Team, tmp_path: Path, more: tuple[str, ...], told: str
) -> None:
    code, _, err = call(tmp_path, "team", "join", "crew", "--name", "ann", "--by-hand", *more)

    assert code == 2
    assert told in err
    assert len(team.members) == 1
