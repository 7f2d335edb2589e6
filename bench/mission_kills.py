"""SIGKILL right after every record of a mission's journal, then resume: ``python bench/mission_kills.py``.

Rule 1: each kill has a repository of its own, and is a real one: the process kills itself when its n-th record is on
    the disk. The mission has twelve tasks, three workers, two rejections, messages and something remembered.
Rule 2: what is asked afterwards is asked of journal, memory and branch; see tests/support/mission_kills.py.

About five hundred kills, of two to four seconds of CPU each; ``--every N`` takes every N-th record alone.
"""

import argparse
import itertools
import os
import shutil
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.support.mission_kills import Came, Warm, kill_and_resume


class Sweep:
    """Kills one after another; several threads share one, each with a process of its own that is forked."""

    def __init__(self, folder: Path, numbers: Iterator[int]) -> None:
        self._folder = folder
        self._numbers = numbers
        self._one = threading.Lock()
        self.counts = Counter[str]()
        self.wrong = 0

    def work_off(self) -> None:
        with Warm(self._folder / threading.current_thread().name) as warm:
            while not self.counts["unkilled"]:
                with self._one:
                    last = next(self._numbers)
                folder = self._folder / f"at-{last}"
                folder.mkdir()
                self._tell(last, kill_and_resume(warm, folder, dies_at=last))
                shutil.rmtree(folder, ignore_errors=True)

    def _tell(self, last: int, came: Came) -> None:
        with self._one:
            self.counts[came.how] += 1
            self.wrong += bool(came.problems)
            for problem in came.problems:
                print(f"record {last} ({came.how} after {came.after}): {problem}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description="Kill a mission after each record of its journal, and resume it.")
    parser.add_argument("--every", type=int, default=1, metavar="N", help="only every N-th record")
    parser.add_argument("--first", type=int, default=1, metavar="N", help="begin with this record")
    parser.add_argument("--jobs", type=int, default=1, metavar="N", help="so many at once")
    args = parser.parse_args()
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="onecontext-kills-", ignore_cleanup_errors=True) as name:
        os.environ |= {"HOME": name, "GIT_CONFIG_GLOBAL": f"{name}/gitconfig"}
        sweep = Sweep(Path(name), itertools.count(args.first, args.every))
        threads = [threading.Thread(target=sweep.work_off, name=f"job-{number}") for number in range(args.jobs)]
        for thread in threads:
            (Path(name) / thread.name).mkdir()
            thread.start()
        for thread in threads:
            thread.join()
    counts = sweep.counts
    kills = counts.total() - counts["unkilled"]
    which = "record" if args.every == 1 else f"{args.every}th record"
    print(f"{kills} kills, one after each {which} of a mission of 12 tasks")
    print(f"{counts['resumed']} resumed, {counts['over']} were over by then, {counts['unbegun']} had not begun")
    right = kills - sweep.wrong
    print(f"{right} ended as done, with no finished task run again and no effect repeated; {sweep.wrong} not")
    print(f"{time.monotonic() - began:.0f} s")


if __name__ == "__main__":
    main()
