"""SIGKILL at random instants: what was acknowledged is there, the next operation works, git finds nothing wrong."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

from onecontext import Memory
from tests.support.memory import check, git, new_memory

ROUNDS = 60 if os.environ.get("HYPOTHESIS_PROFILE") == "deep" else 12

# Each line on stdout acknowledges what came before it.
WORK = """
import sys
from onecontext import Memory
import onecontext.memory.milestones, onecontext.memory.switching, onecontext.memory.merging
path, start = sys.argv[1], int(sys.argv[2])
print("ready", flush=True)
number = start
while True:
    number += 1
    memory = Memory.open(path)
    memory.step(f"s{number}", "thought " * 50)
    print(f"step {memory.branch} s{number}", flush=True)
    if number % 2:
        memory.commit(f"c{number}")
        print(f"commit {memory.branch} c{number}", flush=True)
    if number % 5 == 0:
        memory.switch("b" if memory.branch == "main" else "main")
"""


def test_nothing_acknowledged_is_lost_over_many_kills(tmp_path: Path) -> None:
    memory = new_memory(tmp_path)
    memory.create_branch("b")
    seed = random.randrange(2**32)
    chance = random.Random(seed)
    acknowledged: list[list[str]] = []

    for round_ in range(ROUNDS):
        lines = _run_and_kill(memory.path, start=(round_ + 1) * 10_000, after_s=chance.uniform(0.0, 0.25))
        acknowledged += [line.split() for line in lines if not line.startswith("ready")]
        after = Memory.open(tmp_path)
        after.step(f"after {round_}")
        after.commit(f"after {round_}")
        git(memory.path, "fsck", "--strict", "--no-dangling")

    for branch in ("main", "b"):
        handle = memory.on(branch)
        observations = [step.observation for step in handle.steps()]
        contributions = [milestone.contribution for milestone in handle.milestones()]
        assert {w[2] for w in acknowledged if w[:2] == ["step", branch]} <= set(observations), f"seed {seed}"
        assert {w[2] for w in acknowledged if w[:2] == ["commit", branch]} <= set(contributions), f"seed {seed}"
        assert len(set(observations)) == len(observations), f"doubled; seed {seed}"
        assert len(set(contributions)) == len(contributions), f"doubled; seed {seed}"
        assert not any(step.edited for step in handle.steps())
    assert len(acknowledged) > ROUNDS
    check(memory.path)


def _run_and_kill(path: Path, *, start: int, after_s: float) -> list[str]:
    command = [sys.executable, "-c", WORK, str(path), str(start)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        first = process.stdout.readline()
        time.sleep(after_s)
        process.send_signal(signal.SIGKILL)
        rest = process.stdout.read()
    # What stands behind the last line feed was cut off by the kill.
    return [line for line in (first + rest).split("\n")[:-1] if line]


def test_init_killed_anywhere_can_be_done_again(tmp_path: Path) -> None:
    code = "import sys; import onecontext.memory.branches; from onecontext import Memory; print(1, flush=True);"
    code += "Memory.init(sys.argv[1])"
    for number in range(12):
        folder = tmp_path / str(number)
        folder.mkdir()
        with subprocess.Popen([sys.executable, "-c", code, str(folder)], stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            process.stdout.readline()
            time.sleep(number * 0.003)
            process.send_signal(signal.SIGKILL)

        memory = Memory.init(folder)
        memory.step("x")
        memory.commit("y")

        check(memory.path)
