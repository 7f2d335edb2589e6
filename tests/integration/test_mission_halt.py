"""A mission is held, let go and stopped from outside: by commands, and by a file that anybody can put there."""

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.missions import (
    Ran,
    events_of,
    git,
    journal_of,
    make_repository,
    onecontext,
    plan,
    says,
    start_onecontext,
    verdict,
    work,
    write_script,
)
from tests.support.waiting import until
from tests.support.yes import A

FILES = ("a", "b", "c", "d")
AT_WORK = ("task.claimed", "tool.intent", "model.called", "verify.command", "attempt.started")


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    files = {f"{name}.txt": "no\n" for name in FILES}
    return make_repository(tmp_path / "shop", {**files, "onecontext.toml": "[run]\npivots = 0\n"})


def script(folder: Path) -> str:
    """Four tasks one after another, each with several slow commands."""
    assertions = [
        {"id": f"VAL-{name.upper()}-001", "text": f"{name} says yes", "command": says("yes", f"{name}.txt")}
        for name in FILES
    ]
    tasks = [
        {
            "key": name,
            "subject": f"Let {name} say yes",
            "assertions": [f"VAL-{name.upper()}-001"],
            "after": [FILES[number - 1]] if number else [],
        }
        for number, name in enumerate(FILES)
    ]
    slow = ("run", {"command": "sleep 0.4"})
    conversations = [work(name, slow, ("write_file", {"path": f"{name}.txt", "text": "yes\n"}), slow) for name in FILES]
    return write_script(folder, [plan(assertions, tasks), *conversations, *(verdict(task=name) for name in FILES)])


@contextmanager
def running(repository: Path, folder: Path) -> Iterator["subprocess.Popen[bytes]"]:
    process = start_onecontext(
        repository, "run", "Say yes", "--model", script(folder), "--sandbox", "none", "--workers", "1"
    )
    try:
        # The orchestrator has tools, too: that of a worker is what these tests halt.
        until(lambda: count(repository, "task.claimed") > 0)
        before = count(repository, "tool.intent")
        until(lambda: count(repository, "tool.intent") > before)
        yield process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
            process.wait()


def count(repository: Path, *types: str) -> int:
    try:
        return len(events_of(repository, *types))
    except ValueError:
        # There is no journal yet.
        return 0


def said(repository: Path, *types: str) -> list[tuple[str, str, str]]:
    return [
        (event.type, event.data.get("word", ""), event.data["by"])
        for event in events_of(repository, "mission.halted", "mission.released")
    ]


def is_quiet(repository: Path) -> bool:
    """Say whether nothing new was begun for two seconds, a second after the word was given."""
    time.sleep(1.0)
    before = count(repository, *AT_WORK)
    time.sleep(2.0)
    return count(repository, *AT_WORK) == before


def test_a_paused_mission_begins_nothing_and_goes_on_where_it_was(repository: Path, tmp_path: Path) -> None:
    with running(repository, tmp_path) as process:
        paused = onecontext(repository, "pause", "--reason", "lunch", "--as", "ann", "--json")
        assert (paused.code, paused.data["running"], paused.data["word"]) == (0, True, "pause")

        assert is_quiet(repository)
        assert process.poll() is None
        resumed = onecontext(repository, "resume", "--json")
        assert (resumed.code, resumed.data["released"]) == (0, True)
        assert process.wait(timeout=60) == 0

    assert said(repository) == [("mission.halted", "pause", "ann"), ("mission.released", "", "human")]
    # Nothing was done twice for it.
    assert count(repository, "task.claimed") == count(repository, "task.completed") == len(FILES)
    (ended,) = events_of(repository, "mission.ended")
    assert ended.data["ending"] == "done"


def test_a_file_put_there_by_hand_holds_it_and_what_was_done_is_recorded(repository: Path, tmp_path: Path) -> None:
    with running(repository, tmp_path) as process:
        halt = journal_of(repository).folder / "halt"
        halt.touch()

        assert is_quiet(repository)
        halt.unlink()
        assert process.wait(timeout=60) == 0

    assert said(repository) == [("mission.halted", "pause", ""), ("mission.released", "", "")]


@pytest.mark.parametrize("content", [b"\xff\xfe", b"[[[", b'{"word": 3}', b"null", b"x" * 100_000])
def test_what_cannot_be_read_holds_it_too(repository: Path, tmp_path: Path, content: bytes) -> None:
    with running(repository, tmp_path) as process:
        (journal_of(repository).folder / "halt").write_bytes(content)
        assert is_quiet(repository)
        assert process.poll() is None


def test_a_pause_outlives_the_process_and_resume_takes_it_back(repository: Path, tmp_path: Path) -> None:
    with running(repository, tmp_path) as process:
        onecontext(repository, "pause")
        time.sleep(0.6)
        process.kill()
        process.wait()
    assert onecontext(repository, "pause", "--json").data["running"] is False

    resumed = onecontext(repository, "resume", "--sandbox", "none")

    assert resumed.code == 0
    assert not (journal_of(repository).folder / "halt").exists()
    assert [event.data["ending"] for event in events_of(repository, "mission.ended")] == ["done"]


