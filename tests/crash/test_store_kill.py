"""SIGKILL while packs are united, and readers beside it: nothing acknowledged is lost, and nobody misses an object."""

import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from onecontext import Memory
from tests.support.memory import check, git, new_memory

KILLS = 12
# Packs are united at every third milestone here, so that kills and readers meet it often.
WRITE = """
import os, sys
from onecontext import Memory
from onecontext.store import tidying
tidying.TOGETHER = 3
memory = Memory.open(sys.argv[1], branch=sys.argv[2])
while True:
    # One write: print(), unbuffered, makes two, and a kill between them joins this line to the next.
    os.write(1, (memory.commit("went on").id + "\\n").encode())
"""


@pytest.mark.timeout(300)
def test_packs_are_united_under_kills_and_beside_readers(tmp_path: Path) -> None:
    memory = new_memory(tmp_path)
    branches = ["a", "b"]
    for branch in branches:
        memory.create_branch(branch).commit("first")
    acknowledged = {branch: tmp_path / f"{branch}.txt" for branch in branches}
    chance = random.Random(5)
    running = {branch: _writer(tmp_path, branch, acknowledged[branch]) for branch in branches}

    for kill in range(KILLS):
        branch = branches[kill % 2]
        _wait_for_more(acknowledged[branch])
        time.sleep(chance.uniform(0, 0.1))
        running[branch].send_signal(signal.SIGKILL)
        running[branch].wait()
        for name in branches:
            assert memory.show(name).branch == name
            assert memory.diff("main", name)
        git(memory.path, "log", "--oneline", "--all")
        running[branch] = _writer(tmp_path, branch, acknowledged[branch])

    for writer in running.values():
        writer.kill()
        writer.wait()
    for branch, report in acknowledged.items():
        ids = {milestone.id for milestone in memory.on(branch).milestones()}
        assert set(report.read_text().split()) <= ids
        memory.on(branch).commit("after")
    check(memory.path)


def _writer(folder: Path, branch: str, report: Path) -> "subprocess.Popen[bytes]":
    with report.open("ab") as out:
        return subprocess.Popen([sys.executable, "-c", WRITE, str(folder), branch], stdout=out)


def _wait_for_more(report: Path) -> None:
    size = report.stat().st_size if report.exists() else 0
    while not report.exists() or report.stat().st_size == size:
        time.sleep(0.01)


def test_a_handle_opened_before_packs_were_united_still_reads(tmp_path: Path) -> None:
    memory = new_memory(tmp_path)
    first = memory.commit("first")
    reader = Memory.open(tmp_path)
    for n in range(40):
        memory.commit(f"went on {n}")

    assert reader.show(first.id).contribution == "first"
    assert len(reader.graph()) >= 41
