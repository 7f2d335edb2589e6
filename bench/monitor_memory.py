"""What the monitor's memory view costs over a long memory: ``python -m bench.monitor_memory [MILESTONES]``.

Rule 1: CPU seconds of this process, since the machine may be busy; each line says what was done, and of what size.
Rule 2: the memory is made anew in a temporary folder, with branches, merges and a step for each milestone.
"""

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from onecontext.api import Memory
from tui.lookups.graph import LongGraph
from tui.lookups.recall import given, search
from tui.sources.graph import MemoryGraph

MILESTONES, BRANCHES, MERGE_EVERY = 5_000, 8, 200
WORDS = (
    *("price", "decimal", "offer", "receipt", "till", "cent", "parser", "token"),
    *("budget", "branch", "merge", "lock", "index", "cache", "search", "graph"),
)


def make(folder: Path, milestones: int) -> Memory:
    """Make a memory of so many milestones on several branches."""
    main = Memory.init(folder, agent="ann", durability="none")
    handles = [main, *(main.create_branch(f"topic-{number}") for number in range(BRANCHES))]
    for number in range(milestones):
        handle = handles[number // 5 % len(handles)]
        one, other = WORDS[number % len(WORDS)], WORDS[number * 7 % len(WORDS)]
        handle.step(observation=f"saw the {one} of {number}", thought=f"think of the {other}", action=f"edit {one}.py")
        handle.commit(f"The {one} of the {other}, number {number}")
        if number % MERGE_EVERY == MERGE_EVERY - 1:
            main.merge(f"topic-{number // MERGE_EVERY % BRANCHES}")
    for handle in handles:
        handle.flush()
    return main


def told(what: str, work: Callable[[], object]) -> None:
    """Do the work and print what it took."""
    begun = time.process_time()
    work()
    print(f"{what:<48}{1000 * (time.process_time() - begun):>8,.0f} ms of CPU")


def main(words: list[str]) -> int:
    """Measure, and print a line for each."""
    milestones = int(words[0]) if words else MILESTONES
    with tempfile.TemporaryDirectory() as folder:
        memory = make(Path(folder), milestones)
        path, long = memory.path, LongGraph()
        given(path, "", 500, "")  # loads the encoding, once a process
        told("the newest 200 commits of the picture", lambda: MemoryGraph(path).refresh())
        told(f"{milestones:,} commits, read for the first time", lambda: long.lines(path))
        memory.commit("one more")
        memory.flush()
        told(f"{milestones:,} commits, when a branch has moved", lambda: long.lines(path))
        told("a search without an index of the memory", lambda: search(path, "decimal receipt"))
        told("the next search", lambda: search(path, "token cache"))
        told("a context of 2,000 tokens", lambda: given(path, "", 2_000, ""))
        told("a context of 4,000 tokens for a task", lambda: given(path, "", 4_000, "mend the parser"))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
