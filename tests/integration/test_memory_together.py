"""Several writers at once: threads and processes, on one branch and on many."""

import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path

import pytest

from onecontext import Memory
from onecontext.errors import BranchExists, LockTimeout
from onecontext.memory import recording
from onecontext.recall.history import History
from onecontext.store.locks import held
from tests.support.memory import check, git, new_memory

WORK = """
import sys
from onecontext import Memory
memory = Memory.open(sys.argv[1], branch=sys.argv[2], agent=sys.argv[3])
for number in range(int(sys.argv[4])):
    memory.step(f"{sys.argv[3]} {number}")
    memory.commit(f"{sys.argv[3]} {number}")
"""


@pytest.fixture
def memory(tmp_path: Path) -> Memory:
    return new_memory(tmp_path)


def _process(memory: Memory, branch: str, agent: str, times: int) -> "subprocess.Popen[str]":
    command = [sys.executable, "-c", WORK, str(memory.path), branch, agent, str(times)]
    return subprocess.Popen(command, stderr=subprocess.PIPE, text=True)


def _wait(processes: "list[subprocess.Popen[str]]") -> None:
    for process in processes:
        _, errors = process.communicate(timeout=60)
        assert process.returncode == 0, errors


def test_processes_on_one_branch_queue_and_all_land(memory: Memory) -> None:
    _wait([_process(memory, "main", f"a{number}", 10) for number in range(8)])

    expected = sorted(f"a{agent} {number}" for agent in range(8) for number in range(10))
    assert sorted(m.contribution for m in memory.milestones()) == expected
    assert sorted(step.observation for step in memory.steps()) == expected
    assert sorted(step.n for step in memory.steps()) == list(range(1, 81))
    assert git(memory.path, "rev-list", "--count", "main").strip() == "81"
    assert not list(memory.layout.private.rglob("*.queue")), "who waited left something in the line"
    check(memory.path)


def test_processes_on_branches_of_their_own_and_threads_beside_them_all_land(memory: Memory) -> None:
    for name in ("p0", "p1"):
        memory.create_branch(name)
    processes = [_process(memory, name, name, 5) for name in ("p0", "p1")]

    def work(name: str) -> None:
        handle = memory.create_branch(name)
        for number in range(5):
            handle.step(f"{name} {number}")
            handle.commit(f"{name} {number}")

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, ["t0", "t1", "t2", "t3"]))
    _wait(processes)

    for name in ("p0", "p1", "t0", "t1", "t2", "t3"):
        handle = memory.on(name)
        assert [m.contribution for m in handle.milestones()] == [f"{name} {number}" for number in range(4, -1, -1)]
        assert memory.merge(name).already is False
    assert len(memory.milestones()) == 36
    check(memory.path)


def test_a_handle_shared_by_threads_loses_nothing(memory: Memory) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: memory.step(f"{number}"), range(40)))
        list(pool.map(lambda number: memory.commit(f"{number}"), range(8)))

    assert sorted(int(step.observation) for step in memory.steps()) == list(range(40))
    assert sorted(step.n for step in memory.steps()) == list(range(1, 41))
    assert len(memory.milestones()) == 8
    check(memory.path)


def test_a_branch_is_made_once_when_several_make_it(memory: Memory) -> None:
    def make(number: int) -> str:
        try:
            memory.create_branch("b", purpose=str(number))
        except BranchExists:
            return "was there"
        return "made"

    with ThreadPoolExecutor(4) as pool:
        outcomes = sorted(pool.map(make, range(4)))

    assert outcomes == ["made", "was there", "was there", "was there"]
    check(memory.path)


def test_a_memory_is_made_once_when_several_make_it(tmp_path: Path) -> None:
    with ThreadPoolExecutor(4) as pool:
        memories = list(pool.map(lambda number: Memory.init(tmp_path, purpose=str(number)), range(4)))

    assert git(memories[0].path, "rev-list", "--all", "--count").strip() == "1"
    check(memories[0].path)


def test_a_writer_on_another_branch_does_not_wait(memory: Memory) -> None:
    branch = memory.create_branch("b")

    with held(memory.layout.lock("main")):
        began = time.monotonic()
        branch.step("x")
        branch.commit("y")

    assert time.monotonic() - began < 5


def test_a_reader_waits_for_nobody(memory: Memory) -> None:
    memory.step("there")

    with held(memory.layout.lock("main")):
        assert [step.observation for step in memory.steps()] == ["there"]
        assert "there" in memory.context().text


def test_waiting_has_an_end(memory: Memory, tmp_path: Path) -> None:
    lock = tmp_path / "some.lock"

    with held(lock), pytest.raises(LockTimeout), held(lock, wait_s=0.05):
        pass
    with held(lock, wait_s=0):
        pass


def test_readers_beside_a_writer_never_miss_or_double_a_step(memory: Memory) -> None:
    process = _process(memory, "main", "writer", 15)

    seen = []
    while process.poll() is None:
        seen.append([step.observation for step in reversed(memory.steps())])
    _wait([process])

    assert len(seen) > 2
    for before, after in pairwise(seen):
        assert after[: len(before)] == before
        assert len(set(after)) == len(after)


def test_a_reader_that_is_slow_misses_no_step_between_those_it_tells(
    memory: Memory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recording, "IDLE_S", 60.0)
    memory.step("a")
    memory.commit("did a")
    memory.step("b")
    history = History(memory.layout, "main")

    memory.commit("did b")
    recording.settle(memory.layout, "main")
    memory.step("c")

    assert [step.observation for step in history.steps()] == ["b", "a"]


def test_switching_beside_writers_loses_nothing(memory: Memory) -> None:
    for name in ("p0", "p1"):
        memory.create_branch(name)
    processes = [_process(memory, name, name, 8) for name in ("p0", "p1", "main")]

    while any(process.poll() is None for process in processes):
        for name in ("p0", "p1", "main"):
            memory.switch(name)
    _wait(processes)

    for name in ("p0", "p1", "main"):
        assert sorted(s.observation for s in memory.on(name).steps()) == sorted(f"{name} {n}" for n in range(8))
        assert len(memory.on(name).milestones()) == 8
    check(memory.path)