def test_a_stopped_mission_ends_in_order_and_says_by_whom(repository: Path, tmp_path: Path) -> None:
    with running(repository, tmp_path) as process:
        stopped = onecontext(repository, "stop", "--reason", "another way", "--as", "ann", "--json")
        # Whether it still runs when the command looks is a matter of how long the step in flight takes.
        assert (stopped.code, stopped.data["word"], stopped.data["by"]) == (0, "stop", "ann")
        assert process.wait(timeout=30) == 130

    (ended,) = events_of(repository, "mission.ended")
    assert (ended.data["ending"], ended.data["reason"]) == ("stopped", "stopped by ann: another way")
    assert count(repository, "mission.interrupted") == 0
    assert not (journal_of(repository).folder / "halt").exists()
    # Nothing is in anybody's hand, so a mission that is brought back goes on.
    assert count(repository, "task.claimed") == count(repository, "task.released", "task.submitted") > 0
    assert onecontext(repository, "resume", "--sandbox", "none").code == 0


def test_a_paused_mission_can_be_stopped(repository: Path, tmp_path: Path) -> None:
    with running(repository, tmp_path) as process:
        onecontext(repository, "pause")
        time.sleep(0.6)
        onecontext(repository, "stop")
        assert process.wait(timeout=30) == 130

    assert [event.data["ending"] for event in events_of(repository, "mission.ended")] == ["stopped"]


def test_a_mission_that_no_process_runs_is_stopped_at_once_and_once(repository: Path, tmp_path: Path) -> None:
    with running(repository, tmp_path) as process:
        process.kill()
        process.wait()

    first = onecontext(repository, "stop", "--json")

    assert (first.code, first.data["running"]) == (0, False)
    (ended,) = events_of(repository, "mission.ended")
    assert ended.data["ending"] == "stopped"
    assert git(repository, "status", "--porcelain") == ""


def test_there_must_be_a_mission(repository: Path) -> None:
    onecontext(repository, "init")
    for word in ("pause", "stop"):
        ran: Ran = onecontext(repository, word)
        assert ran.code != 0
        assert "onecontext run" in ran.stderr
        assert "Traceback" not in ran.stderr


def test_an_order_that_cannot_be_written_is_one_sentence(repository: Path, tmp_path: Path) -> None:
    with running(repository, tmp_path) as process:
        process.kill()
        process.wait()
    (journal_of(repository).folder / "halt").mkdir()

    ran = onecontext(repository, "pause")

    assert ran.code != 0
    assert "Traceback" not in ran.stderr
    assert os.listdir(journal_of(repository).folder / "halt") == []  # noqa: PTH208


def test_that_there_is_no_sandbox_is_not_taken_from_the_journal(repository: Path, tmp_path: Path) -> None:
    with running(repository, tmp_path) as process:
        onecontext(repository, "stop")
        process.wait(timeout=30)
    before = journal_of(repository).path.read_bytes()

    silent = onecontext(repository, "resume")
    unchanged = journal_of(repository).path.read_bytes()
    confined = onecontext(repository, "resume", "--sandbox", "bubblewrap", "--json")

    assert silent.code == 2
    assert "without a sandbox, so that agents have your rights, which only you can say" in silent.stderr
    assert "--sandbox none; or --sandbox bubblewrap" in silent.stderr
    assert unchanged == before
    assert confined.data["ending"] == "done"


def test_a_task_whose_attempts_are_used_up_is_tried_again_when_somebody_says_so(
    repository: Path, tmp_path: Path
) -> None:
    assertions = [A]
    tasks = [{"key": "a", "subject": "Let a say yes", "assertions": ["VAL-A-001"]}]
    wrong, right = (("write_file", {"path": "a.txt", "text": f"{word}\n"}) for word in ("perhaps", "yes"))
    conversations = [
        plan(assertions, tasks),
        work("a", wrong, attempt=1),
        work("a", wrong, attempt=2),
        work("a", right, attempt=3),
        verdict(accept=False, findings=("it does not say yes",), attempt=1),
        verdict(accept=False, findings=("it does not say yes",), attempt=2),
        verdict(attempt=3),
    ]
    model = write_script(tmp_path, conversations)
    ran = onecontext(repository, "run", "Say yes", "--model", model, "--sandbox", "none", "--max-attempts", "2")
    assert ran.code == 10
    # Nothing changes by itself.
    assert onecontext(repository, "resume", "--sandbox", "none").code == 10

    again = onecontext(repository, "retry", "a", "--as", "ann", "--json")
    assert (again.code, again.data["state"], again.data["attempts_from"]) == (0, "ready", 2)
    assert onecontext(repository, "retry", "a").code == 2
    done = onecontext(repository, "resume", "--sandbox", "none", "--json")

    assert done.code == 0, done.stderr
    assert [event.agent for event in events_of(repository, "task.unblocked")] == ["ann"]


def test_only_a_task_of_the_mission_is_tried_again(repository: Path, tmp_path: Path) -> None:
    with running(repository, tmp_path) as process:
        process.kill()
        process.wait()

    ran = onecontext(repository, "retry", "nobody")

    assert (ran.code, "has no task 'nobody'" in ran.stderr) == (2, True)
