import io
import json
from pathlib import Path
from typing import Any

import pytest

from onecontext.cli.main import main
from teams.protocol.team import Team


@pytest.fixture
def team(tmp_path: Path) -> Team:
    team = Team.create("crew", root=tmp_path / ".onecontext")
    team.join("ann")
    first = team.board.create("Fix rounding", key="fix", mission="m1")
    team.board.create("Receipts", key="receipts", after=[first.id])
    team.board.claim(first.id, "ann", lease_s=60)
    team.send("ann", "please\nstart \x1b[31m", sender="team-lead", summary="start")
    return team


def call(cwd: Path, *argv: str) -> tuple[int, str, str]:
    out, err = io.StringIO(), io.StringIO()
    code = main(argv, env={}, cwd=cwd, stdin=io.StringIO(), stdout=out, stderr=err)
    return code, out.getvalue(), err.getvalue()


def data_of(cwd: Path, *argv: str) -> Any:
    code, out, err = call(cwd, *argv, "--json")
    assert (code, err) == (0, "")
    return json.loads(out)["data"]


def test_the_board_is_shown_by_state_from_anywhere_below(team: Team, tmp_path: Path) -> None:
    (tmp_path / "src" / "deep").mkdir(parents=True)
    code, out, err = call(tmp_path / "src" / "deep", "board")

    assert (code, err) == (0, "")
    assert out.splitlines() == [
        "crew  0 of 2 done",
        "",
        "running (1)",
        out.splitlines()[3],
        "",
        "waiting (1)",
        "     #2                Receipts  (after #1)",
    ]
    assert "#1  ann           Fix rounding  (attempt 1 · lease " in out


def test_the_board_marks_what_another_program_broke_and_writes_nothing(team: Team, tmp_path: Path) -> None:
    path = team.root / "tasks" / "crew" / "1.json"
    path.write_text(path.read_text().replace('"owner": "ann"', '"owner": "bob\\u001b[31m"'))
    before = team.journal.path.read_bytes()

    _, out, _ = call(tmp_path, "board")
    assert "■ violation: taken by bob" in out
    assert "\x1b" not in out
    assert "#1  ann " in out
    (violation,) = data_of(tmp_path, "board")["violations"]
    assert (violation["task"], violation["rule"], violation["path"]) == ("1", "taken", "tasks/crew/1.json")
    assert team.journal.path.read_bytes() == before


def test_the_board_answers_programs(team: Team, tmp_path: Path) -> None:
    data = data_of(tmp_path, "board", "--state", "running")

    assert data["team"] == "crew"
    assert [(t["id"], t["key"], t["owner"], t["epoch"], t["before"]) for t in data["tasks"]] == [
        ("1", "fix", "ann", 1, ["2"])
    ]


def test_a_file_that_cannot_be_read_is_said_beside_the_rest(team: Team, tmp_path: Path) -> None:
    (tmp_path / ".onecontext" / "tasks" / "crew" / "2.json").write_text("{")
    code, out, err = call(tmp_path, "board")

    assert code == 0
    assert "Fix rounding" in out
    assert "2.json is not JSON" in err


def test_mail_is_shown_in_threads_and_obeys_no_escape(team: Team, tmp_path: Path) -> None:
    code, out, _ = call(tmp_path, "mail")

    assert code == 0
    assert out.startswith("ann and team-lead\n")
    assert "team-lead → ann  please  (waiting)" in out
    assert "\x1b" not in out
    assert call(tmp_path, "mail", "ann")[1] == out


def test_a_message_is_sent_from_the_command_line_by_members_of_ours(team: Team, tmp_path: Path) -> None:
    code, out, _ = call(tmp_path, "mail", "send", "team-lead", "which one?", "--from", "ann")

    assert (code, out) == (0, "sent to team-lead\n")
    assert [message.text for message in team.receive("team-lead")] == ["which one?"]
    assert call(tmp_path, "mail", "send", "ann", "x", "--from", "stranger")[0] == 2
    assert call(tmp_path, "mail", "send", "ann")[0] == 2
    assert call(tmp_path, "mail", "nobody")[0] == 2


def test_events_are_chosen_by_number_agent_task_and_type(team: Team, tmp_path: Path) -> None:
    everything = data_of(tmp_path, "events")["events"]
    assert [event["seq"] for event in everything] == list(range(1, len(everything) + 1))
    assert next(e["seq"] for e in data_of(tmp_path, "events", "--since", "3")["events"]) == 4
    assert {e["agent"] for e in data_of(tmp_path, "events", "--agent", "ann")["events"]} == {"ann"}
    assert {e["task"] for e in data_of(tmp_path, "events", "--task", "1")["events"]} == {"1"}
    types = [e["type"] for e in data_of(tmp_path, "events", "--type", "message.*")["events"]]
    assert types == ["message.sent"]
    assert "ready → running Fix rounding" in call(tmp_path, "events")[1]


def test_without_a_team_it_says_where_was_looked_and_what_to_do(tmp_path: Path) -> None:
    for command in (["board"], ["mail"], ["events"]):
        code, out, err = call(tmp_path, *command)
        assert (code, out) == (3, "")
        assert f"there is no team in {tmp_path / '.onecontext'}" in err
        assert "onecontext run" in err


def test_another_team_is_named_with_team_and_root(team: Team, tmp_path: Path) -> None:
    elsewhere = Team.create("other", root=tmp_path / "elsewhere")
    elsewhere.board.create("t", key="t")

    data = data_of(tmp_path, "board", "--root", "elsewhere", "--team", "other")
    assert [task["subject"] for task in data["tasks"]] == ["t"]
    code, _, err = call(tmp_path, "board", "--team", "nope")
    assert code == 3
    assert "there are crew" in err
