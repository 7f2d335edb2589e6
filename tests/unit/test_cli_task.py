"""``onecontext task`` and the verbs of ``onecontext mail``, as a user types them."""

import io
import json
import threading
from pathlib import Path
from typing import Any

import pytest

from onecontext.cli.main import main
from teams.cli.task import _VERBS
from teams.protocol.board.states import Action
from teams.protocol.team import Team


@pytest.fixture
def team(tmp_path: Path) -> Team:
    team = Team.create("crew", root=tmp_path / ".onecontext")
    team.join("ann")
    team.join("val", role="validator")
    return team


def call(cwd: Path, *argv: str, env: dict[str, str] | None = None) -> tuple[int, str, str]:
    out, err = io.StringIO(), io.StringIO()
    code = main(argv, env=env or {}, cwd=cwd, stdin=io.StringIO(), stdout=out, stderr=err)
    return code, out.getvalue(), err.getvalue()


def data_of(cwd: Path, *argv: str) -> Any:
    code, out, err = call(cwd, *argv, "--json")
    assert (code, err) == (0, "")
    return json.loads(out)["data"]


def test_every_action_of_the_board_can_be_typed() -> None:
    assert set(_VERBS) >= {action.value for action in Action}


def test_a_task_that_is_revised_keeps_what_is_not_said_and_begins_anew(team: Team, tmp_path: Path) -> None:
    for subject in ("Fix the till", "Paint the till"):
        data_of(tmp_path, "task", "create", subject, "all of it", "--assertion", "VAL-TILL-001")
    data_of(tmp_path, "task", "claim", "1", "--as", "ann")
    assert call(tmp_path, "task", "revise", "1", "--subject", "x")[0] == 2, "somebody has it"
    data_of(tmp_path, "task", "block", "1", "no till")

    revised = data_of(tmp_path, "task", "revise", "1", "--subject", "Buy a till", "--after", "2", "--reason", "gone")

    assert (revised["subject"], revised["description"], revised["state"]) == ("Buy a till", "all of it", "waiting")
    task = team.board.get("1")
    assert (task.assertions, task.blocked_by, task.ours.attempts_from) == (("VAL-TILL-001",), ("2",), 1)
    assert team.board.get("2").blocks == ("1",)
    again = data_of(tmp_path, "task", "revise", "1", "--description", "a small one")
    assert (again["subject"], team.board.get("1").blocked_by) == ("Buy a till", ("2",))


def test_a_task_from_its_making_to_its_end(team: Team, tmp_path: Path) -> None:
    def task(*argv: str) -> tuple[str, str | None, int]:
        data = data_of(tmp_path, "task", *argv)
        return data["state"], data["owner"], data["epoch"]

    assert task("create", "Fix the till!", "all of it", "--assertion", "VAL-TILL-001") == ("ready", None, 0)
    assert task("next", "--as", "ann", "--lease", "60") == ("running", "ann", 1)
    assert task("renew", "1", "--as", "ann") == ("running", "ann", 1)
    assert task("ask", "1", "which till?", "--as", "ann") == ("needs_input", "ann", 1)
    assert task("answer", "1", "the old one", "--as", "team-lead") == ("running", "ann", 1)
    assert task("submit", "1", "--as", "ann", "--evidence", '{"commit": "abc"}') == ("review", "ann", 1)
    assert task("inspect", "1", "--as", "val") == ("review", "ann", 1)
    assert task("reject", "1", "it rounds", "twice", "--as", "val") == ("ready", None, 1)
    assert data_of(tmp_path, "task", "show", "1")["evidence"] == {"commit": "abc", "findings": ["it rounds", "twice"]}
    assert task("claim", "1", "--as", "ann") == ("running", "ann", 2)
    assert task("release", "1", "--as", "ann", "--reason", "lunch") == ("ready", None, 2)
    assert task("block", "1", "no till here") == ("blocked", None, 2)
    assert task("unblock", "1") == ("ready", None, 2)
    assert task("next", "--as", "ann") == ("running", "ann", 3)
    assert task("submit", "1", "--as", "ann") == ("review", "ann", 3)
    assert task("complete", "1", "--as", "val") == ("done", "ann", 3)
    assert task("reopen", "1", "--reason", "it broke") == ("ready", None, 3)
    assert data_of(tmp_path, "task", "show", "1")["evidence"] == {}
    assert task("create", "Print", "--no-review", "--key", "print") == ("ready", None, 0)
    assert task("link", "2", "1") == ("waiting", None, 0)
    assert data_of(tmp_path, "task", "delete", "1", "--reason", "done twice") == {"id": "1", "state": None}
    assert task("claim", "2", "--as", "ann") == ("running", "ann", 1)
    assert task("finish", "2", "--as", "ann") == ("done", "ann", 1)
    assert data_of(tmp_path, "task", "reap") == {"freed": []}


