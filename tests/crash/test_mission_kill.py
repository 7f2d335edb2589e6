"""SIGKILL during a mission, at each kind of event, then ``resume``: it finishes, and nothing finished runs again."""

import os
import signal
import time
from pathlib import Path

import pytest

from tests.support.missions import (
    events_of,
    git,
    make_repository,
    onecontext,
    plan,
    says,
    start_onecontext,
    verdict,
    work,
    write_script,
)

FILES = ("a.txt", "b.txt", "c.txt")
MOMENTS = [
    "mission.started",
    "mission.planned",
    "task.created",
    "task.claimed",
    "tool.intent",
    "tool.result",
    "memory.committed",
    "task.submitted",
    "verify.command",
    "verdict.given",
    "work.merged",
    "task.completed",
]


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    return make_repository(tmp_path / "repository", dict.fromkeys(FILES, "?\n"))


@pytest.fixture
def script(tmp_path: Path) -> str:
    return script_of(tmp_path, works_s=0.1)


def script_of(folder: Path, *, works_s: float) -> str:
    """Write how two tasks are done side by side and a third after them, each in so many seconds."""
    keys = [file.removesuffix(".txt") for file in FILES]
    assertions = [
        {"id": f"VAL-{key.upper()}-001", "text": f"{key} says yes", "command": says("yes", f"{key}.txt")}
        for key in keys
    ]
    tasks = [{"key": key, "subject": f"Let {key} say yes", "assertions": [f"VAL-{key.upper()}-001"]} for key in keys]
    tasks[2]["after"] = ["a", "b"]
    workers = [work(key, ("run", {"command": f"sleep {works_s}; echo yes > {key}.txt"})) for key in keys]
    return write_script(folder, [plan(assertions, tasks), *workers, verdict()])


def kill_after(repository: Path, script: str, moment: str, count: int = 1) -> None:
    """Run a mission and SIGKILL it, with all it started, as soon as its journal tells of ``moment``."""
    process = start_onecontext(repository, "run", "Say yes", "--model", script)
    deadline = time.monotonic() + 60
    try:
        while time.monotonic() < deadline and process.poll() is None:
            journals = list((repository / ".onecontext" / "teams").glob("*/onecontext/journal.jsonl"))
            if journals and journals[0].read_text().count(f'"type":"{moment}"') >= count:
                return
            time.sleep(0.002)
        pytest.fail(f"the mission never told of {moment}")
    finally:
        os.kill(process.pid, signal.SIGKILL)
        process.wait()


def has_begun(repository: Path) -> bool:
    """Say whether some task was claimed."""
    journals = list((repository / ".onecontext" / "teams").glob("*/onecontext/journal.jsonl"))
    return bool(journals) and '"type":"task.claimed"' in journals[0].read_text()


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_killed_mission_is_resumed_to_its_end(repository: Path, script: str, moment: str) -> None:
    kill_after(repository, script, moment)
    done_before = {event.task for event in events_of(repository, "task.completed")}
    last = events_of(repository)[-1].seq

    ran = onecontext(repository, "resume", "--json")

    assert ran.code == 0, ran.stderr
    assert ran.data["ending"] == "done"
    for file in FILES:
        assert git(repository, "show", f"{ran.data['branch']}:{file}") == "yes"
    again = {event.task for event in events_of(repository, "attempt.started") if event.seq > last}
    assert not again & done_before
    completed = [event.task for event in events_of(repository, "task.completed")]
    assert sorted(completed, key=str) == sorted(set(completed), key=str)
    assert len(completed) == len(FILES)
    merges = git(repository, "rev-list", "--merges", "--count", f"main..{ran.data['branch']}")
    assert int(merges) == len(FILES)
    git(repository, "fsck", "--strict")
    git(repository / ".onecontext", "fsck", "--strict")


def test_with_fewer_workers_than_before_what_the_others_held_is_done_by_those_who_are_left(
    repository: Path, tmp_path: Path
) -> None:
    kill_after(repository, script_of(tmp_path, works_s=2), "tool.intent", 3)
    assert {event.agent for event in events_of(repository, "tool.intent")} == {"team-lead", "worker-1", "worker-2"}
    last = events_of(repository)[-1].seq

    ran = onecontext(repository, "resume", "--workers", "1", "--json")

    assert ran.code == 0, ran.stderr
    after = [event for event in events_of(repository) if event.seq > last]
    assert "worker-2" not in {event.agent for event in after if event.type == "tool.intent"}
    freed = [event for event in after if event.type in ("task.reaped", "task.released")]
    assert len({event.task for event in freed}) == 2


def test_killed_twice_it_still_finishes(repository: Path, script: str) -> None:
    kill_after(repository, script, "task.claimed")
    process = start_onecontext(repository, "resume")
    time.sleep(0.7)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()

    ran = onecontext(repository, "resume", "--json")
    if ran.code == 3:  # the second run had come to its end before it was killed
        assert "done" in ran.stderr
    else:
        assert ran.data["ending"] == "done"

    assert git(repository, "status", "--short") == ""


def test_two_processes_cannot_run_one_mission(repository: Path, script: str) -> None:
    process = start_onecontext(repository, "run", "Say yes", "--model", script)
    deadline = time.monotonic() + 30
    while not has_begun(repository):
        assert time.monotonic() < deadline
        time.sleep(0.01)

    second = onecontext(repository, "resume")
    assert process.wait(timeout=60) == 0

    assert second.code == 4
    assert "another process" in second.stderr


def test_a_term_signal_gives_work_back_and_resume_goes_on(repository: Path, script: str) -> None:
    process = start_onecontext(repository, "run", "Say yes", "--model", script)
    deadline = time.monotonic() + 30
    while not has_begun(repository):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=60) == 130

    assert events_of(repository)[-1].type == "mission.interrupted"
    ran = onecontext(repository, "resume", "--json")

    assert ran.code == 0, ran.stderr
    assert ran.data["ending"] == "done"
