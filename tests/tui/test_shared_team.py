"""A team of another program that a member of ours has joined: its people, tasks and mail are shown as well as ours."""

import json
from pathlib import Path
from typing import Any

import pytest

from teams.protocol.team import Team
from tests.tui.screen import screens_after, still
from tests.tui.story import Story
from tests.tui.test_client_files import laid_out
from tests.tui.test_follow import fingerprint
from tui.acting.control import Control
from tui.acting.subject import subject_of
from tui.acting.table import ACTS, refusal_of
from tui.projection.shared import Told
from tui.projection.teams import line_of
from tui.snapshot import Snapshot
from tui.sources.folder import Place, spot_of
from tui.sources.follow import Follower
from tui.sources.glances import Glances


@pytest.fixture
def team(tmp_path: Path) -> Team:
    """What a client left, and our zoe in it."""
    team = Team.open(laid_out(tmp_path, "2.1.329"), root=tmp_path)
    team.join("zoe")
    return team


def follower(team: Team) -> Follower:
    return Follower(Place(team.root, team.name), None)


def put(path: Path, document: Any) -> None:
    path.write_text(json.dumps(document, indent=2))


def mail(team: Team, to: str, **entry: Any) -> None:
    path = team.root / "teams" / team.name / "inboxes" / f"{to}.json"
    entries = json.loads(path.read_text()) if path.exists() else []
    path.parent.mkdir(exist_ok=True)
    put(path, [*entries, {"timestamp": "2026-11-22T09:00:00.000Z", "read": False, **entry}])


def files_of(team: Team) -> tuple[set[str], dict[str, Any]]:
    config = json.loads((team.root / "teams" / team.name / "config.json").read_text())
    tasks = {path.stem: json.loads(path.read_text()) for path in (team.root / "tasks" / team.name).glob("*.json")}
    return {member["name"] for member in config["members"]}, tasks


def lines(snapshot: Snapshot, type_: str) -> int:
    return sum(line.type == type_ for line in snapshot.log)


def test_who_joins_a_client_s_team_hides_none_of_it(team: Team) -> None:
    before = fingerprint(team.root)

    snapshot = follower(team).catch_up()

    members, tasks = files_of(team)
    assert {agent.name for agent in snapshot.agents if agent.state != "left"} == members
    assert "zoe" in members
    assert len(tasks) >= 1
    assert {(task.id, task.subject, task.owner) for task in snapshot.tasks} == {
        (name, task["subject"], task.get("owner")) for name, task in tasks.items()
    }
    assert (snapshot.kept, snapshot.totals.usage.known, snapshot.trouble) == ("shared", False, "")
    states = {agent.name: agent.state for agent in snapshot.agents}
    assert (states["zoe"], states["team-lead"]) == ("idle", "unknown")
    (overview,) = screens_after(still(snapshot), (120, 36), [])
    assert "of another program, which members of ours joined" in overview
    assert fingerprint(team.root) == before


def test_what_both_tell_is_told_once(team: Team) -> None:
    follow = follower(team)
    follow.catch_up()
    mail(team, "team-lead", **{"from": "zoe", "text": "to the lead", "msg_id": "m-1"})
    team.send("team-lead", "are you there?", sender="zoe")
    task = {"id": "77", "subject": "Count", "description": "", "status": "pending", "blocks": [], "blockedBy": []}
    put(team.root / "tasks" / team.name / "77.json", task)
    first = follow.catch_up()

    team.take_in()  # as whoever of ours is at work does: all of it is in the journal as well
    after, again = follow.catch_up(), follower(team).catch_up()

    for snapshot in (first, after, again):
        assert [task.subject for task in snapshot.tasks].count("Count") == 1
        assert sum(message.text == "are you there?" for message in snapshot.messages) == 1
        assert sum(message.text == "to the lead" for message in snapshot.messages) == 1
        assert len({agent.name for agent in snapshot.agents}) == len(snapshot.agents)
    assert [lines(first, name) for name in ("member.found", "task.imported", "message.sent")] == [
        lines(after, name) for name in ("member.found", "task.imported", "message.sent")
    ]
    assert {(task.id, task.state, task.owner) for task in after.tasks} == {
        (task.id, task.state, task.owner) for task in again.tasks
    }


def test_what_the_client_does_then_is_seen_as_it_happens(team: Team) -> None:
    follow = follower(team)
    follow.catch_up()
    sent = team.send("team-lead", "are you there?", sender="zoe")
    waiting = next(message for message in follow.catch_up().messages if message.text == "are you there?")
    task = next((team.root / "tasks" / team.name).glob("*.json"))
    put(task, {**json.loads(task.read_text()), "status": "completed"})
    inbox = team.root / "teams" / team.name / "inboxes" / "team-lead.json"
    put(inbox, [entry for entry in json.loads(inbox.read_text()) if entry.get("msg_id") != sent.msg_id])

    snapshot = follow.catch_up()

    assert not waiting.delivered
    assert next(message for message in snapshot.messages if message.text == "are you there?").delivered
    assert next(one for one in snapshot.tasks if one.id == task.stem).state == "done"


def test_it_has_the_same_line_whether_it_is_looked_at_or_not(team: Team) -> None:
    snapshot = follower(team).catch_up()

    (line,) = Glances([team.root]).lines()

    assert line == line_of(snapshot, str(team.root), team.name)
    assert line.kept == "shared"


def test_a_request_to_its_lead_can_only_be_answered_there(team: Team) -> None:
    form = {"type": "plan_approval_request", "requestId": "p-1", "planContent": "x", "from": "zoe",
            "timestamp": "2026-11-22T09:00:00.000Z", "planFilePath": ""}  # fmt: skip
    team.send("team-lead", json.dumps(form), sender="zoe")
    snapshot = follower(team).catch_up()
    (request,) = [one for one in snapshot.requests if one.asker == "zoe"]
    control = Control(person="ada", live=True, env={}, said=True)

    for name in ("approve", "deny"):
        act = next(act for act in ACTS if act.name == name)
        refusal = refusal_of(act, subject_of(request, snapshot), control)
        assert refusal == "team-lead belongs to another program, which answers it itself"


def test_a_team_of_ours_is_told_from_its_journal_alone(tmp_path: Path) -> None:
    team = Team.create("crew", root=tmp_path)
    team.join("bob")

    spot = spot_of(tmp_path, team.name)

    assert spot is not None
    assert (spot.has_journal, spot.shared) == (True, False)
    assert follower(team).catch_up().kept == ""


@pytest.mark.parametrize("first", [b"", b"garbage\n", b'{"type":"member', b"\xff" * 9_000])
def test_a_journal_whose_beginning_says_nothing_is_read_as_it_is(tmp_path: Path, first: bytes) -> None:
    name = laid_out(tmp_path, "2.1.329")
    journal = tmp_path / "teams" / name / "onecontext" / "journal.jsonl"
    journal.parent.mkdir()
    journal.write_bytes(first)

    snapshot = Follower(Place(tmp_path, name), None).catch_up()

    assert snapshot.totals.unknown_events == 0
    assert (snapshot.trouble != "") == (b"\n" in first)


def test_a_letter_of_two_inboxes_is_two_letters() -> None:
    told = Told("t")
    story = Story()
    for to in ("zoe", "bob"):
        event = story.tell("message.sent", **{"msg_id": f"{to}/m-1", "from": "lead", "to": to, "text": "hello"})
        assert told.take(event) is not None
        assert told.take(event) is None
