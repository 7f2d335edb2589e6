"""What does not grow: a process that has done thousands of operations holds as much as one that has done some."""

import ctypes
import gc
import os
import threading
from pathlib import Path

import pytest

from onecontext import Memory
from tests.support.memory import check

ROUNDS, WARM_UP = 625, 260
BRANCHES = ("main", "a", "b", "c")
RSS_GROWTH_KIB = 16 * 1024


def _descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def _rss_kib() -> int:
    gc.collect()
    # What was freed and is kept for the next milestones is no leak: up to 50 MB of it come and go.
    ctypes.CDLL(None).malloc_trim(0)
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") // 1024


def _files(memory: Memory) -> int:
    """Return how many files git and we keep beside objects and work trees."""
    git = memory.path / ".git"
    beside = (git / "objects", git / "onecontext/worktrees")
    return sum(1 for path in git.rglob("*") if not any(path.is_relative_to(folder) for folder in beside))


def _round(memory: Memory, n: int) -> None:
    """Sixteen operations and some reads: steps and milestones on four branches, of handles old and new."""
    for branch in BRANCHES:
        handle = memory.on(branch) if n % 2 else Memory.open(memory.path, branch=branch)
        for part in range(3):
            handle.step(f"saw {n}.{part}", "thought " * 10)
        handle.commit(f"did {n}")
        if n % 25 == len(branch):
            assert handle.milestones(limit=1)[0].contribution == f"did {n}"
            assert "did" in handle.context(k=2).text
        else:
            memory.layout.tip(branch)


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "malloc_trim"), reason="only glibc tells what a process holds")
@pytest.mark.timeout(300)
def test_descriptors_threads_memory_and_files_stay_flat_over_ten_thousand_operations(tmp_path: Path) -> None:
    memory = Memory.init(tmp_path, durability="none")
    for name in BRANCHES[1:]:
        memory.create_branch(name)
    for n in range(WARM_UP):
        _round(memory, n)
    for name in BRANCHES:
        memory.on(name).flush()
    descriptors, threads, files, rss_kib = _descriptors(), threading.active_count(), _files(memory), _rss_kib()

    for n in range(WARM_UP, WARM_UP + ROUNDS):
        _round(memory, n)
    for name in BRANCHES:
        memory.on(name).flush()

    # A branch at hand may have some packs open; those that were united since are closed.
    assert _descriptors() < descriptors + 40
    # Threads that other tests in this process began may end meanwhile.
    assert threading.active_count() <= threads
    assert _files(memory) == files
    assert _rss_kib() - rss_kib < RSS_GROWTH_KIB
    check(memory.path)
