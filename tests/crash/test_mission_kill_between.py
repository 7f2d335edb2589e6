"""SIGKILL right after the n-th event of a mission's journal, for n across the whole run, then ``resume``.

The runner counts the appends of the one process that it kills, so each n is another pair of neighbouring events.
"""

import signal
import subprocess
import sys
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

KEYS = ("a", "b", "c")
STEP = 11
EVENTS = 165  # about as many as the run below has; it is no matter if a few more or less
RUNNER = """
import os, signal, sys, threading
from pathlib import Path
from teams.engine.journal import Journal

last, count, one = int(sys.argv[1]), 0, threading.Lock()
append = Journal.append


def counted(self, *arguments, **words):
    global count
    event = append(self, *arguments, **words)
    with one:
        count += 1
        if count == last:
            os.kill(os.getpid(), signal.SIGKILL)
    return event


Journal.append = counted
from onecontext.cli.main import main

streams = {"stdin": sys.stdin, "stdout": sys.stdout, "stderr": sys.stderr}
sys.exit(main(sys.argv[2:], env=dict(os.environ), cwd=Path.cwd(), **streams))
"""


@pytest.mark.parametrize("last", range(3, EVENTS, STEP))
def test_killed_after_any_event_it_finishes_and_does_nothing_twice(tmp_path: Path, last: int) -> None:
    repository = make_repository(tmp_path / "repository", {f"{key}.txt": "?\n" for key in KEYS})
    assertions = [{"id": f"VAL-{k.upper()}-001", "text": k, "command": says("yes", f"{k}.txt")} for k in KEYS]
    tasks = [{"key": key, "subject": key, "assertions": [f"VAL-{key.upper()}-001"]} for key in KEYS]
    tasks[2]["after"] = ["a", "b"]
    wrong = work("a", ("run", {"command": "echo no > a.txt"}), attempt=1)
    workers = [work(key, ("run", {"command": f"echo yes > {key}.txt"})) for key in KEYS]
    script = write_script(tmp_path, [plan(assertions, tasks), wrong, *workers, verdict()])
    command = [sys.executable, "-c", RUNNER, str(last), "run", "Say yes", "--model", script]
    killed = subprocess.run(command, cwd=repository, capture_output=True, check=False)
    if killed.returncode == 0:
        pytest.skip("the run had fewer events")
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    before = events_of(repository)
    if all(event.type != "mission.started" for event in before):
        pytest.skip("nothing had begun")

    ran = onecontext(repository, "resume", "--json")

    if before[-1].type == "mission.ended":
        assert ran.code == 3
        return
    assert ran.data["ending"] == "done", ran.stderr
    assert {task["key"]: task["attempts"] for task in ran.data["tasks"]} == {"a": 2, "b": 1, "c": 1}
    done = {event.task for event in before if event.type == "task.completed"}
    assert not done & {e.task for e in events_of(repository, "attempt.started") if e.seq > before[-1].seq and e.task}
    assert sorted(str(event.task) for event in events_of(repository, "task.completed")) == ["1", "2", "3"]
    assert sorted(str(event.task) for event in events_of(repository, "work.merged")) == ["1", "2", "3"]
    assert git(repository, "rev-list", "--merges", "--count", f"main..{ran.data['branch']}") == "3"
    assert list((repository / ".onecontext" / "work").glob("*/*")) == []
    assert list((repository / ".git").rglob("*.lock")) == []
    git(repository, "fsck", "--strict")
    git(repository / ".onecontext", "fsck", "--strict")
