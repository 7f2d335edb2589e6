"""A member that is killed again and again: no message is answered twice, none is lost, no task is left."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.foreign_lead import ForeignLead

Join = Callable[..., "subprocess.Popen[str]"]
MESSAGES = 25
TASKS = 5


@pytest.fixture
def lead(tmp_path: Path) -> ForeignLead:
    return ForeignLead(tmp_path / ".claude")


@pytest.fixture
def join(lead: ForeignLead, root: Path, tmp_path: Path) -> Iterator[Join]:
    """Start ``onecontext team join crew --name ann`` and wait until it is in."""
    started: list[subprocess.Popen[str]] = []

    def begin(*mind: str) -> "subprocess.Popen[str]":
        command = [sys.executable, "-m", "onecontext", "team", "join", "crew", "--name", "ann", "--json", *mind]
        told = tmp_path / f"ann-{len(started)}.err"
        with told.open("w") as errors:
            process = subprocess.Popen(
                command,
                cwd=tmp_path,
                env={**os.environ, "PYTHONPATH": str(root)},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
            )
        started.append(process)
        lead.until(lambda: process.poll() is not None or "member   ann" in told.read_text())
        assert process.poll() is None, told.read_text()
        return process

    yield begin
    for process in started:
        process.kill()
        process.communicate()


def answers(lead: ForeignLead) -> list[str]:
    return [entry["text"] for entry in lead.inbox() if not entry["text"].startswith("{")]


def test_kills_at_any_moment_lose_no_message_and_answer_none_twice(
    lead: ForeignLead, join: Join, tmp_path: Path
) -> None:
    (tmp_path / "helpers.py").write_text(
        "import time\ndef answer(message):\n    time.sleep(0.03)\n    return 'heard ' + message.text[:80]\n"
    )
    mind = ("--python", "helpers:answer", "--lease", "1")
    for number in range(MESSAGES):
        lead.send("ann", f"question {number:02}")
    tasks = [lead.task(f"Task {number}", "") for number in range(TASKS)]
    for task_id in tasks:
        lead.assign("ann", task_id)
    wanted = sorted(f"heard question {number:02}" for number in range(MESSAGES))
    chance = random.Random(7)

    for _ in range(8):
        process = join(*mind)
        time.sleep(chance.uniform(0.0, 0.35))
        process.kill()
        process.wait(10)
    join(*mind)
    # What a kill kept from the lead's inbox is posted when its sender can no longer be at it: after ten seconds.
    lead.until(lambda: len(answers(lead)) >= MESSAGES + TASKS)
    lead.until(lambda: not lead.inbox("ann"))

    assert sorted(text for text in answers(lead) if text.startswith("heard question")) == wanted
    done = [text for text in answers(lead) if text.startswith("Task #")]
    assert sorted(text.split()[1] for text in done) == [f"#{task_id}" for task_id in tasks]
    assert [lead.document(task_id)["status"] for task_id in tasks] == ["completed"] * TASKS
    assert lead.names() == ["team-lead", "ann"]


def test_after_a_kill_the_mind_is_told_that_it_was_interrupted(lead: ForeignLead, join: Join, tmp_path: Path) -> None:
    slow = f"cat > {tmp_path}/prompt; test -e {tmp_path}/again || sleep 60; echo did it"
    task_id = lead.task("Bake", "")
    process = join("--command", slow)
    lead.assign("ann", task_id)
    lead.until(lambda: (tmp_path / "prompt").exists() and lead.document(task_id)["status"] == "in_progress")
    process.kill()
    process.wait(10)
    (tmp_path / "again").touch()

    join("--command", slow)
    lead.until(lambda: answers(lead))

    assert "You were interrupted while you worked on this" in (tmp_path / "prompt").read_text()
    assert answers(lead) == [f"Task #{task_id} (Bake) is done.\n\ndid it"]
    # The claim of before the kill went on: nobody had to wait for its lease.
    assert [event.type for event in lead.team.journal.read()].count("task.claimed") == 1


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_a_member_in_order(lead: ForeignLead, join: Join, tmp_path: Path, number: signal.Signals) -> None:
    task_id = lead.task("Bake", "")
    process = join("--command", f"echo $$ > {tmp_path}/pid; sleep 60")
    lead.assign("ann", task_id)
    lead.until(lambda: (tmp_path / "pid").exists() and (tmp_path / "pid").read_text())

    process.send_signal(number)
    out, _ = process.communicate(timeout=30)

    assert process.returncode == 130
    assert json.loads(out)["data"] == {"team": "crew", "name": "ann", "ending": "stopped", "turns": 1}
    assert answers(lead)[-1] == "ann was stopped and leaves the team."
    assert "is not done, and open again: the command was stopped before its end" in answers(lead)[0]
    assert lead.document(task_id)["status"] == "pending"
    assert lead.names() == ["team-lead"]
    assert not Path("/proc", (tmp_path / "pid").read_text().strip()).exists()


def test_a_kill_takes_the_command_along(lead: ForeignLead, join: Join, tmp_path: Path) -> None:
    process = join("--command", f"echo $$ > {tmp_path}/pid; sleep 60")
    lead.send("ann", "work")
    lead.until(lambda: (tmp_path / "pid").exists() and (tmp_path / "pid").read_text())
    command = Path("/proc", (tmp_path / "pid").read_text().strip())
    assert command.exists()

    process.kill()

    assert process.wait(30) == -signal.SIGKILL
    lead.until(lambda: not command.exists())
    assert answers(lead) == []
