"""A board is served to its end: its tasks are done, measured and landed, or blocked with a reason."""

import json
from pathlib import Path

import pytest

from tests.support.missions import (
    events_of,
    git,
    make_repository,
    onecontext,
    plan,
    says,
    verdict,
    work,
    write_script,
)
from tests.support.serving import accepted, make_board, put, put_as_client, serve, tasks, workflow

QUICK = "backoff: {base_s: 0.05, max_s: 0.2}\npoll_s: 0.2\n"


def writes(file: str, text: str = "yes\n") -> tuple[str, dict[str, str]]:
    return "write_file", {"path": file, "text": text}


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    made = make_repository(tmp_path / "repository", {"README.md": "kept\n", "a.txt": "?\n", "b.txt": "?\n"})
    make_board(made)
    return made


def test_tasks_of_the_command_line_and_of_a_client_are_done_in_order_and_land(repository: Path, tmp_path: Path) -> None:
    workflow(repository, QUICK + "checks: ['! grep -q no a.txt b.txt']")
    first = put(repository, "Let a say yes", "first")
    client = put_as_client(repository, "7", "Let b say yes", blockedBy=[first], metadata={"kind": "bug"})
    model = write_script(tmp_path, [work("first", writes("a.txt")), work("task-7", writes("b.txt")), accepted()])

    ran = serve(repository, model, "--until-empty")

    assert ran.code == 0, ran.stderr
    assert (ran.data["ending"], ran.data["reason"]) == ("done", "2 of 2 tasks are done")
    for file in ("a.txt", "b.txt"):
        assert git(repository, "show", f"onecontext/board/_integration:{file}") == "yes"
    assert git(repository, "status", "--short") == "?? WORKFLOW.md"
    seen = json.loads(client.read_text())
    assert (seen["status"], seen["metadata"]["kind"]) == ("completed", "bug")
    evidence = tasks(repository)["task-7"].evidence
    assert evidence["merged"] == git(repository, "rev-parse", "onecontext/board/_integration")
    assert [check["exit_code"] for check in evidence["checks"]] == [0]
    began = [event.task for event in events_of(repository, "attempt.started") if event.agent == "worker-1"]
    assert began == [first, "7"]


def test_what_is_rejected_rests_longer_each_time_and_is_blocked_after_the_last_attempt(
    repository: Path, tmp_path: Path
) -> None:
    workflow(repository, "backoff: {base_s: 0.05, jitter: 0}\nmax_attempts: 3\nchecks: ['grep -q yes a.txt']")
    put(repository, "Let a say yes", "a")
    model = write_script(tmp_path, [work("a", writes("a.txt", "no\n")), accepted()])

    ran = serve(repository, model, "--until-empty")

    assert ran.code == 10
    assert ran.data["ending"] == "blocked"
    assert "rejected 3 times; the last: VAL-CHECK-001" in ran.data["reason"]
    rests = [(event.data["seconds"], event.data["rejected"]) for event in events_of(repository, "attempt.delayed")]
    assert rests == [(0.05, True), (0.1, True)]
    assert [event.attempt for event in events_of(repository, "attempt.started")] == [1, 2, 3]
    assert git(repository, "show", "onecontext/board/_integration:a.txt") == "?"
    # Somebody has it tried again: its attempts count anew.
    assert onecontext(repository, "retry", "a").code == 0
    model = write_script(tmp_path, [work("a", writes("a.txt")), accepted()])
    assert serve(repository, model, "--until-empty").code == 0


def test_each_task_on_its_own_branch_begins_on_top_of_what_it_comes_after(repository: Path, tmp_path: Path) -> None:
    workflow(repository, QUICK + "branch: task")
    first = put(repository, "Let a say yes", "first")
    second = put(repository, "Leave c", "second")
    put(repository, "Let b say yes", "third", "--after", first, "--after", second)
    conversations = [
        work("first", writes("a.txt")),
        work("second", writes("c.txt")),
        work("third", ("run", {"command": "grep -q yes a.txt && cp c.txt b.txt"})),
        accepted(),
    ]

    ran = serve(repository, write_script(tmp_path, conversations), "--until-empty")

    assert ran.code == 0, ran.stderr
    assert git(repository, "show", "onecontext/board/third:b.txt") == "yes"
    assert git(repository, "show", "onecontext/board/third:a.txt") == "yes"
    assert git(repository, "show", "onecontext/board/first:b.txt") == "?"
    assert git(repository, "branch", "--list", "onecontext/*").split() == [
        "onecontext/board/first",
        "onecontext/board/second",
        "onecontext/board/third",
    ]


