"""SIGKILL at random instants: what was acknowledged is there, the next operation works, git finds nothing wrong."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from onecontext import Memory
from tests.support.kills import Warm
from tests.support.memory import check, new_memory

DEEP = os.environ.get("HYPOTHESIS_PROFILE") == "deep"
KILLS = 3000 if DEEP else 210
BRANCHES = ("main", "b", "c")

# Each line acknowledges what came before it. Three of these run at once, on branches of their own and on the same.
WORK = """
branch = ("main", "b", "c")[number % 3]
memory = Memory.open(path, branch=branch, durability=("step", "commit", "none")[number % 7 % 3])
n = 0
while True:
    n += 1
    memory.step(f"s{number}.{n}", "thought " * 50)
    ack("step", branch, f"s{number}.{n}")
    if (n + number) % 3:
        memory.commit(f"c{number}.{n}")
        ack("commit", branch, f"c{number}.{n}")
    if n % 6 == 0:
        memory.flush()
    if n % 11 == number % 11:
        memory.switch(branch)
    if n % 13 == number % 13:
        memory.merge("c" if branch == "main" else "main")
    if n % 17 == number % 17:
        memory.steps(limit=3)
        memory.commit(f"p{number}.{n}", pin=f"fact {number % 5}")
        ack("commit", branch, f"p{number}.{n}")
"""


@pytest.fixture
def warm(tmp_path: Path) -> Iterator[Warm]:
    (tmp_path / "reports").mkdir()
    with Warm(tmp_path / "reports") as server:
        yield server


@pytest.mark.timeout(1800 if DEEP else 120)
def test_nothing_acknowledged_is_lost_over_many_kills_beside_others_who_go_on(tmp_path: Path, warm: Warm) -> None:
    memory = new_memory(tmp_path)
    for name in BRANCHES[1:]:
        memory.create_branch(name)
    seed = random.randrange(2**32)
    chance = random.Random(seed)
    running = [warm.start(WORK, memory.path, number) for number in range(3)]
    acknowledged: list[list[str]] = []

    for kill in range(KILLS):
        time.sleep(chance.uniform(0.0, 0.06))
        victim = chance.randrange(3)
        acknowledged += running[victim].kill().acknowledged
        running[victim] = warm.start(WORK, memory.path, kill + 3)
        if kill % 15 == 14:
            # All of them dead at one instant, and git by itself is content with what it has.
            acknowledged += [words for child in running for words in child.kill().acknowledged]
            _git_alone(memory.path, "fsck", "--strict", "--no-dangling")
            memory.step(f"after {kill}")
            memory.commit(f"after {kill}")
            _verify(memory, acknowledged, seed)
            running = [warm.start(WORK, memory.path, KILLS + 3 * kill + n) for n in range(3)]
    acknowledged += [words for child in running for words in child.kill().acknowledged]

    assert len(acknowledged) > KILLS
    _verify(memory, acknowledged, seed)
    check(memory.path)


def _verify(memory: Memory, acknowledged: list[list[str]], seed: int) -> None:
    for branch in BRANCHES:
        handle = memory.on(branch)
        steps = [step for step in handle.steps() if step.branch == branch]
        observations = [step.observation for step in steps]
        contributions = [milestone.contribution for milestone in handle.milestones() if milestone.branch == branch]
        assert {w[2] for w in acknowledged if w[:2] == ["step", branch]} <= set(observations), f"seed {seed}"
        assert {w[2] for w in acknowledged if w[:2] == ["commit", branch]} <= set(contributions), f"seed {seed}"
        assert len(set(observations)) == len(observations), f"doubled; seed {seed}"
        ours = [text for text in contributions if not text.startswith("Merged")]
        assert len(set(ours)) == len(ours), f"doubled; seed {seed}"
        assert not any(step.edited for step in steps), f"torn; seed {seed}"


def _git_alone(path: Path, *args: str) -> str:
    """Run git as it is, before any code of ours has looked at what a kill left behind."""
    done = subprocess.run(["git", "-C", str(path), *args], capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"git {args}: {done.stdout}{done.stderr}"
    return done.stdout


COMMITS = """
memory = Memory.open(path)
memory.step("s1")
memory.commit("first")
ack("commit")
memory.flush()
for n in range(20):
    memory.step(f"saw {n}")
    memory.commit(f"did {n}")
ack("ready")
while True:
    pass
"""


def test_plain_git_works_on_what_a_kill_left_before_anything_of_ours_does(tmp_path: Path, warm: Warm) -> None:
    memory = new_memory(tmp_path)
    rarely = "from onecontext.memory import recording\nrecording.IDLE_S = 1000.0\n"
    dies = COMMITS.replace("while True:\n    pass", "import os\nos.kill(os.getpid(), 9)")
    child = warm.start(rarely + dies, memory.path)
    child.ended()
    assert memory.layout.ahead("main").stat().st_size > 0

    assert _git_alone(memory.path, "log", "--format=%s", "main").splitlines()[0] == "first"
    _git_alone(memory.path, "fsck", "--strict")
    _git_alone(tmp_path, "clone", "-q", str(memory.path), str(tmp_path / "clone"))
    changed = _git_alone(memory.path, "status", "--porcelain").splitlines()

    assert [row for row in changed if not row.endswith("/log.md")] == []
    assert [m.contribution for m in memory.milestones()] == [*(f"did {n}" for n in range(19, -1, -1)), "first"]
    assert [s.observation for s in memory.steps()] == [*(f"saw {n}" for n in range(19, -1, -1)), "s1"]
    check(memory.path)


def test_init_killed_anywhere_can_be_done_again(tmp_path: Path, warm: Warm) -> None:
    work = "arm()\nMemory.init(path).step('acknowledged')\nack('step')"
    folder = tmp_path / "whole"
    folder.mkdir()
    calls = warm.run(work, folder).calls
    assert calls > 30

    for number in range(0, calls, 1 if DEEP else 4):
        folder = tmp_path / str(number)
        folder.mkdir()
        ended = warm.run(work, folder, dies_at=number)
        assert ended.killed
        memory = Memory.init(folder)
        memory.step("x")
        memory.commit("y")

        told = ["acknowledged"] if ended.acknowledged else []
        assert [s.observation for s in memory.steps() if s.observation != "acknowledged" or told] == ["x", *told]
        check(memory.path)


def test_init_killed_inside_of_libgit2_can_be_done_again(tmp_path: Path) -> None:
    code = "import sys; import onecontext.memory.branches; from onecontext import Memory; print(1, flush=True);"
    code += "Memory.init(sys.argv[1])"
    for number in range(6):
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
