"""A board while it is served: what others do to it, to the workflow and to the server itself."""

import json
import signal
from pathlib import Path

import pytest

from teams.protocol.team import Team
from tests.support.missions import events_of, git, journal_of, make_repository, onecontext, work, write_script
from tests.support.serving import (
    accepted,
    make_board,
    put,
    put_as_client,
    serve,
    serving,
    tasks,
    team_of,
    told,
    workflow,
)
from tests.support.waiting import until

QUICK = "backoff: {base_s: 0.05, max_s: 0.2}\npoll_s: 0.5\nreview: false\nchecks: ['true']\n"
SLOW = ("run", {"command": "sleep 1.5"})


def writes(file: str, text: str = "yes\n") -> tuple[str, dict[str, str]]:
    return "write_file", {"path": file, "text": text}


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    made = make_repository(tmp_path / "repository", {"README.md": "kept\n", "a.txt": "?\n", "b.txt": "?\n"})
    make_board(made)
    workflow(made, QUICK)
    return made


def at_work(repository: Path, task_id: str) -> bool:
    return any(event.task == task_id for event in told(repository, "tool.intent"))


def test_a_task_that_appears_is_picked_up_and_a_signal_ends_the_server_in_order(
    repository: Path, tmp_path: Path
) -> None:
    model = write_script(tmp_path, [work("a", writes("a.txt")), work("task-9", writes("b.txt"))])
    with serving(repository, model) as process:
        until(lambda: told(repository, "workflow.loaded"))
        put(repository, "Let a say yes", "a")
        until(lambda: tasks(repository)["a"].state == "done")
        put_as_client(repository, "9", "Let b say yes")
        until(lambda: (found := tasks(repository).get("task-9")) and found.state == "done")

        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=30) == 130

    assert git(repository, "show", "onecontext/board/_integration:b.txt") == "yes"
    assert [event.data["reason"] for event in events_of(repository, "mission.interrupted")] == ["stopped by a signal"]


def test_a_signal_gives_back_what_is_in_hand_and_the_next_server_goes_on_with_the_same_attempt(
    repository: Path, tmp_path: Path
) -> None:
    model = write_script(tmp_path, [work("a", SLOW, writes("a.txt"))])
    task_id = put(repository, "Let a say yes", "a")
    with serving(repository, model) as process:
        until(lambda: at_work(repository, task_id))
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=30) == 130
    assert (str(tasks(repository)["a"].state), tasks(repository)["a"].owner) == ("ready", None)

    assert serve(repository, model, "--until-empty").code == 0

    assert tasks(repository)["a"].attempt == 1


def test_a_task_that_is_deleted_calls_its_worker_off(repository: Path, tmp_path: Path) -> None:
    model = write_script(tmp_path, [work("task-5", SLOW, SLOW, writes("a.txt")), work("b", writes("b.txt"))])
    file = put_as_client(repository, "5", "Let a say yes")
    with serving(repository, model, "--workers", "1"):
        until(lambda: at_work(repository, "5"))
        # As a client deletes a task: the number is noted as used, then the file goes.
        (file.parent / ".highwatermark").write_text("5")
        file.unlink()
        until(lambda: told(repository, "attempt.cancelled"))
        other = put(repository, "Let b say yes", "b")
        until(lambda: tasks(repository)["b"].state == "done")

    assert [event.data["reason"] for event in events_of(repository, "attempt.cancelled")] == ["the task was deleted"]
    assert {event.task for event in events_of(repository, "work.merged")} == {other}
    assert "task-5" not in tasks(repository)


