"""A worker reads a log of 5 MB through the tool ``ctx``, is killed, and after resume still has it."""

import os
import re
import signal
import time
from hashlib import sha256
from pathlib import Path

import pytest

from onecontext import Memory
from tests.support.missions import (
    events_of,
    make_repository,
    onecontext,
    plan,
    start_onecontext,
    verdict,
    work,
    write_script,
)

LINE = "2026-01-01 12:00:00 INFO request {:>7} took 12 ms and went well, as they do\n"
LOG = "".join("ERROR code-4711: disk full\n" if n == 41_234 else LINE.format(n) for n in range(1, 66_001))
HANDLE = f"ctx:{sha256(LOG.encode()).hexdigest()[:12]}"
READER = {"role": "reader", "turns": [{"say": "code-4711 stands there"}]}
PLAN = plan(
    [{"id": "VAL-CODE-001", "text": "the code is noted", "command": "grep -qx code-4711 answer.txt"}],
    [{"key": "find", "subject": "Note the code of the error", "assertions": ["VAL-CODE-001"]}],
)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    assert len(LOG) > 5_000_000
    return make_repository(tmp_path / "repository", {"app.log": LOG})


def turn(tool: str, expect: str | None = None, **args: str) -> dict[str, object]:
    return {"call": [{"tool": tool, "args": args}], **({"expect": expect} if expect else {})}


def script(folder: Path, *turns: dict[str, object]) -> str:
    finish = {"call": [{"tool": "finish", "args": {"summary": "noted the code"}}]}
    folder.mkdir(exist_ok=True)
    return write_script(folder, [PLAN, {**work("find"), "turns": [*turns, finish]}, READER, verdict()])


def killed_after(repository: Path, model: str, told: str) -> None:
    process = start_onecontext(repository, "run", "Note the code", "--model", model)
    deadline = time.monotonic() + 90
    try:
        while time.monotonic() < deadline and process.poll() is None:
            journals = list((repository / ".onecontext" / "teams").glob("*/onecontext/journal.jsonl"))
            if journals and told in journals[0].read_text():
                return
            time.sleep(0.005)
        pytest.fail(f"the mission never told of {told}")
    finally:
        os.kill(process.pid, signal.SIGKILL)
        process.wait()


def test_a_worker_has_what_it_read_before_it_was_killed(repository: Path, tmp_path: Path) -> None:
    waiting = turn("run", "has all of it", command="sleep 60")
    killed_after(repository, script(tmp_path / "first", turn("run", command="cat app.log"), waiting), "sleep 60")
    (output,) = [event.data["output"] for event in events_of(repository, "tool.result") if event.data["tool"] == "run"]
    assert output.startswith(f"exit code 0\n[{HANDLE} has all of it, {len(LOG):,} characters, 66,000 lines: ")
    # Long after the kill somebody collects: the journal and the task's memory name it.
    memory = Memory.open(repository)
    value = memory.path / ".git" / "onecontext" / "ctx" / sha256(LOG.encode()).hexdigest()
    os.utime(value, (1, 1))
    assert memory.variables.collect().removed == ()

    model = script(
        tmp_path / "second",
        turn("ctx", handle=HANDLE, do="grep code-"),
        turn("ctx", "41234:ERROR code-4711: disk full\n[1 matching lines]", handle=HANDLE, do="ask Which code?"),
        turn("run", "code-4711 stands there", command="echo code-4711 > answer.txt"),
    )
    ran = onecontext(repository, "resume", "--model", model, "--json")

    assert ran.code == 0, ran.stderr
    assert ran.data["ending"] == "done"
    answer = [event.data["output"] for event in events_of(repository, "tool.result") if event.data["tool"] == "ctx"][1]
    assert re.search(r"\[partial: 100 calls in 4 levels are not enough .*; not read: lines [\d,]+ to 66,000\]", answer)
    # Its readers' calls are in the journal under its name, and so in what everything cost.
    asked = [event for event in events_of(repository, "model.called") if "stands there" in event.data["text"]]
    assert 50 < len(asked) <= 100
    assert {event.agent for event in asked} == {"worker-1"}
    assert max(event.data["tokens_in"] for event in asked) < 10_000
    cost = onecontext(repository, "cost", "--by", "agent", "--json").data
    (worker,) = [group for group in cost["groups"] if group["agent"] == "worker-1"]
    assert worker["calls"] >= len(asked) + 4


def test_readers_are_paid_from_the_budget_of_the_mission(repository: Path, tmp_path: Path) -> None:
    model = script(
        tmp_path / "script",
        turn("read_file", path="app.log"),
        turn("ctx", f"[{HANDLE} has all of it", handle=HANDLE, do="ask Which code?"),
        turn("run", "[partial: a call failed: ", command="echo code-4711 > answer.txt"),
    )

    ran = onecontext(repository, "run", "Note the code", "--model", model, "--budget-calls", "12", "--json")

    assert ran.code == 10, ran.stderr
    assert ran.data["ending"] == "budget_exhausted"
    assert onecontext(repository, "cost", "--json").data["together"]["calls"] <= 12
