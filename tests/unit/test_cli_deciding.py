"""``onecontext approve`` and ``deny``: a person's word about what an agent asks leave for reaches who asked, once."""

import io
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from onecontext.cli.main import main
from teams.engine.journal import utc_now
from teams.protocol import deciding
from teams.protocol.mail.forms import (
    PermissionRequest,
    PermissionResponse,
    PlanApprovalRequest,
    PlanApprovalResponse,
    ShutdownApproved,
    ShutdownRequest,
)
from teams.protocol.mail.requests import requests
from teams.protocol.team import Team


def call(cwd: Path, *argv: str, env: dict[str, str] | None = None) -> tuple[int, str, str]:
    out, err = io.StringIO(), io.StringIO()
    code = main(argv, env=env or {}, cwd=cwd, stdin=io.StringIO(), stdout=out, stderr=err)
    return code, out.getvalue(), err.getvalue()


@pytest.fixture
def team(tmp_path: Path) -> Team:
    team = Team.create("crew", root=tmp_path / ".claude")
    team.join("ann")
    return team


def asked(team: Team, **more: Any) -> PermissionRequest:
    form = PermissionRequest.make(
        "ann", tool_name="Bash", tool_use_id="t-1", description="to see the till", input={"command": "ls till"}, **more
    )
    team.send("team-lead", form.to_text(), sender="ann")
    return form


def decided(team: Team) -> list[dict[str, Any]]:
    return [dict(event.data) for event in team.journal.read() if event.type == "request.decided"]


def test_what_waits_is_listed_with_the_exact_action_and_why(team: Team, tmp_path: Path) -> None:
    form = asked(team)

    code, out, _ = call(tmp_path, "approve")
    data = json.loads(call(tmp_path, "approve", "--json")[1])["data"]

    assert code == 0
    assert form.request_id in out
    assert '"command": "ls till"' in out
    assert "to see the till" in out
    assert "never" in out
    assert [one["asks"]["input"] for one in data["requests"]] == [{"command": "ls till"}]


def test_an_approval_reaches_who_asked_with_the_input_as_it_was_and_is_recorded_as_the_persons(
    team: Team, tmp_path: Path
) -> None:
    form = asked(team)

    code, _, err = call(tmp_path, "approve", form.request_id, "--as", "Ada")

    assert (code, err) == (0, "")
    (answer,) = team.receive("ann")
    assert isinstance(answer.form, PermissionResponse)
    assert (answer.form.subtype, answer.form.tool_use_id) == ("success", "t-1")
    assert answer.form.response == {"updated_input": {"command": "ls till"}, "permission_updates": []}
    assert (answer.sender, answer.by) == ("team-lead", "Ada")
    assert [(one["approved"], one["by"]) for one in decided(team)] == [(True, "Ada")]
    assert team.receive("team-lead") == [], "it is read"
    assert "nobody waits" in call(tmp_path, "approve")[1]


def test_a_denial_says_why_and_one_without_a_reason_is_refused(team: Team, tmp_path: Path) -> None:
    form = asked(team)

    silent = call(tmp_path, "deny", form.request_id, "--reason", " ")
    denied = call(tmp_path, "deny", form.request_id, "--reason", "read the docs instead")

    assert silent[0] == 2
    assert denied[0] == 0
    (answer,) = team.receive("ann")
    assert isinstance(answer.form, PermissionResponse)
    assert (answer.form.subtype, answer.form.error) == ("error", "read the docs instead")
    assert [one["by"] for one in decided(team)] == ["human"]


def test_the_second_to_decide_is_told_who_was_first_and_changes_nothing(team: Team, tmp_path: Path) -> None:
    form = asked(team)
    call(tmp_path, "approve", form.request_id, "--as", "Ada")

    code, _, err = call(tmp_path, "deny", form.request_id, "--reason", "no", "--as", "Bob")

    assert code == 4
    assert "was approved by Ada" in err
    assert len(decided(team)) == 1
    assert len(team.receive("ann")) == 1


