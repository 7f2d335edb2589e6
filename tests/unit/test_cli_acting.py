"""What a person does to a team is recorded as theirs: who speaks through the lead, who gives a task to whom."""

import io
import json
import shlex
from pathlib import Path

import pytest

from onecontext.cli.main import main
from teams.protocol.board.states import State
from teams.protocol.mail.forms import TaskAssignment
from teams.protocol.team import Team


def call(cwd: Path, *argv: str, stdin: str = "") -> tuple[int, str, str]:
    out, err = io.StringIO(), io.StringIO()
    code = main(argv, env={}, cwd=cwd, stdin=io.StringIO(stdin), stdout=out, stderr=err)
    return code, out.getvalue(), err.getvalue()


@pytest.fixture
def team(tmp_path: Path) -> Team:
    team = Team.create("crew", root=tmp_path / ".claude")
    team.join("ann")
    team.join("bob")
    return team


def test_who_speaks_through_the_lead_is_kept_and_not_sent_to_other_programs(team: Team, tmp_path: Path) -> None:
    assert call(tmp_path, "mail", "send", "ann", "-", "--by", "Ada", stdin="look")[0] == 0
    assert call(tmp_path, "mail", "broadcast", "stop", "--by", "ann")[0] == 0

    sent = [event.data for event in team.journal.read() if event.type == "message.sent"]
    assert [(one["from"], one.get("by")) for one in sent] == [("team-lead", "Ada"), ("ann", None), ("ann", None)]
    assert "by" not in team.receive("ann")[0].to_entry()


def test_a_task_that_somebody_has_is_taken_away_and_asked_of_another(team: Team, tmp_path: Path) -> None:
    team.board.create("Fix the till", key="till")
    team.board.claim("1", "ann", lease_s=60)

    code, _, err = call(tmp_path, "task", "assign", "1", "bob", "--as", "Ada")

    assert (code, err) == (0, "")
    assert (team.board.get("1").state, team.board.get("1").owner) == (State.READY, None)
    (message,) = team.receive("bob")
    assert isinstance(message.form, TaskAssignment)
    assert (message.form.task_id, message.form.assigned_by, message.by) == ("1", "Ada", "Ada")
    assert [e.agent for e in team.journal.read() if e.type in ("task.blocked", "task.unblocked")] == ["Ada", "Ada"]


def test_a_task_is_given_to_nobody_unknown_and_not_twice_and_not_when_it_is_done(team: Team, tmp_path: Path) -> None:
    team.board.create("Fix the till", key="till", review=False)
    claimed = team.board.claim("1", "ann", lease_s=60)

    assert call(tmp_path, "task", "assign", "1", "eve")[0] == 2
    again = call(tmp_path, "task", "assign", "1", "ann")
    team.board.finish("1", "ann", claimed.epoch, {})
    done = call(tmp_path, "task", "assign", "1", "bob")

    assert (again[0], "has task 1 already" in again[2]) == (2, True)
    assert (done[0], "is done" in done[2]) == (2, True)
    assert team.receive("bob") == []


def test_the_roadmap_is_written_only_over_the_revision_that_was_read(tmp_path: Path) -> None:
    assert call(tmp_path, "init")[0] == 0
    first = json.loads(call(tmp_path, "roadmap", "--json")[1])["data"]["revision"]

    mine = call(tmp_path, "roadmap", "--write", "-", "--over", first, "--agent", "ada", stdin="# Goal\n\nmine\n")
    late = call(tmp_path, "roadmap", "--write", "theirs\n", "--over", first)

    assert mine[0] == 0, mine[2]
    assert late[0] == 4
    assert "somebody changed it meanwhile" in late[2]
    assert call(tmp_path, "roadmap")[1] == "# Goal\n\nmine\n"
    assert call(tmp_path, "roadmap", "--over", first)[0] == 2


def test_an_edit_by_hand_in_between_is_not_overwritten(tmp_path: Path) -> None:
    call(tmp_path, "init")
    first = json.loads(call(tmp_path, "roadmap", "--json")[1])["data"]["revision"]
    (tmp_path / ".onecontext" / "main.md").write_text("# Goal\n\nby hand\n")

    assert call(tmp_path, "roadmap", "--write", "mine\n", "--over", first)[0] == 4
    assert call(tmp_path, "roadmap")[1] == "# Goal\n\nby hand\n"


@pytest.mark.parametrize("text", ["", " \n "])
def test_an_answer_says_something(team: Team, tmp_path: Path, text: str) -> None:
    team.board.create("Fix the till", key="till")
    claimed = team.board.claim("1", "ann", lease_s=60)
    team.board.ask("1", "ann", claimed.epoch, "which till?")

    code, _, err = call(tmp_path, "task", "answer", "1", "-", "--as", "ada", stdin=text)

    assert code == 2
    assert "the answer says nothing" in err
    assert team.board.get("1").state is State.NEEDS_INPUT


def test_a_persons_name_is_kept_as_it_may_be_shown(team: Team, tmp_path: Path) -> None:
    team.board.create("Fix the till", key="till")
    claimed = team.board.claim("1", "ann", lease_s=60)
    team.board.ask("1", "ann", claimed.epoch, "which till?")

    assert call(tmp_path, "task", "answer", "1", "the left one", "--as", "a\nd\x1b[31ma" + "x" * 900)[0] == 0

    (event,) = [event for event in team.journal.read() if event.type == "task.answered"]
    assert event.agent is not None
    assert event.agent.startswith("a d\\x1b[31maxxx")
    assert len(event.agent) == 200


def test_a_summary_is_as_little_endless_as_a_text(team: Team, tmp_path: Path) -> None:
    code, _, err = call(tmp_path, "mail", "send", "ann", "look", "--summary", "x" * 1_000_001)

    assert code == 2
    assert "that fit" in err
    assert team.receive("ann") == []
    assert call(tmp_path, "mail", "send", "ann", "look", "--summary", " ")[0] == 0
    assert team.receive("ann")[0].summary is None


def test_a_task_that_fits_into_no_message_is_taken_from_nobody(team: Team, tmp_path: Path) -> None:
    team.board.create("Fix the till", "x" * 1_000_000, key="till")
    team.board.claim("1", "ann", lease_s=60)

    code, _, err = call(tmp_path, "task", "assign", "1", "bob")

    assert code == 2
    assert "that fit" in err
    assert (team.board.get("1").state, team.board.get("1").owner) == (State.RUNNING, "ann")


def test_a_command_that_is_proposed_quotes_the_name_of_a_team_that_others_made(tmp_path: Path) -> None:
    name = "it's; $(touch x)"
    folder = tmp_path / ".claude" / "teams" / name
    folder.mkdir(parents=True)
    lead = {"agentId": f"team-lead@{name}", "name": "team-lead", "agentType": "team-lead", "joinedAt": 1}
    team = {"name": name, "createdAt": 1, "leadAgentId": lead["agentId"], "members": [lead]}
    (folder / "config.json").write_text(json.dumps(team))

    code, _, err = call(tmp_path, "mail", "send", "team-lead", "hi")

    assert code == 2
    command = err.split("'", 1)[1].rsplit("' makes you one", 1)[0]
    assert shlex.split(command) == ["onecontext", "team", "join", name, "--name", "YOU", "--by-hand"]
