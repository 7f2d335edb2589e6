"""Power cuts: a disk that has only what was fsynced, and any part of the rest; what was acknowledged is there.

Each case takes the calls of one long run up to some point, and opens what a strict disk would have then.
"""

import os
import random
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.kills import Warm
from tests.support.power import LOSSES, Call, Disk, emptied, is_real_disk, traced

DEEP = os.environ.get("HYPOTHESIS_PROFILE") == "deep"
POINTS = 40
MARK = "acknowledged.txt"
RUN = """
import os, sys
from onecontext import Memory
path, level, report = sys.argv[1:]
out = os.open(report, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
def ack(*words): os.write(out, (" ".join(words) + "\\n").encode())
def step(handle, words): handle.step(words, "thought " * 20); ack("step", handle.branch, words)
def commit(handle, words, **more): handle.commit(words, **more); ack("commit", handle.branch, words)

os.mkdir(path)
os.fsync(os.open(os.path.dirname(path), os.O_RDONLY))
memory = Memory.init(path, durability=level)
ack("branch", "main")
step(memory, "s1"); step(memory, "s2"); commit(memory, "c1"); step(memory, "s3"); commit(memory, "c2")
memory.flush()
step(memory, "s4"); commit(memory, "c3")
b = memory.create_branch("b", purpose="trying")
ack("branch", "b")
step(b, "s5"); commit(b, "c4"); step(memory, "s6"); commit(memory, "c5", pin="never"); step(b, "s7")
memory.switch("b")
step(b, "s8"); step(memory, "s9"); commit(memory, "c6")
b.flush(); memory.flush()
commit(b, "c7"); step(b, "s10")
memory.merge("b")
ack("merged", "main", "c7")
memory.switch("main")
step(memory, "s11"); commit(memory, "c8")
pin = memory.pin("always")
memory.tag("here")
ack("tag", "here")
step(memory, "s12")
memory.rollback(pin.commit)
commit(memory, "c9")
c = memory.create_branch("c")
ack("branch", "c")
step(c, "s13"); commit(c, "c10")
memory.merge("c")
ack("merged", "main", "c10")
memory.delete_branch("c")
ack("deleted", "c")
memory.write_main("# Roadmap")
for n in range(3): step(memory, f"t{n}"); commit(memory, f"d{n}")
memory.flush()
step(memory, "last")
"""
OPEN = """
import time
from onecontext.store import boot, place
began_at_s = time.time()
place.boot_id, boot.began_at_s = lambda: "another", lambda: began_at_s
memory = Memory.init(path)
for branch in memory.branches():
    ack("branch", branch.name)
    handle = memory.on(branch.name)
    for step in handle.steps(): ack("step", branch.name, step.branch, step.edited, *step.observation.split())
    for milestone in handle.milestones():
        ack("commit", branch.name, milestone.branch, milestone.edited, *milestone.contribution.split())
for name in memory.deleted_branches(): ack("deleted", name)
for tag in memory.tags(): ack("tag", tag.name)
for branch in memory.branches():
    handle = memory.on(branch.name)
    handle.step("after"); handle.commit("after"); handle.flush()
    assert handle.milestones(limit=1)[0].contribution == "after"
    assert handle.steps(limit=1)[0].observation == "after"
"""
MAY_BE_DAMAGED = f"""
from onecontext.errors import OneContextError
try:
    exec({OPEN!r})
except OneContextError as error:
    ack("said", type(error).__name__)
"""

pytestmark = pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")


@pytest.fixture
def warm(tmp_path: Path) -> Iterator[Warm]:
    (tmp_path / "reports").mkdir()
    with Warm(tmp_path / "reports") as server:
        yield server


@pytest.mark.timeout(7200 if DEEP else 120)
@pytest.mark.parametrize("level", ["step", "commit", "none"])
def test_what_was_acknowledged_outlives_a_power_cut(level: str, tmp_path: Path, warm: Warm) -> None:
    if not is_real_disk(tmp_path):
        pytest.skip(f"{tmp_path} is no real disk")
    top, report = tmp_path / "disk", tmp_path / MARK
    top.mkdir()
    calls = traced(RUN, str(top / "memory"), level, str(report), report=tmp_path / "strace")
    assert report.read_text().splitlines()[-1] == "step main last"
    seed = random.randrange(2**32)
    chance = random.Random(seed)
    points = _points(calls, top)
    assert len(points) > 300
    chosen = [*points, points[-1]] if DEEP else sorted(chance.sample(points, POINTS))

    disk, done = Disk(top), 0
    for point in chosen:
        for call in calls[done:point]:
            disk.apply(call)
        done = point
        for loss in LOSSES[:: chance.randint(3, 7)] if DEEP else [chance.choice(LOSSES)]:
            emptied(top)
            disk.lose_power(loss, chance)
            told = [line.split() for line in _acknowledged(calls[:point])]
            try:
                _verify(top / "memory", level, told, warm)
            except BaseException as error:
                where = f"call {point} of {len(calls)}, {calls[point - 1].name}"
                error.add_note(f"{level}: cut after {where}, {loss}, seed {seed}, acknowledged {told[-3:]}")
                raise


def _points(calls: list[Call], top: Path) -> list[int]:
    """Return after how many calls something on the disk, or what was acknowledged, was another."""
    disk = Disk(top)
    return [n for n, call in enumerate(calls, 1) if disk.apply(call) or _is_acknowledging(call)]


def _is_acknowledging(call: Call) -> bool:
    return call.name == "write" and MARK.encode().hex(" ").replace(" ", "\\x") in call.args[0]


def _acknowledged(calls: list[Call]) -> list[str]:
    told = b"".join(bytes.fromhex(c.args[1].strip('"').replace("\\x", "")) for c in calls if _is_acknowledging(c))
    return told.decode().splitlines()


def _verify(memory: Path, level: str, told: list[list[str]], warm: Warm) -> None:
    if not told and not memory.exists():
        return
    found = warm.run(MAY_BE_DAMAGED if level == "none" else OPEN, memory).acknowledged
    if level == "none":
        return
    there = {words[1] for words in found if words[0] == "branch"}
    deleted = {words[1] for words in found if words[0] == "deleted"}
    assert not any(words[3] == "True" for words in found if words[0] in ("step", "commit")), "torn"
    for n, (what, *words) in enumerate(told):
        if what == "branch":
            assert words[0] in there | deleted
        elif what == "tag":
            assert [what, *words] in found
        elif what == "deleted":
            assert words[0] in deleted
        elif what == "commit" or (what == "step" and (level == "step" or _has_milestone(words, told[n:]))):
            branch, text = words
            # A branch that is gone was merged before.
            where = branch if branch in there else "main"
            assert found.count([what, where, branch, "False", text]) == 1, f"{what} {text} of {branch}"
    git = ["git", "-C", str(memory / ".onecontext"), "fsck", "--strict", "--no-dangling"]
    done = subprocess.run(git, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr + done.stdout


def _has_milestone(step: list[str], later: list[list[str]]) -> bool:
    return any(words[:2] == ["commit", step[0]] for words in later)
