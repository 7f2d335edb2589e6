"""SIGKILL during a play, at each kind of event, then ``resume``: it finishes, and nothing that was done runs again."""

import os
import signal
import time
from pathlib import Path

import pytest

from tests.support import missions
from tests.support.missions import git, make_repository, onecontext, start_onecontext, write_script
from tests.support.plays import begun, outcomes, playbook, says

MOMENTS = [
    ("mission.started", 1),
    ("step.started", 1),
    ("tool.intent", 1),
    ("memory.committed", 1),
    ("step.ended", 1),
    ("step.ended", 3),
    ("step.ended", 5),
]


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    return make_repository(tmp_path / "repository", {"a.txt": "?\n", "b.txt": "?\n"})


@pytest.fixture
def command(repository: Path, tmp_path: Path) -> list[str]:
    """A play that writes two files by two agents, lands each, and counts in between."""
    write = {
        "agent": {"role": "writer", "prompt": "say yes in {{ file }}", "writes": True},
        "ensure": [{"run": "grep -q yes {{ file }}"}],
    }
    land = {"land": {"commit": "{{ steps.write.outputs.commit }}", "checks": ["grep -q yes {{ file }}"]}}
    each = {"files": "*.txt", "as": "file", "steps": {"write": write, "land": land}}
    steps = {
        "count": {"command": {"run": "sleep 0.1; ls | wc -l"}},
        "each": {"needs": ["count"], "for_each": each},
        "sum": {"command": {"run": "echo {{ steps.count.outputs.output }} {{ steps.each.outputs.count }}"}},
    }
    file = playbook(tmp_path, steps, outputs={"sum": "{{ steps.sum.outputs.output }}"})
    talk = [
        says(
            "*", {"summary": "x"}, task=f"each/{n}/write", before=(("run", {"command": f"sleep 0.1; echo yes > {f}"}),)
        )
        for n, f in ((1, "a.txt"), (2, "b.txt"))
    ]
    return ["play", file, "--model", write_script(tmp_path, talk)]


def journals(repository: Path) -> list[Path]:
    return sorted((repository / ".onecontext" / "teams").glob("*/onecontext/journal.jsonl"))


def kill_at(repository: Path, command: list[str], moment: str, count: int) -> None:
    """Run a play and SIGKILL it as soon as a journal tells of ``moment`` for the ``count``-th time."""
    process = start_onecontext(repository, *command)
    deadline = time.monotonic() + 60
    try:
        while time.monotonic() < deadline and process.poll() is None:
            if any(path.read_text().count(f'"type":"{moment}"') >= count for path in journals(repository)):
                return
            time.sleep(0.002)
        pytest.fail(f"the play never told of {moment}")
    finally:
        os.kill(process.pid, signal.SIGKILL)
        process.wait()


@pytest.mark.parametrize(("moment", "count"), MOMENTS)
def test_a_killed_play_is_resumed_to_its_end(repository: Path, command: list[str], moment: str, count: int) -> None:
    kill_at(repository, command, moment, count)
    done = {step for step, outcome in outcomes(repository).items() if outcome == "done"}
    before = {step: begun(repository).count(step) for step in done}

    ran = onecontext(repository, "resume", "--json")

    assert ran.code == 0, ran.stderr
    assert ran.data["outputs"] == {"sum": "2\n 2\n"}
    for file in ("a.txt", "b.txt"):
        assert git(repository, "show", f"{ran.data['branch']}:{file}") == "yes"
    assert {step: begun(repository).count(step) for step in done} == before
    assert int(git(repository, "rev-list", "--merges", "--count", f"main..{ran.data['branch']}")) == 2
    git(repository, "fsck", "--strict")
    git(repository / ".onecontext", "fsck", "--strict")


def test_a_play_that_is_killed_in_its_mission_goes_on_in_it(repository: Path, tmp_path: Path) -> None:
    assertion = {"id": "VAL-A-001", "text": "a says yes", "command": missions.says("yes", "a.txt")}
    task = {"key": "first", "subject": "Let a say yes", "assertions": ["VAL-A-001"]}
    work = missions.work("first", ("run", {"command": "sleep 0.3; echo yes > a.txt"}))
    script = write_script(tmp_path, [missions.plan([assertion], [task]), work, missions.verdict()])
    command = ["play", "plan-build-verify", "goal=Say yes", "--model", script]
    kill_at(repository, command, "task.claimed", 1)

    ran = onecontext(repository, "resume", "--json")

    assert ran.code == 0, ran.stderr
    assert git(repository, "show", f"{ran.data['outputs']['branch']}:a.txt") == "yes"
    planned = [path for path in journals(repository) if '"type":"mission.planned"' in path.read_text()]
    assert [path.read_text().count('"type":"mission.planned"') for path in planned] == [1]


def test_a_term_signal_ends_a_play_in_order_and_resume_goes_on(repository: Path, command: list[str]) -> None:
    process = start_onecontext(repository, *command)
    deadline = time.monotonic() + 60
    while not any('"type":"tool.intent"' in path.read_text() for path in journals(repository)):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=60) == 130

    ran = onecontext(repository, "resume", "--json")

    assert ran.code == 0, ran.stderr
    assert begun(repository).count("count") == 1
