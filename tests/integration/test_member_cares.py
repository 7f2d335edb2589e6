"""What a member at work does for its team besides its work: what others write is recorded, what the dead hold freed."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from teams.engine.event import Event
from tests.support.foreign_lead import ForeignLead
from tests.support.missions import onecontext

Join = Callable[..., "subprocess.Popen[bytes]"]


@pytest.fixture
def lead(tmp_path: Path) -> ForeignLead:
    return ForeignLead(tmp_path / ".claude")


@pytest.fixture
def join(lead: ForeignLead, root: Path, tmp_path: Path) -> Iterator[Join]:
    """Start ``onecontext team join crew`` as a process of its own."""
    started: list[subprocess.Popen[bytes]] = []

    def begin(name: str, command: str) -> "subprocess.Popen[bytes]":
        words = ["team", "join", "crew", "--name", name, "--command", command, "--lease", "3600"]
        quiet = subprocess.DEVNULL
        process = subprocess.Popen(
            [sys.executable, "-m", "onecontext", *words],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(root)},
            stdin=quiet,
            stdout=quiet,
            stderr=quiet,
        )
        started.append(process)
        lead.until(lambda: name in lead.names())
        return process

    yield begin
    for process in started:
        process.kill()
        process.wait()


def events(lead: ForeignLead, type_: str, **data: Any) -> list[Event]:
    found = (event for event in lead.team.journal.read() if event.type == type_)
    return [event for event in found if all(event.data.get(name) == value for name, value in data.items())]


def test_what_others_did_is_in_the_journal_that_is_kept(lead: ForeignLead, join: Join, tmp_path: Path) -> None:
    join("ann", "echo ok")
    lead.member("zoe")
    lead.send("zoe", "between the two of us")
    task_id = lead.task("Count the apples", "all of them")
    lead.until(lambda: events(lead, "member.found", name="zoe"))
    lead.until(lambda: events(lead, "task.imported"))
    lead.until(lambda: events(lead, "message.sent", to="zoe"))

    subprocess.run(["rm", "-rf", str(lead.folder)], check=True)
    ran = onecontext(tmp_path, "events", "--team", "crew", "--json")

    told = [(event["type"], event["task"], event["data"].get("text")) for event in ran.data["events"]]
    assert ("task.imported", task_id, None) in told
    assert ("message.sent", None, "between the two of us") in told
    assert "violation" not in {kind for kind, *_ in told}


def test_the_task_of_a_member_that_was_killed_is_freed_by_another_within_its_lease(
    lead: ForeignLead, join: Join
) -> None:
    ann = join("ann", "sleep 60")
    join("bob", "echo ok")
    task_id = lead.task("Sleep", "")
    lead.assign("ann", task_id)
    lead.until(lambda: events(lead, "task.claimed") and _children(ann.pid))

    # The member and the command it runs: while that lives, the task is still at work.
    for child in [ann.pid, *_children(ann.pid)]:
        os.kill(child, signal.SIGKILL)
    ann.wait()

    lead.until(lambda: events(lead, "task.reaped"))
    (freed,) = events(lead, "task.reaped")
    assert (freed.task, freed.data["reason"]) == (task_id, f"the process of ann ({ann.pid}) is gone")
    assert lead.team.board.get(task_id).state == "ready"


def _children(pid: int) -> list[int]:
    import psutil

    return [child.pid for child in psutil.Process(pid).children(recursive=True)]