def test_branches_that_do_not_merge_block_what_comes_after_both(repository: Path, tmp_path: Path) -> None:
    workflow(repository, QUICK + "branch: task")
    first, second = put(repository, "Let a say yes", "first"), put(repository, "Let a say maybe", "second")
    put(repository, "Go on", "third", "--after", first, "--after", second)
    conversations = [work("first", writes("a.txt")), work("second", writes("a.txt", "maybe\n")), accepted()]

    ran = serve(repository, write_script(tmp_path, conversations), "--until-empty")

    assert ran.code == 10
    assert "task 3 third is blocked" in ran.data["reason"]
    assert "does not merge into onecontext/board/third: a.txt" in ran.data["reason"]


def test_tests_are_pinned_unless_the_workflow_lets_tasks_change_them(tmp_path: Path) -> None:
    files = {"README.md": "kept\n", "tests/test_a.py": "def test_a():\n    assert 1\n", "tests/test_b.py": "B = 1\n"}
    repository = make_repository(tmp_path / "pinned", files)
    make_board(repository)
    front = QUICK + "branch: task\nmax_attempts: 1\nreview: false\nchecks: ['python -m pytest -q tests']\n"
    workflow(repository, front + "may_write: [tests/test_b.py]")
    put(repository, "Weaken a test", "weaken")
    put(repository, "Change another", "change")
    put(repository, "Add one", "add")
    conversations = [
        work("weaken", writes("tests/test_a.py", "def test_a(): pass\n")),
        work("change", writes("tests/test_b.py", "B = 2\n")),
        work("add", writes("tests/test_c.py", "C = 3\n")),
    ]

    ran = serve(repository, write_script(tmp_path, conversations), "--until-empty")

    assert ran.code == 10, ran.stderr
    assert {key: str(task.state) for key, task in tasks(repository).items()} == {
        "weaken": "blocked",
        "change": "done",
        "add": "done",
    }
    assert "tests/test_a.py" in str(tasks(repository)["weaken"].reason)


def test_without_a_review_the_checks_alone_decide(repository: Path, tmp_path: Path) -> None:
    workflow(repository, QUICK + "review: false\nchecks: ['grep -q yes a.txt']")
    put(repository, "Let a say yes", "a")
    conversations = [work("a", writes("a.txt", "no\n"), attempt=1), work("a", writes("a.txt"), attempt=2)]

    ran = serve(repository, write_script(tmp_path, conversations), "--until-empty")

    assert ran.code == 0, ran.stderr
    assert [event.data["verdict"] for event in events_of(repository, "verdict.given")] == ["rejected", "accepted"]
    assert {event.agent for event in events_of(repository, "model.called")} == {"worker-1"}
    assert events_of(repository, "violation") == []


def test_a_validator_judges_what_the_task_asks_for_and_names(repository: Path, tmp_path: Path) -> None:
    put(repository, "Let a say yes", "a", "--assertion", "VAL-LOUD-001")
    judge = accepted(names=2)
    judge["turns"][0]["expect"] = "VAL-TASK-001  to be judged: VAL-LOUD-001"

    ran = serve(repository, write_script(tmp_path, [work("a", writes("a.txt")), judge]), "--until-empty")

    assert ran.code == 0, ran.stderr


def test_once_begins_what_is_ready_now_and_each_of_it_once(repository: Path, tmp_path: Path) -> None:
    workflow(repository, QUICK + "checks: ['! grep -q no a.txt']")
    first = put(repository, "Let b say yes", "first")
    put(repository, "Let a say yes", "second")
    put(repository, "Go on", "third", "--after", first)
    conversations = [work("first", writes("b.txt")), work("second", writes("a.txt", "no\n")), accepted()]

    ran = serve(repository, write_script(tmp_path, conversations), "--once")

    assert ran.code == 10
    assert ran.data["reason"].startswith("task 2 second is ready")
    states = {key: (str(task.state), task.attempt) for key, task in tasks(repository).items()}
    assert states == {"first": ("done", 1), "second": ("ready", 1), "third": ("ready", 0)}


