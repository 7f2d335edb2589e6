"""What a search takes in a memory of many branches. ``python bench/recall_branches.py [--branches N]``

Rule 1: each branch is a ref and an empty log in a work tree, as a search looks at them; they share what they tell.
Rule 2: CPU time of this process, as other work on the machine does not add to it.
"""

import argparse
import statistics
import tempfile
from pathlib import Path

from recall_speed import timed

from onecontext import Memory


def main() -> None:
    """Measure, as the arguments say."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--branches", type=int, default=5000)
    count = parser.parse_args().branches
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        memory = Memory.init(Path(folder), agent="ann", durability="none")
        memory.step("the drawer sticks")
        memory.commit("It opens.")
        memory.create_branch("first")
        memory.flush()
        for number in range(count - 2):
            name = f"task-{number}.1a2b3c"
            memory.layout.ref(name).write_text(f"{memory.layout.tip('first')}\n")
            log = memory.layout.linked_folder() / name / "branches" / name / "log.md"
            log.parent.mkdir(parents=True)
            log.touch()
        made = timed(lambda: memory.search("drawer"))
        later = statistics.median(timed(lambda: memory.search("drawer")) for _ in range(15))
    print(f"{count:,} branches: the first search {made:.1f} s, a later one {1e3 * later:.0f} ms")


if __name__ == "__main__":
    main()