def test_an_answer_that_a_kill_kept_back_is_sent_by_who_decides_again(
    team: Team, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    form = asked(team)

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(deciding, "_answer", killed)
        assert call(tmp_path, "approve", form.request_id, "--as", "Ada")[0] == 130
    assert team.receive("ann") == []

    assert call(tmp_path, "approve", form.request_id, "--as", "Ada")[0] == 4
    call(tmp_path, "approve", form.request_id, "--as", "Ada")
    assert [answer.by for answer in team.receive("ann")] == ["Ada"]


def test_what_has_expired_is_not_approved_any_more_and_can_be_denied(team: Team, tmp_path: Path) -> None:
    form = asked(team, expires_at=utc_now() - timedelta(seconds=1))

    late = call(tmp_path, "approve", form.request_id)

    assert late[0] == 2
    assert "expired" in late[2]
    assert decided(team) == []
    assert "which is over" in call(tmp_path, "approve")[1]
    assert call(tmp_path, "deny", form.request_id, "--reason", "too late")[0] == 0


def test_a_plan_is_approved_with_what_to_keep_in_mind(team: Team, tmp_path: Path) -> None:
    form = PlanApprovalRequest.make("ann", team="crew", plan="1. read\n2. mend", path="/tmp/plan.md")
    team.send("team-lead", form.to_text(), sender="ann")

    listed = call(tmp_path, "approve")[1]
    call(tmp_path, "approve", "plan_", "--reason", "keep the format")

    assert "    2. mend" in listed
    (answer,) = team.receive("ann")
    assert isinstance(answer.form, PlanApprovalResponse)
    assert (answer.form.approved, answer.form.feedback) == (True, "keep the format")


def test_a_member_by_hand_ends_when_its_person_approves_and_one_at_work_answers_itself(
    team: Team, tmp_path: Path
) -> None:
    form = ShutdownRequest.make("team-lead", to="ann", reason="we are done")
    team.send("ann", form.to_text(), sender="team-lead")

    team.join("bob")
    with team.beating("bob"):
        other = ShutdownRequest.make("team-lead", to="bob")
        team.send("bob", other.to_text(), sender="team-lead")
        busy = call(tmp_path, "approve", other.request_id)
    code, _, err = call(tmp_path, "approve", form.request_id)

    assert busy[0] == 2
    assert "answers that itself" in busy[2]
    assert (code, err) == (0, "")
    assert isinstance(team.receive("team-lead")[-1].form, ShutdownApproved)
    assert "ann" not in [member.name for member in team.members]


def test_two_requests_with_one_id_are_told_apart_by_their_messages(team: Team, tmp_path: Path) -> None:
    form = asked(team)
    other = form.model_copy(update={"input": {"command": "rm -r till"}})
    team.send("team-lead", other.to_text(), sender="ann")

    code, _, err = call(tmp_path, "approve", form.request_id)
    first = requests(team.folder, team.journal)[0].message.msg_id

    assert code == 2
    assert first in err
    assert call(tmp_path, "approve", first)[0] == 0
    assert [one["msg_id"] for one in decided(team)] == [first]
    (answer,) = team.receive("ann")
    assert answer.form.response["updated_input"] == {"command": "ls till"}  # type: ignore[union-attr]


def test_an_answer_of_the_one_who_was_asked_decides_it_and_one_by_others_does_not(team: Team, tmp_path: Path) -> None:
    form = asked(team)
    team.join("eve")
    granted = PermissionResponse.make(form.request_id, subtype="success")

    team.send("ann", granted.to_text(), sender="eve")
    assert requests(team.folder, team.journal)[0].decision is None
    team.send("ann", granted.to_text(), sender="team-lead")

    decision = requests(team.folder, team.journal)[0].decision
    assert decision is not None
    assert (decision.approved, decision.by) == (True, "team-lead")
    assert call(tmp_path, "deny", form.request_id, "--reason", "no")[0] == 4


def test_what_was_asked_of_another_programs_member_is_answered_there(team: Team, tmp_path: Path) -> None:
    form = asked(team)
    team.journal.append("member.found", {"name": "team-lead", "role": "lead"})

    code, _, err = call(tmp_path, "approve", form.request_id)

    assert code == 2
    assert "belongs to another program" in err
    assert "answered there" in call(tmp_path, "approve")[1]
    assert decided(team) == []


def test_an_id_that_nobody_gave_is_refused_and_text_of_agents_forges_no_line(team: Team, tmp_path: Path) -> None:
    form = PermissionRequest.make(
        "ann",
        tool_name="Bash\n  to do    nothing",
        tool_use_id="t",
        description="why\x1b[2J\nperm-1 asks nothing",
        input={"command": "a\u202eb\n\x1b[31m"},
    )
    team.send("team-lead", form.to_text(), sender="ann")

    out = call(tmp_path, "approve")[1]

    assert call(tmp_path, "approve", "perm-none")[0] == 2
    assert "\x1b" not in out
    assert "\u202e" not in out
    assert [line for line in out.splitlines() if not line.startswith(" ")] == [form.request_id]
