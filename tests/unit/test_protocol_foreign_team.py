"""Members and mail of other programs: taken into the journal once, and left as they are."""

import json
from pathlib import Path
from typing import Any

import pytest

from teams.engine.event import Event
from teams.protocol.mail.correspondence import correspondence
from teams.protocol.team import Team
from teams.protocol.wire import dumps
from tests.support.crew import HandClock

STAMP = "2026-01-01T00:00:00.000Z"


@pytest.fixture
def team(tmp_path: Path) -> Team:
    team = Team.create("crew", root=tmp_path, clock=HandClock())
    team.join("ann")
    return team


def config(team: Team, change: Any) -> None:
    path = team.folder / "config.json"
    document = json.loads(path.read_text())
    document["members"] = change(document["members"])
    path.write_text(dumps(document))


def member(name: str, **more: Any) -> dict[str, Any]:
    return {"agentId": f"{name}@crew", "name": name, "joinedAt": 5, **more}


def put(team: Team, name: str, *entries: Any) -> Path:
    path = team.folder / "inboxes" / f"{name}.json"
    path.write_text(dumps([*entries]))
    return path


def entry(text: str, sender: str = "zed", **more: Any) -> dict[str, Any]:
    return {"from": sender, "text": text, "timestamp": STAMP, **more}


def taken_in(team: Team) -> list[Event]:
    events = [*team.take_in()]
    assert not team.take_in()
    assert not Team.open("crew", root=team.root, clock=HandClock()).take_in()
    return events


def test_members_that_came_and_went_through_a_client_are_told_once(team: Team) -> None:
    assert taken_in(team) == []
    config(team, lambda members: [*members, member("zed", agentType="expert", model="m"), member("yan")])
    assert [(event.type, dict(event.data)) for event in taken_in(team)] == [
        ("member.found", {"name": "zed", "role": "expert", "model": "m"}),
        ("member.found", {"name": "yan", "role": "worker"}),
    ]
    config(team, lambda members: [one for one in members if one["name"] not in ("zed", "ann")])
    assert [(event.type, event.data["name"]) for event in taken_in(team)] == [
        ("member.gone", "ann"),
        ("member.gone", "zed"),
    ]
    team.join("bob")
    team.leave("yan")
    assert taken_in(team) == []


def test_a_team_that_a_client_made_is_told_from_its_first_member_on(tmp_path: Path) -> None:
    Team.create("crew", root=tmp_path)
    (tmp_path / "teams" / "crew" / "onecontext" / "journal.jsonl").unlink()
    team = Team.open("crew", root=tmp_path)

    assert [(event.type, event.data["name"]) for event in taken_in(team)] == [("member.found", "team-lead")]


def test_a_bad_member_is_a_violation_while_it_is_there(team: Team) -> None:
    config(team, lambda members: [7, *members, member("../up")])

    assert [(event.type, event.data["rule"]) for event in taken_in(team)] == [("violation", "member")] * 2
    config(team, lambda members: members[1:])
    assert [(event.type, event.data["what"].split()[0:2]) for event in taken_in(team)] == [
        ("violation", ["member", "3"]),
        ("violation.ended", ["member", "1"]),
        ("violation.ended", ["member", "4"]),
    ]


def test_a_garbled_roster_makes_nobody_come_or_go(team: Team) -> None:
    path = team.folder / "config.json"
    before = path.read_bytes()
    path.write_bytes(before[:40])
    assert [(event.type, event.data["rule"]) for event in taken_in(team)] == [("violation", "garbled")]
    path.write_bytes(before)
    assert [event.type for event in taken_in(team)] == ["violation.ended"]


def test_mail_between_members_of_others_is_history_and_stays_where_it_is(team: Team) -> None:
    config(team, lambda members: [*members, member("zed"), member("yan")])
    taken_in(team)
    path = put(team, "yan", entry("one"), entry("one"), entry("two", msg_id="m", read=True, color="red", summary="s"))
    before = path.read_bytes()

    events = taken_in(team)
    assert [event.type for event in events] == ["message.sent"] * 3
    assert dict(events[2].data) == {
        "from": "zed",
        "text": "two",
        "summary": "s",
        "color": "red",
        "timestamp": STAMP,
        "msg_id": "m",
        "to": "yan",
        "foreign": True,
    }
    assert path.read_bytes() == before
    put(team, "yan")
    assert taken_in(team) == []
    assert [letter.message.text for letter in correspondence(team.folder, team.journal)] == ["one", "one", "two"]


def test_what_was_written_under_a_name_that_is_not_the_writers_is_marked(team: Team) -> None:
    config(team, lambda members: [*members, member("zed")])
    put(team, "zed", entry("forged", "ann"), entry("stranger", "nobody"), entry("true", "zed"))

    sent = [event for event in taken_in(team) if event.type == "message.sent"]
    assert [event.data.get("verified") for event in sent] == [False, False, None]


def test_mail_from_us_to_a_member_of_others_is_not_recorded_twice(team: Team) -> None:
    config(team, lambda members: [*members, member("zed")])
    taken_in(team)
    team.send("zed", "hello", sender="ann")

    assert taken_in(team) == []


def test_mail_for_our_own_members_waits_for_them(team: Team) -> None:
    config(team, lambda members: [*members, member("zed")])
    put(team, "ann", entry("for ann"))

    assert [event.type for event in taken_in(team)] == ["member.found"]
    assert [message.text for message in team.receive("ann")] == ["for ann"]


def test_a_structured_message_says_its_form(team: Team) -> None:
    form = {"type": "shutdown_request", "requestId": "r", "from": "team-lead", "timestamp": STAMP}
    put(team, "zed", entry(json.dumps(form)))

    assert [event.data["form"] for event in taken_in(team)] == ["shutdown_request"]


def test_an_inbox_with_something_else_in_it_is_a_violation_and_its_messages_are_recorded(team: Team) -> None:
    path = put(team, "zed", entry("one"), 7, {"from": "x"}, entry("two"))

    assert [event.data.get("text", event.data.get("rule")) for event in taken_in(team)] == ["one", "two", "garbled"]
    put(team, "zed", entry("one"))
    assert [event.type for event in taken_in(team)] == ["violation.ended"]
    path.write_text("[")
    assert [event.type for event in taken_in(team)] == ["violation"]
    path.unlink()
    assert [event.type for event in taken_in(team)] == ["violation.ended"]