def test_a_task_that_a_client_says_is_done_is_nobodys_work_any_more_and_waits_for_a_person(
    repository: Path, tmp_path: Path
) -> None:
    model = write_script(tmp_path, [work("task-5", SLOW, SLOW, writes("a.txt"))])
    file = put_as_client(repository, "5", "Let a say yes")
    with serving(repository, model):
        until(lambda: at_work(repository, "5"))
        file.write_text(json.dumps({**json.loads(file.read_text()), "status": "completed", "owner": "zoe"}))
        until(lambda: tasks(repository)["task-5"].state == "blocked")

        (cancelled,) = until(lambda: told(repository, "attempt.cancelled"))

    assert "another program says of it: completed by zoe" in cancelled.data["reason"]
    assert "'onecontext task unblock 5'" in str(tasks(repository)["task-5"].reason)
    assert events_of(repository, "work.merged") == []


def test_a_person_who_blocks_a_task_calls_its_worker_off(repository: Path, tmp_path: Path) -> None:
    model = write_script(tmp_path, [work("a", SLOW, SLOW, writes("a.txt"))])
    task_id = put(repository, "Let a say yes", "a")
    with serving(repository, model) as process:
        until(lambda: at_work(repository, task_id))
        assert onecontext(repository, "task", "block", task_id, "not now", "--team", "board").code == 0
        (cancelled,) = until(lambda: told(repository, "attempt.cancelled"))
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=30)

    assert cancelled.data["reason"] == "the task is blocked now: not now"
    assert (str(tasks(repository)["a"].state), tasks(repository)["a"].reason) == ("blocked", "not now")


def test_a_changed_workflow_is_followed_a_bad_one_is_not_and_both_are_said_once(
    repository: Path, tmp_path: Path
) -> None:
    first = work("first", SLOW, writes("a.txt"))
    first["turns"][0]["expect"] = "Old: Let a say yes"
    second = work("second", writes("b.txt"))
    second["turns"][0]["expect"] = "New: Let b say yes"
    third = work("third", writes("c.txt"))
    third["turns"][0]["expect"] = "New: Leave c"
    model = write_script(tmp_path, [first, second, third])
    workflow(repository, QUICK, "Old: {{ task.subject }}")
    task_id = put(repository, "Let a say yes", "first")
    with serving(repository, model, "--workers", "1") as process:
        until(lambda: at_work(repository, task_id))
        workflow(repository, QUICK.replace("'true'", "'test -e b.txt'"), "New: {{ task.subject }}")
        until(lambda: len(told(repository, "workflow.loaded")) == 2)
        put(repository, "Let b say yes", "second")
        until(lambda: tasks(repository)["second"].state == "done")

        path = workflow(repository, "poll_s: 1\nsandbox: {tier: none}")
        until(lambda: told(repository, "workflow.refused"))
        put(repository, "Leave c", "third")
        until(lambda: tasks(repository)["third"].state == "done")
        workflow(repository, QUICK, "Newer: {{ task.subject }}")
        until(lambda: len(told(repository, "workflow.loaded")) == 3)
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=30)

    (refused,) = events_of(repository, "workflow.refused")
    assert refused.data["reason"].startswith(f"{path}, line 3: sandbox: no such key; there are ")
    assert [event.data["mended"] for event in events_of(repository, "workflow.loaded")] == [False, False, True]
    # Each was measured by what held when its judgement began.
    measured = {event.task: event.data["command"] for event in events_of(repository, "verify.command")}
    assert measured["3"] == "test -e b.txt"


def test_two_servers_on_one_board_are_one_too_many(repository: Path, tmp_path: Path) -> None:
    model = write_script(tmp_path, [accepted()])
    with serving(repository, model):
        until(lambda: told(repository, "workflow.loaded"))

        ran = serve(repository, model, "--once")

        assert ran.code == 4
        assert "another process serves the board board" in ran.stderr
        assert "onecontext stop board" in ran.stderr


