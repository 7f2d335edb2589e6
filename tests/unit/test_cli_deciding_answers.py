"""What is decided can be answered, and of several requests that are called the same only the one that is meant is."""

import io
import json
from pathlib import Path
from typing import Any

import pytest

from onecontext.cli.main import main
from teams.protocol.mail.forms import PermissionRequest, PermissionResponse
from teams.protocol.mail.requests import requests
from teams.protocol.team import Team

SECRET = "ghp_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"


def call(cwd: Path, *argv: str) -> tuple[int, str, str]:
    out, err = io.StringIO(), io.StringIO()
    code = main(argv, env={}, cwd=cwd, stdin=io.StringIO(), stdout=out, stderr=err)
    return code, out.getvalue(), err.getvalue()


@pytest.fixture
def team(tmp_path: Path) -> Team:
    """A team with two members of ours, and one of another program."""
    team = Team.create("crew", root=tmp_path / ".claude")
    team.join("ann")
    team.join("eve")
    path = team.folder / "config.json"
    document = json.loads(path.read_text())
    document["members"].append({"agentId": "guest@crew", "name": "guest", "joinedAt": 1})
    path.write_text(json.dumps(document))
    team.take_in()
    return team


def form_of(sender: str = "ann", command: str = "ls", name: str = "perm-1") -> PermissionRequest:
    form = PermissionRequest.make(sender, tool_name="Bash", tool_use_id="t", description="", input={"command": command})
    return form.model_copy(update={"request_id": name})


def put(team: Team, to: str, form: PermissionRequest, **more: Any) -> None:
    """Have the guest write into an inbox."""
    (team.folder / "inboxes").mkdir(exist_ok=True)
    entry = {"from": "guest", "text": form.to_text(), "timestamp": "2026-01-01T00:00:00.000Z", **more}
    (team.folder / "inboxes" / f"{to}.json").write_text(json.dumps([entry]))


def decided(team: Team) -> list[tuple[str, bool]]:
    return [(e.data["to"], e.data["approved"]) for e in team.journal.read() if e.type == "request.decided"]


def message_of(team: Team, sender: str) -> str:
    return next(one.message.msg_id for one in requests(team.folder, team.journal) if one.message.sender == sender)


def test_a_reason_that_fits_into_no_message_is_refused_before_anything_is_decided(team: Team, tmp_path: Path) -> None:
    team.send("team-lead", form_of().to_text(), sender="ann")

    code, _, err = call(tmp_path, "deny", "perm-1", "--reason", "x" * 1_000_001)

    assert code == 2
    assert "that fit" in err
    assert decided(team) == []
    assert call(tmp_path, "deny", "perm-1", "--reason", "x" * 900_000)[0] == 0
    assert len(team.receive("ann")) == 1


def test_what_had_a_secret_in_it_is_not_approved_as_something_else(team: Team, tmp_path: Path) -> None:
    put(team, "team-lead", form_of("guest", f"curl -H 'Authorization: Bearer {SECRET}' till"))

    code, _, err = call(tmp_path, "approve", "perm-1")

    assert code == 2
    assert "had a secret in it" in err
    assert decided(team) == []
    assert call(tmp_path, "deny", "perm-1", "--reason", "without the token")[0] == 0
    assert SECRET not in team.journal.path.read_text()
    assert SECRET not in (team.folder / "inboxes" / "guest.json").read_text()


def test_a_request_whose_id_is_that_of_anothers_message_hides_neither(team: Team, tmp_path: Path) -> None:
    team.send("team-lead", form_of().to_text(), sender="ann")
    mine = message_of(team, "ann")
    team.send("team-lead", form_of("eve", "rm -r till", name=mine).to_text(), sender="eve")

    both = call(tmp_path, "approve", mine)
    wrong = call(tmp_path, "approve", "perm-1", "--message", message_of(team, "eve"))
    right = call(tmp_path, "approve", mine, "--message", mine)

    assert both[0] == 2
    assert f"--message {mine}: perm-1 of ann" in both[2]
    assert f"--message {message_of(team, 'eve')}: {mine} of eve" in both[2]
    assert wrong[0] == 2
    assert right[0] == 0
    assert decided(team) == [("ann", True)]
    assert [one.decision is None for one in requests(team.folder, team.journal)] == [False, True]


def test_what_was_approved_approves_no_other_message_that_took_its_id(team: Team, tmp_path: Path) -> None:
    team.send("team-lead", form_of().to_text(), sender="ann")
    mine = message_of(team, "ann")
    put(team, "eve", form_of("guest", "rm -r till", name="perm-2"), msg_id=mine)
    team.receive("eve")

    assert call(tmp_path, "approve", "perm-1")[0] == 0
    code, _, err = call(tmp_path, "deny", "perm-2", "--reason", "no")

    assert (code, err) == (0, "")
    assert decided(team) == [("ann", True), ("guest", False)]
    (entry,) = json.loads((team.folder / "inboxes" / "guest.json").read_text())
    assert json.loads(entry["text"])["subtype"] == "error"
    (answer,) = team.receive("ann")
    assert isinstance(answer.form, PermissionResponse)
    assert answer.form.subtype == "success"


def test_an_id_that_no_text_can_hold_is_answered_all_the_same(team: Team, tmp_path: Path) -> None:
    put(team, "team-lead", form_of("guest", name="perm-\ud800" + "x" * 200_000))
    (request,) = requests(team.folder, team.journal)

    code, _, err = call(tmp_path, "deny", request.message.msg_id, "--reason", "no")

    assert (code, err) == (0, "")
    (entry,) = json.loads((team.folder / "inboxes" / "guest.json").read_text())
    assert len(entry["summary"]) < 200


def test_a_name_that_is_a_secret_is_kept_nowhere(team: Team, tmp_path: Path) -> None:
    team.send("team-lead", form_of().to_text(), sender="ann")

    assert call(tmp_path, "approve", "perm-1", "--as", SECRET)[0] == 0

    assert SECRET not in team.journal.path.read_text()
