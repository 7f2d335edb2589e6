"""SIGKILL right after every record of a mission's journal, then resume: ``python bench/mission_kills.py [--every N]``.

Rule 1: each kill has a repository of its own, and is a real one: the process kills itself when its n-th record is on
    the disk. The mission has twelve tasks, three workers, two rejections, messages and something remembered.
Rule 2: what is asked afterwards is asked of journal, memory and branch; see tests/support/mission_kills.py.

Without ``--every`` about five hundred kills, of two to four seconds of CPU each.
"""

import argparse
import os
import shutil
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.support.mission_kills import Warm, kill_and_resume

MOST = 2000


def main() -> None:
    parser = argparse.ArgumentParser(description="Kill a mission after each record of its journal, and resume it.")
    parser.add_argument("--every", type=int, default=1, metavar="N", help="only every N-th record")
    parser.add_argument("--first", type=int, default=1, metavar="N", help="begin with this record")
    args = parser.parse_args()
    began, counts, wrong = time.monotonic(), Counter[str](), 0
    with tempfile.TemporaryDirectory(prefix="onecontext-kills-") as name:
        os.environ |= {"HOME": name, "GIT_CONFIG_GLOBAL": f"{name}/gitconfig"}
        with Warm(Path(name)) as warm:
            for last in range(args.first, MOST, args.every):
                folder = Path(name) / f"at-{last}"
                folder.mkdir()
                came = kill_and_resume(warm, folder, dies_at=last)
                shutil.rmtree(folder)
                if came.how == "unkilled":
                    break
                counts[came.how] += 1
                wrong += bool(came.problems)
                for problem in came.problems:
                    print(f"record {last} ({came.after}): {problem}", flush=True)
    kills = sum(counts.values())
    print(
        f"{kills} kills, one after each{f' {args.every}th' if args.every > 1 else ''} record of a mission of 12 tasks"
    )
    print(f"{counts['resumed']} resumed to done, {counts['over']} were over by then, {counts['unbegun']} had not begun")
    print(f"{kills - wrong} without a task done twice, an effect repeated or anything left; {wrong} with")
    print(f"{time.monotonic() - began:.0f} s")


if __name__ == "__main__":
    main()
