"""Two parts of ``bench/memory.py``: many writers at once, and the same calls after a long history.

``python bench/memory_load.py FOLDER BRANCH N`` is one of the writers.
"""

import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from peers import milestone_text, step_texts

from onecontext import Memory

WRITERS = 8
_BATCH = 20


def writers(folder: Path, *, commits: int, title: Callable[[str], None]) -> None:
    """Print commits a second of eight processes on eight branches and on one, and what has landed."""
    title(
        f"{WRITERS} writers, {commits} commits each; goal on {WRITERS} branches: 2,000 commits/s at 'none', none lost"
    )
    print(f"{'':<24}{'commits/s':>11}{'landed':>14}")
    for durability in ("step", "none"):
        for name, many in (("8 branches", True), ("one branch", False)):
            place = folder / f"{name}-{durability}".replace(" ", "-")
            place.mkdir()
            memory = Memory.init(place, purpose="measure", durability=durability)
            rate, landed = _race(memory, commits, many=many)
            print(f"{name + ', ' + durability:<24}{rate:>11.0f}{landed:>7} of {WRITERS * commits}")


def _race(memory: Memory, commits: int, *, many: bool) -> tuple[float, int]:
    branches = [f"agent-{n}" if many else "main" for n in range(WRITERS)]
    for branch in set(branches) - {"main"}:
        memory.create_branch(branch)
    command = [sys.executable, __file__, str(memory.path.parent)]
    running = [
        subprocess.Popen(
            [*command, branch, str(commits)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
        )
        for branch in branches
    ]
    for writer in running:
        assert writer.stdout is not None
        writer.stdout.readline()  # imported and warm
    spans = [tuple(map(float, writer.communicate()[0].split())) for writer in _started(running)]
    seconds = max(end for _, end in spans) - min(begin for begin, _ in spans)
    landed = sum(len(memory.on(branch).milestones()) for branch in set(branches)) - WRITERS
    return WRITERS * commits / seconds, landed


def _started(running: list[subprocess.Popen[str]]) -> list[subprocess.Popen[str]]:
    for writer in running:
        assert writer.stdin is not None
        writer.stdin.write("go\n")
        writer.stdin.flush()
    return running


def growth(
    folder: Path,
    *,
    commits: int,
    steps: int,
    measured: Callable[[Callable[[], object]], Any],
    title: Callable[[str], None],
) -> Memory:
    """Print what a step and a commit cost early and late; return the memory with ``commits`` milestones."""
    place = folder / "long"
    place.mkdir()
    memory = Memory.init(place, purpose="measure")
    costs = []
    for n in range(commits):
        memory.step(*step_texts(n))
        costs.append(measured(lambda n=n: memory.commit(milestone_text(n))))
    title(f"Growth; goals: {steps:,} steps within 1.2 × of 100, a commit flat from 100 to {commits:,}")
    print(f"{'':<32}{'wall ms':>9}{'CPU ms':>9}")
    marks = [n for n in (100, 1_000, 3_000, 10_000) if n < commits] + [commits]
    for mark in marks:
        _line(f"a commit after {mark - _BATCH:,}", costs[mark - _BATCH : mark])
    log = folder / "steps"
    log.mkdir()
    waiting = Memory.init(log, purpose="measure")
    times = [measured(lambda n=n: waiting.step(*step_texts(n))) for n in range(steps)]
    for mark in (100, steps):
        _line(f"a step after {mark - _BATCH:,} pending", times[mark - _BATCH : mark])
    return memory


def _line(name: str, costs: list[Any]) -> None:
    wall = statistics.median(cost.wall_ms for cost in costs)
    print(f"{name:<32}{wall:>9.2f}{statistics.median(cost.cpu_ms for cost in costs):>9.2f}")


def _write(folder: str, branch: str, commits: int) -> None:
    memory = Memory.open(folder, branch=branch, agent=f"writer-{branch}")
    memory.commit("the first")
    memory.flush()
    print("ready", flush=True)
    sys.stdin.readline()
    begin = time.time()
    for n in range(commits):
        memory.commit(milestone_text(n))
    memory.flush()
    print(begin, time.time())


if __name__ == "__main__":
    _write(sys.argv[1], sys.argv[2], int(sys.argv[3]))