def test_a_pause_holds_it_resume_lets_it_go_on_and_stop_ends_it_for_good(repository: Path, tmp_path: Path) -> None:
    model = write_script(tmp_path, [work("a", writes("a.txt")), work("b", SLOW, SLOW, writes("b.txt"))])
    with serving(repository, model) as process:
        until(lambda: told(repository, "workflow.loaded"))
        assert onecontext(repository, "pause", "board", "--as", "ann", "--json").data["running"] is True
        put(repository, "Let a say yes", "a")
        halt = journal_of(repository).folder / "halt"
        assert halt.exists()
        seen = len(told(repository))
        until(lambda: len(told(repository)) == seen and not told(repository, "task.claimed"))
        assert onecontext(repository, "resume", "board").code == 0
        until(lambda: tasks(repository)["a"].state == "done")
        task_id = put(repository, "Let b say yes", "b")
        until(lambda: at_work(repository, task_id))
        assert onecontext(repository, "stop", "board", "--reason", "enough", "--as", "ann").code == 0
        assert process.wait(timeout=30) == 130

    (ended,) = events_of(repository, "mission.ended")
    assert (ended.data["ending"], ended.data["reason"]) == ("stopped", "stopped by ann: enough")
    assert (str(tasks(repository)["b"].state), tasks(repository)["b"].owner) == ("ready", None)
    assert not halt.exists()
    released = onecontext(repository, "resume", "board")
    assert (released.code, "onecontext serve --board board" in released.stderr) == (3, True)


def test_what_the_team_of_another_program_is_keeps_its_lead_and_its_roster(repository: Path, tmp_path: Path) -> None:
    root = tmp_path / "client"
    (root / "teams" / "session-1a2b3c4d" / "inboxes").mkdir(parents=True)
    (root / "tasks" / "session-1a2b3c4d").mkdir(parents=True)
    lead = {"agentId": "team-lead@x", "name": "team-lead", "joinedAt": 5, "cwd": "/", "tmuxPaneId": "leader"}
    config = root / "teams" / "session-1a2b3c4d" / "config.json"
    document = {"name": "session-1a2b3c4d", "createdAt": 5, "leadAgentId": "team-lead@x", "leadSessionId": "x"}
    config.write_text(json.dumps({**document, "members": [lead]}))
    file = root / "tasks" / "session-1a2b3c4d" / "1.json"
    task = {"id": "1", "subject": "Let a say yes", "description": "", "status": "pending", "blocks": []}
    file.write_text(json.dumps({**task, "blockedBy": []}))
    model = write_script(tmp_path, [work("task-1", writes("a.txt"))])

    ran = onecontext(
        repository, "serve", "--board", "session-1a2b3c4d", "--root", str(root), "--model", model,
        "--sandbox", "none", "--until-empty", "--json",
    )  # fmt: skip

    assert ran.code == 0, ran.stderr
    assert json.loads(file.read_text())["status"] == "completed"
    assert [member["name"] for member in json.loads(config.read_text())["members"]] == ["team-lead"]
    events = list(Team.open("session-1a2b3c4d", root=root).journal.read())
    # Of what was done in the lead's name there is only what this project's own memory keeps.
    assert {event.type for event in events if event.agent == "team-lead"} == {"memory.committed"}
    assert not [event for event in events if event.type == "message.sent" and event.data["from"] == "team-lead"]
    assert not (root / "teams" / "session-1a2b3c4d" / "onecontext" / "heartbeat" / "team-lead").exists()
    assert git(repository, "show", f"{ran.data['branch']}:a.txt") == "yes"
    assert team_of(repository).board.list() == []
    # A word to it says where it is.
    words = ("session-1a2b3c4d", "--root", str(root))
    assert onecontext(repository, "pause", *words).code == 3
    file.with_name("2.json").write_text(json.dumps({**task, "id": "2", "blockedBy": []}))
    again = ("serve", "--board", "session-1a2b3c4d", "--root", str(root), "--model", model, "--sandbox", "none")
    assert onecontext(repository, *again, "--once").code == 10
    assert onecontext(repository, "pause", *words).code == 0
    assert (root / "teams" / "session-1a2b3c4d" / "onecontext" / "halt").exists()
    assert onecontext(repository, "redirect", "Hurry", "--mission", *words).code == 2
