"""SIGKILL while memory goes back, goes away and is settled: all or nothing, and never a record out of reach."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

from onecontext import Memory
from onecontext.memory.rollback import line
from onecontext.store.objects import Objects
from tests.support.memory import check, git, new_memory

ROUNDS = 60 if os.environ.get("HYPOTHESIS_PROFILE") == "deep" else 10
IMPORTS = """
import os, sys
from onecontext import Memory
import onecontext.memory.rollback, onecontext.memory.deleting, onecontext.memory.conflicts, onecontext.memory.merging
import onecontext.recall.revisions
path, start = sys.argv[1], int(sys.argv[2])
memory = Memory.open(path)
# One write for a line: print(), unbuffered, makes several, and a kill between two joins this line to the next.
def ack(*words): os.write(1, (" ".join(words) + "\\n").encode())
ack("ready")
number = start
"""
# Each line on stdout acknowledges what came before it.
ROLLBACK = """
while True:
    number += 1
    memory.step(f"s{number}")
    milestone = memory.commit(f"c{number}")
    ack("commit", milestone.id, milestone.commit)
    memory.step(f"pending{number}")
    ack("step", f"pending{number}")
    if number % 3 == 0:
        done = memory.rollback(memory.milestones(limit=3)[-1].id)
        ack("rollback", done.target, done.commit)
"""
DELETE = """
while True:
    number += 1
    branch = memory.create_branch(f"b{number}")
    branch.step(f"s{number}")
    milestone = branch.commit(f"c{number}")
    ack("commit", milestone.id, milestone.commit)
    if number % 2:
        memory.merge(branch.branch)
    memory.delete_branch(branch.branch)
    ack("delete", branch.branch)
    if number % 3 == 0:
        memory.restore_branch(branch.branch).step("back")
        ack("restore", branch.branch)
"""
RESOLVE = """
while True:
    number += 1
    branch = memory.create_branch(f"b{number}")
    branch.write_main(f"# Roadmap\\n\\n## A\\n\\ntheirs {number}\\n\\n## B\\n\\ntheirs {number}\\n")
    memory.write_main(f"# Roadmap\\n\\n## A\\n\\nours {number}\\n\\n## B\\n\\nours {number}\\n")
    memory.merge(branch.branch)
    for conflict in memory.conflicts():
        ack("conflict", conflict.id)
    for conflict in memory.conflicts():
        done = memory.resolve_conflict(conflict.id, "theirs" if number % 2 else "ours")
        ack("resolve", conflict.id)
"""


def test_a_rollback_killed_anywhere_is_done_or_not(tmp_path: Path) -> None:
    memory = new_memory(tmp_path)
    memory.commit("first")
    acknowledged = rounds(memory, ROLLBACK)

    objects = Objects(memory.layout)
    states = list(line(objects, git(memory.path, "rev-parse", "main").strip()))
    ids = {commit.id for commit in states}
    for what, *words in acknowledged:
        if what == "commit":
            assert words[1] in ids
            assert memory.show(words[0]).commit == words[1]
        if what == "rollback":
            assert words[1] in ids
            assert objects.tree_of(words[1]) == objects.tree_of(words[0])
    steps = {what[1] for what in acknowledged if what[0] == "step"}
    assert steps <= all_steps(memory)


def test_a_branch_whose_deletion_was_killed_is_there_or_kept(tmp_path: Path) -> None:
    memory = new_memory(tmp_path)
    memory.commit("first")
    acknowledged = rounds(memory, DELETE)

    there = {branch.name for branch in memory.branches()}
    kept = set(memory.deleted_branches())
    last = {words[0]: what for what, *words in acknowledged if what in ("delete", "restore")}
    assert {name for name, what in last.items() if what == "restore"} <= there
    assert {name for name, what in last.items() if what == "delete"} <= kept | there
    git(memory.path, "gc", "-q", "--prune=now")
    for what, *words in acknowledged:
        if what == "commit":
            assert memory.show(words[0]).commit == words[1]
    for name in sorted(kept):
        memory.restore_branch(name).step("again")
    check(memory.path)


def test_a_resolution_killed_anywhere_is_done_or_not(tmp_path: Path) -> None:
    memory = new_memory(tmp_path)
    memory.write_main("# Roadmap\n\n## A\n\nbase\n\n## B\n\nbase\n")
    acknowledged = rounds(memory, RESOLVE)

    every = {conflict.id: conflict for conflict in memory.conflicts(resolved=True)}
    assert {words[0] for what, *words in acknowledged if what == "conflict"} <= every.keys()
    settled = {words[0] for what, *words in acknowledged if what == "resolve"}
    assert all(every[id_].resolved for id_ in settled)
    for conflict in memory.conflicts():
        memory.resolve_conflict(conflict.id, "ours")
    assert memory.conflicts() == []
    check(memory.path)


def all_steps(memory: Memory) -> set[str]:
    """Return the observations in every log file that any commit has, and in the pending log."""
    named = [found.split(" ", 1) for found in git(memory.path, "rev-list", "--all", "--objects").splitlines()]
    blobs = {words[0] for words in named if len(words) == 2 and "/log/" in words[1] and words[1].endswith(".md")}
    objects = Objects(memory.layout)
    texts = [objects.blob(blob) for blob in sorted(blobs)]
    texts.append((memory.path / "branches/main/log.md").read_bytes())
    prefix = "**Observation:** "
    lines = b"\n".join(texts).decode().splitlines()
    return {found.removeprefix(prefix) for found in lines if found.startswith(prefix)}


def rounds(memory: Memory, work: str) -> list[list[str]]:
    """Run ``work`` and kill it, again and again; after each time the next operation works and git finds no fault."""
    chance = random.Random(random.randrange(2**32))
    acknowledged: list[list[str]] = []
    for round_ in range(ROUNDS):
        command = [sys.executable, "-c", IMPORTS + work, str(memory.path), str((round_ + 1) * 10_000)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            first = process.stdout.readline()
            time.sleep(chance.uniform(0.0, 0.4))
            process.send_signal(signal.SIGKILL)
            rest = process.stdout.read()
        assert first == "ready\n"
        # What stands behind the last line feed was cut off by the kill, in the middle of a word perhaps.
        acknowledged += [found.split() for found in rest.split("\n")[:-1]]
        memory.step(f"after {round_}")
        memory.commit(f"after {round_}")
        git(memory.path, "fsck", "--strict", "--no-dangling")
    assert acknowledged  # how many depends on how busy the machine is
    return acknowledged