@pytest.mark.parametrize(
    ("argv", "code", "sentence"),
    [
        (["claim", "1"], 2, "say who does it"),
        (["claim", "9", "--as", "ann"], 2, "there is no task 9"),
        (["claim", "1", "--as", "val"], 2, "task 1 is for a worker; val is a validator"),
        (["submit", "1", "--as", "ann"], 4, "task 1 is with nobody, not with ann"),
        (["submit", "1", "--as", "ann", "--epoch", "7"], 4, "task 1 is at epoch 0; this claim had 7"),
        (["finish", "1", "--as", "ann"], 4, "task 1 is with nobody"),
        (["complete", "1", "--as", "val"], 2, "task 1 is ready; complete needs it to be review"),
        (["submit", "1", "--as", "ann", "--evidence", "[1]"], 2, "--evidence is not a JSON object"),
        (["submit", "1", "--as", "ann", "--evidence", "{"], 2, "--evidence is not JSON"),
        (["link", "1", "1"], 2, "these tasks wait for each other: 1 → 1"),
        (["create", "…"], 2, "the subject has no letter or digit"),
        (["create", "Fix the till"], 4, "task 1 has the key 'fix-the-till' already"),
        (["fly", "1"], 2, "invalid choice: 'fly'"),
        (["../../etc/passwd"], 2, "invalid choice"),
        (["show", "../../etc/passwd"], 2, "is no task's id"),
    ],
)
def test_what_cannot_be_done_is_one_sentence_and_an_exit_code(
    team: Team, tmp_path: Path, argv: list[str], code: int, sentence: str
) -> None:
    team.board.create("Fix the till", key="fix-the-till")
    before = team.board.list()

    got, out, err = call(tmp_path, "task", *argv)

    assert (got, out) == (code, "")
    assert sentence in err
    assert "Traceback" not in err
    assert team.board.list() == before


def test_the_list_is_that_of_the_board_by_state_and_by_owner(team: Team, tmp_path: Path) -> None:
    for subject in ("one", "two", "three"):
        data_of(tmp_path, "task", "create", subject)
    data_of(tmp_path, "task", "claim", "2", "--as", "ann")

    def subjects(*argv: str) -> list[str]:
        assert data_of(tmp_path, "task", "list", *argv) == data_of(tmp_path, "board", *argv)
        return [task["subject"] for task in data_of(tmp_path, "task", "list", *argv)["tasks"]]

    assert subjects() == ["one", "two", "three"]
    assert subjects("--state", "ready") == ["one", "three"]
    assert subjects("--owner", "ann") == ["two"]
    assert subjects("--owner", "ann", "--state", "ready") == []
    assert "two" in call(tmp_path, "task", "list")[1]


def test_the_environment_says_who_it_is_and_nothing_ready_is_exit_code_one(team: Team, tmp_path: Path) -> None:
    team.board.create("t", key="t")
    env = {"ONECONTEXT_AGENT": "ann"}

    assert call(tmp_path, "task", "next", env=env)[0] == 0
    assert call(tmp_path, "task", "next", env=env) == (1, "no task is ready for you\n", "")


# --- mail -----------------------------------------------------------------------------------------------------------


def test_mail_is_sent_to_all_waited_for_answered_and_acknowledged(team: Team, tmp_path: Path) -> None:
    assert [sent["to"] for sent in data_of(tmp_path, "mail", "broadcast", "hello")["sent"]] == ["ann", "val"]
    (message,) = data_of(tmp_path, "mail", "wait", "ann", "--timeout", "0")["messages"]
    assert (message["text"], message["from"]) == ("hello", "team-lead")

    assert call(tmp_path, "mail", "reply", message["msg_id"][:8], "hi", "--summary", "greets")[0] == 0
    assert call(tmp_path, "mail", "ack", message["msg_id"][:8])[0] == 0

    assert call(tmp_path, "mail", "wait", "ann", "--timeout", "0") == (1, "", "")
    (answer,) = data_of(tmp_path, "mail", "wait", "team-lead", "--timeout", "0")["messages"]
    assert (answer["text"], answer["in_reply_to"]) == ("hi", message["msg_id"])


def test_waiting_ends_when_a_message_comes(team: Team, tmp_path: Path) -> None:
    timer = threading.Timer(0.3, lambda: team.send("ann", "psst", sender="val"))
    timer.start()

    code, out, _ = call(tmp_path, "mail", "wait", "ann", "--timeout", "30")
    timer.join()

    assert code == 0
    assert "val → ann  psst" in out


@pytest.mark.parametrize(
    ("argv", "sentence"),
    [
        (["send", "ann"], "it is 'mail send TO TEXT'"),
        (["reply", "zz", "x"], "no message has an id that begins with 'zz'"),
        (["ack", ""], "no message has an id that begins with ''"),
        (["wait"], "it is 'mail wait AGENT'"),
        (["wait", "nobody", "--timeout", "0"], "no member 'nobody'"),
        (["ann", "bob"], "mail takes one AGENT, or one of: list [AGENT]; show ID; send TO TEXT; broadcast"),
        (["send", "ann", "x", "--from", "zoe"], "no member 'zoe'"),
    ],
)
def test_mail_that_cannot_be_is_one_sentence(team: Team, tmp_path: Path, argv: list[str], sentence: str) -> None:
    code, out, err = call(tmp_path, "mail", *argv)

    assert (code, out) == (2, "")
    assert sentence in err


def test_an_id_that_two_messages_begin_with_is_refused(team: Team, tmp_path: Path) -> None:
    for n in range(17):
        team.send("ann", str(n), sender="val")

    codes = [call(tmp_path, "mail", "ack", f"{n:x}") for n in range(16)]

    assert any("messages have an id that begins with" in err for _, _, err in codes)