def test_the_urgent_come_first_and_what_is_not_meant_is_left(repository: Path, tmp_path: Path) -> None:
    workflow(repository, QUICK + "only: {subject: 'web:', metadata: {kind: bug}}")
    bug = {"kind": "bug"}
    put_as_client(repository, "1", "web: late", metadata=bug)
    put_as_client(repository, "2", "web: soon", metadata={**bug, "priority": 2})
    put_as_client(repository, "3", "web: now", metadata={**bug, "priority": 1})
    put_as_client(repository, "4", "web: no bug", metadata={"priority": 0})
    put_as_client(repository, "5", "desk: a bug", metadata={**bug, "priority": 0})
    put_as_client(repository, "6", "web: for zoe", metadata={**bug, "priority": 0}, owner="zoe")
    model = write_script(tmp_path, [{"role": "worker", "turns": work("x", writes("a.txt"))["turns"]}, accepted()])

    ran = serve(repository, model, "--until-empty", "--workers", "1")

    assert ran.code == 0, ran.stderr
    assert ran.data["reason"] == "3 of 3 tasks are done"
    assert [event.task for event in events_of(repository, "attempt.started")] == ["3", "2", "1"]


def test_the_prompt_is_what_a_worker_is_told(repository: Path, tmp_path: Path) -> None:
    workflow(repository, QUICK, "House rules for {{ task.key }} of {{ team }}: {{ task.description }}")
    put(repository, "Let a say yes", "a", about="Loudly, {{ team }}.")
    told = work("a", writes("a.txt"))
    told["turns"][0]["expect"] = "House rules for a of board: Loudly, {{ team }}."

    ran = serve(repository, write_script(tmp_path, [told, accepted()]), "--until-empty")

    assert ran.code == 0, ran.stderr


def test_a_workflow_that_is_no_good_is_refused_before_anything_is_made(repository: Path, tmp_path: Path) -> None:
    workflow(repository, "version: 1\nsandbox: none")
    before = len(events_of(repository))

    ran = serve(repository, write_script(tmp_path, [accepted()]), "--until-empty")

    assert ran.code == 2
    assert "WORKFLOW.md, line 3: sandbox" in ran.stderr
    assert len(events_of(repository)) == before


def test_the_team_of_a_mission_is_no_board_to_serve(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "other", {"a.txt": "?\n"})
    assertion = {"id": "VAL-A-001", "text": "a", "command": says("yes", "a.txt")}
    tasks = [{"key": "a", "subject": "Let a say yes", "assertions": ["VAL-A-001"]}]
    model = write_script(tmp_path, [plan([assertion], tasks), work("a", writes("a.txt")), verdict()])
    mission = onecontext(repository, "run", "Say yes", "--model", model, "--sandbox", "none", "--json").data["mission"]

    ran = onecontext(repository, "serve", "--board", mission, "--model", model, "--sandbox", "none", "--once")

    assert ran.code == 2
    assert "which is no board to serve" in ran.stderr


def test_a_branch_that_is_checked_out_lets_the_task_rest_and_lands_when_it_is_free(
    repository: Path, tmp_path: Path
) -> None:
    workflow(repository, QUICK)
    put(repository, "Let a say yes", "a")
    model = write_script(tmp_path, [work("a", writes("a.txt")), accepted()])
    git(repository, "checkout", "-q", "-b", "onecontext/board/_integration")

    ran = serve(repository, model, "--once")

    assert ran.code == 10
    reasons = [event.data["reason"] for event in events_of(repository, "attempt.delayed")]
    assert reasons
    assert "checked out" in reasons[0]
    git(repository, "checkout", "-q", "main")
    assert serve(repository, model, "--until-empty").code == 0
    assert git(repository, "show", "onecontext/board/_integration:a.txt") == "yes"
