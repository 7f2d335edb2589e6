import json
from pathlib import Path

import pytest

from onecontext.errors import Damaged, InvalidName, NoTeam, UnknownMember
from teams.protocol.roster import COLOURS
from teams.protocol.team import Team
from tests.support.crew import HandClock


@pytest.fixture
def team(tmp_path: Path) -> Team:
    return Team.create("crew", root=tmp_path, cwd="/proj", clock=HandClock(), new_id=lambda: "an-id")


def config(team: Team) -> dict[str, object]:
    return dict(json.loads((team.folder / "config.json").read_text()))


def test_a_team_is_laid_out_as_the_client_lays_it_out(team: Team, tmp_path: Path) -> None:
    assert config(team) == {
        "name": "crew",
        "createdAt": 1767225600000,
        "leadAgentId": "team-lead@crew",
        "leadSessionId": "an-id",
        "members": [
            {
                "agentId": "team-lead@crew",
                "name": "team-lead",
                "agentType": "team-lead",
                "joinedAt": 1767225600000,
                "tmuxPaneId": "leader",
                "cwd": "/proj",
                "subscriptions": [],
                "backendType": "in-process",
            }
        ],
    }
    assert sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*")) == [
        "tasks",
        "tasks/crew",
        "tasks/crew/.lock",
        "teams",
        "teams/crew",
        "teams/crew/config.json",
        "teams/crew/inboxes",
        "teams/crew/onecontext",
        "teams/crew/onecontext/journal.jsonl",
        "teams/crew/onecontext/journal.lock",
    ]


def test_creating_a_team_twice_opens_it(team: Team, tmp_path: Path) -> None:
    team.join("ann")

    again = Team.create("crew", root=tmp_path)

    assert [member.name for member in again.members] == ["team-lead", "ann"]
    assert [event.type for event in again.journal.read()] == ["team.created", "member.joined"]


def test_members_get_names_and_colours_in_order(team: Team) -> None:
    for name in ("ann", "ann", "bob"):
        team.join(name, role="validator", model="m1")

    assert [(member.name, member.color) for member in team.members[1:]] == [
        ("ann", "blue"),
        ("ann-2", "green"),
        ("bob", "yellow"),
    ]
    assert config(team)["members"][1] == {  # type: ignore[index]
        "agentId": "ann@crew",
        "name": "ann",
        "agentType": "validator",
        "color": "blue",
        "joinedAt": 1767225600000,
        "tmuxPaneId": "in-process",
        "subscriptions": [],
        "model": "m1",
        "planModeRequired": False,
        "cwd": "/proj",
        "backendType": "in-process",
    }


def test_the_ninth_member_has_a_colour_too(team: Team) -> None:
    for number in range(10):
        team.join(f"w{number}")

    colours = [member.color for member in team.members[1:]]
    assert colours[:8] == list(COLOURS)
    assert set(colours[8:]) <= set(COLOURS)


def test_who_leaves_is_gone_from_the_roster_and_not_from_the_journal(team: Team) -> None:
    team.join("ann")
    team.leave("ann", reason="done")

    assert [member.name for member in team.members] == ["team-lead"]
    assert [event.type for event in team.journal.read()][1:] == ["member.joined", "member.left"]
    with pytest.raises(UnknownMember, match="there are team-lead"):
        team.leave("ann")


def test_fields_of_others_survive_our_joining(team: Team) -> None:
    document = config(team)
    document["leadProcess"] = {"pid": 7}
    document["members"].append({"agentId": "x@crew", "name": "x", "joinedAt": 5, "theirs": [1]})  # type: ignore[attr-defined]
    (team.folder / "config.json").write_text(json.dumps(document))

    team.join("ann")

    after = config(team)
    assert after["leadProcess"] == {"pid": 7}
    assert after["members"][1] == document["members"][1]  # type: ignore[index]


def test_a_garbled_roster_is_an_error_and_stays_as_it_is(team: Team) -> None:
    (team.folder / "config.json").write_text('{"name": "crew", "memb')

    with pytest.raises(Damaged):
        team.join("ann")
    assert (team.folder / "config.json").read_text() == '{"name": "crew", "memb'


def test_a_team_that_is_not_there_is_said_with_those_that_are(team: Team, tmp_path: Path) -> None:
    with pytest.raises(NoTeam, match="there are crew"):
        Team.open("other", root=tmp_path)
    with pytest.raises(NoTeam):
        Team.open("../crew", root=tmp_path)
    with pytest.raises(InvalidName):
        Team.create("Not A Name", root=tmp_path)
    with pytest.raises(InvalidName):
        team.join("../ann")


def test_teams_are_listed_with_the_one_last_at_work_first(tmp_path: Path) -> None:
    import os

    for age, name in enumerate(("old", "new", "middle")):
        path = Team.create(name, root=tmp_path).journal.path
        os.utime(path, (age % 3 * 100 if name != "new" else 900,) * 2)

    assert Team.list(tmp_path) == ["new", "middle", "old"]
    assert Team.list(tmp_path / "nowhere") == []
