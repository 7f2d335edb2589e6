"""What waits, what was decided and what is void: the monitor and ``onecontext approve`` say the same of one journal."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from teams.protocol.deciding import decide
from teams.protocol.mail.forms import PermissionRequest, PermissionResponse, ShutdownApproved, ShutdownRequest
from teams.protocol.mail.requests import requests
from teams.protocol.team import Team
from tests.tui.screen import shown

Fate = tuple[str, bool | None, str]
"""The id of a request, whether it was approved (None: it waits, or is void), and why it is void, "" where it is not."""


@pytest.fixture
def team(tmp_path: Path) -> Team:
    team = Team.create("crew", root=tmp_path / ".claude")
    team.join("ann")
    team.join("bob")
    return team


def asks(team: Team, sender: str = "ann", to: str = "team-lead", name: str = "perm-1") -> PermissionRequest:
    form = PermissionRequest.make(sender, tool_name="Bash", tool_use_id="t", description="", input={"command": "ls"})
    form = form.model_copy(update={"request_id": name})
    team.send(to, form.to_text(), sender=sender)
    return form


def leaves(team: Team, name: str = "ann", reason: str = "killed") -> None:
    team.leave(name, reason=reason)


def taken_out(team: Team, name: str = "ann") -> None:
    """Have another program take a member out of the roster, and somebody see it."""
    path = team.folder / "config.json"
    document = json.loads(path.read_text())
    document["members"] = [one for one in document["members"] if one["name"] != name]
    path.write_text(json.dumps(document))
    team.take_in()


def answers(team: Team, name: str = "perm-1", to: str = "ann") -> None:
    form = PermissionResponse.make(name, subtype="success")
    team.send(to, form.to_text(), sender="team-lead")


def asked_then_left(team: Team) -> None:
    asks(team)
    leaves(team)


def asked_left_and_came_again(team: Team) -> None:
    asked_then_left(team)
    team.join("ann")


def asked_then_taken_out(team: Team) -> None:
    asks(team)
    taken_out(team)


def asked_after_coming_again(team: Team) -> None:
    leaves(team)
    team.join("ann")
    asks(team)


def back_after_a_kill(team: Team) -> None:
    asks(team)
    team.journal.append("member.rejoined", {"name": "ann"}, agent="ann")


def answered_then_left(team: Team) -> None:
    asks(team)
    answers(team)
    leaves(team)


def decided_then_left(team: Team) -> None:
    asks(team)
    decide(team, requests(team.folder, team.journal)[0], approved=False, by="ada", reason="no")
    leaves(team)


def void_and_then_answered(team: Team) -> None:
    asked_left_and_came_again(team)
    answers(team)


def void_and_then_decided_by_an_older_program(team: Team) -> None:
    asked_then_left(team)
    message = requests(team.folder, team.journal)[0].message
    data = {"request": "perm-1", "msg_id": message.msg_id, "form": "permission_request", "to": "ann"}
    team.journal.append("request.decided", {**data, "approved": True, "by": "ada", "reason": ""}, agent="ada")


def who_was_asked_left(team: Team) -> None:
    form = ShutdownRequest.make("team-lead", to="ann")
    team.send("ann", form.model_copy(update={"request_id": "perm-1"}).to_text(), sender="team-lead")
    leaves(team)


def who_was_asked_approved_and_left(team: Team) -> None:
    form = ShutdownRequest.make("team-lead", to="ann")
    team.send("ann", form.model_copy(update={"request_id": "perm-1"}).to_text(), sender="team-lead")
    approved = ShutdownApproved.make("perm-1", team.config.member("ann"))
    team.send("team-lead", approved.to_text(), sender="ann")
    leaves(team)


def taken_in_after_its_writer_was_gone(team: Team) -> None:
    form = PermissionRequest.make("ann", tool_name="Bash", tool_use_id="t", description="", input={"command": "ls"})
    text = form.model_copy(update={"request_id": "perm-1"}).to_text()
    entry = {"from": "ann", "text": text, "timestamp": "2026-01-01T00:00:00.000Z"}
    taken_out(team)
    (team.folder / "inboxes" / "team-lead.json").write_text(json.dumps([entry]))
    team.receive("team-lead")


def asked_again_under_the_same_id_after_an_answer(team: Team) -> None:
    asks(team)
    answers(team)
    asks(team)


def somebody_else_left(team: Team) -> None:
    asks(team)
    leaves(team, "bob")


KILLED = "ann has left: killed"


@pytest.mark.parametrize(
    ("story", "fates"),
    [
        (asked_then_left, [("perm-1", None, KILLED)]),
        (asked_left_and_came_again, [("perm-1", None, KILLED)]),
        (asked_then_taken_out, [("perm-1", None, "ann has left")]),
        (asked_after_coming_again, [("perm-1", None, "")]),
        (back_after_a_kill, [("perm-1", None, "")]),
        (answered_then_left, [("perm-1", True, "")]),
        (decided_then_left, [("perm-1", False, "")]),
        (void_and_then_answered, [("perm-1", None, KILLED)]),
        (void_and_then_decided_by_an_older_program, [("perm-1", None, KILLED)]),
        (who_was_asked_left, [("perm-1", None, KILLED)]),
        (who_was_asked_approved_and_left, [("perm-1", True, "")]),
        (taken_in_after_its_writer_was_gone, [("perm-1", None, "ann has left")]),
        (asked_again_under_the_same_id_after_an_answer, [("perm-1", True, ""), ("perm-1", None, "")]),
        (somebody_else_left, [("perm-1", None, "")]),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_of_one_journal_both_say_the_same(team: Team, story: Callable[[Team], Any], fates: list[Fate]) -> None:
    story(team)

    assert by_the_protocol(team) == fates
    assert sorted(by_the_monitor(team), key=str) == sorted(fates, key=str)


def by_the_protocol(team: Team) -> list[Fate]:
    found = requests(team.folder, team.journal)
    return [(one.id, one.decision.approved if one.decision else None, one.void) for one in found]


def by_the_monitor(team: Team) -> list[Fate]:
    found = shown(team.journal.read()).requests
    return [(one.name, None if one.void else one.approved, one.reason if one.void else "") for one in found]


def test_what_is_void_as_it_comes_asks_for_nobodys_attention(team: Team) -> None:
    before = shown(team.journal.read()).totals.attention_open

    taken_in_after_its_writer_was_gone(team)

    assert shown(team.journal.read()).totals.attention_open == before


def test_a_message_that_took_the_id_of_another_is_decided_alone(team: Team) -> None:
    asks(team)
    (mine,) = requests(team.folder, team.journal)
    text = asks(team, sender="bob", name="perm-2").to_text()
    data = {"msg_id": mine.message.msg_id, "to": "bob", "from": "guest", "text": text, "form": "permission_request"}
    team.journal.append("message.sent", {**data, "foreign": True}, agent="guest")
    decision = {"request": "perm-2", "msg_id": mine.message.msg_id, "of": "bob", "to": "guest", "approved": True}
    team.journal.append("request.decided", {**decision, "by": "ada", "reason": ""}, agent="ada")

    assert ("perm-1", None, "") in by_the_protocol(team)
    assert ("perm-1", None, "") in by_the_monitor(team)
