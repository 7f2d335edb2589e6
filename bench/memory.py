"""``make bench``: what a step, a milestone and a look back cost, beside what a user would pick instead.

Rule 1: peers take turns within a round, so that a busy machine slows all alike; figures are medians, and ratios are
        medians of the ratios within a round.
Rule 2: wall times are of this disk and this machine's other work; CPU is user + system, children included.
Rule 3: each figure stands beside its goal, reached or not.
"""

import argparse
import contextlib
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from memory_load import growth, writers
from memory_profile import where_time_goes
from peers import Peer, fsyncs, installed, milestone_text, raw_bytes

from onecontext import Memory

FLOOR, OURS = "one append + fsync", "onecontext"
GOALS = {"step": "1.5 × the floor", "commit": "3 × the floor"}


class Cost(NamedTuple):
    """Milliseconds of one call."""

    wall_ms: float
    cpu_ms: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--full", action="store_true", help="10,000 commits and 50,000 steps: some minutes")
    parser.add_argument("--rounds", type=int, default=30, help="calls of each kind and peer (default: 30)")
    parser.add_argument("--folder", type=Path, default=Path("/var/tmp"), help="on the disk to measure, not a tmpfs")
    args = parser.parse_args()
    commits, steps = (10_000, 50_000) if args.full else (300, 2_000)
    with tempfile.TemporaryDirectory(dir=args.folder) as name:
        folder = Path(name)
        print(f"on {_file_system(folder)}, {os.cpu_count()} processors, Python {sys.version.split()[0]}")
        side_by_side(folder, args.rounds)
        writers(folder, commits=100 if not args.full else 500, title=title)
        memory = growth(folder, commits=commits, steps=steps, measured=measured, title=title)
        looking_back(memory, commits, folder, args.rounds)
        size(memory, commits)
        (folder / "profiled").mkdir()
        where_time_goes(folder / "profiled")


def side_by_side(folder: Path, rounds: int) -> None:
    """Print what a step and a commit cost with each peer, and the fsyncs of the two together."""
    makers = installed()
    peers: dict[str, Peer] = {}
    for name, make in makers.items():
        place = folder / name.replace(" ", "-")
        place.mkdir()
        peers[name] = make(place)
    costs: dict[str, dict[str, list[Cost]]] = {kind: {name: [] for name in peers} for kind in GOALS}
    for n in range(rounds + 3):
        for name, peer in peers.items():
            for kind, call in (("step", peer.step), ("commit", peer.commit)):
                cost = measured(lambda call=call, n=n: call(n))
                if n >= 3:  # the first calls import and make folders
                    costs[kind][name].append(cost)
    syncs = {name: fsyncs(name, folder) for name in peers}
    for kind, goal in GOALS.items():
        title(f"One {kind}, medians of {rounds} rounds; goal for {OURS}: {goal} of wall time")
        print(f"{'':<24}{'wall ms':>9}{'CPU ms':>9}{'× floor':>9}  fsyncs of step + commit")
        for name in peers:
            ratio = paired(costs[kind][name], costs[kind][FLOOR])
            wall, cpu = medians(costs[kind][name])
            told = "no strace" if syncs[name] is None else f"{syncs[name]:g}"
            print(f"{name:<24}{wall:>9.2f}{cpu:>9.2f}{ratio:>9.1f}  {told}")


def looking_back(memory: Memory, commits: int, folder: Path, rounds: int) -> None:
    """Print what the last five milestones cost: warm, as context, and as a command; contexa beside it."""
    calls: dict[str, Callable[[], object]] = {
        "milestones(limit=5), warm": lambda: memory.milestones(limit=5),
        "context(k=5), warm": lambda: memory.context(k=5),
    }
    if "contexa" in installed_quietly():
        from contexa import GCCWorkspace
        from contexa.models import CommitRecord

        place = folder / "contexa-long"
        place.mkdir()
        workspace = GCCWorkspace(str(place))
        workspace.init("measure")
        records = (
            CommitRecord(f"{n:08x}", "main", "measure", milestone_text(n - 1), milestone_text(n), "2026-01-01")
            for n in range(commits)
        )
        text = "".join(record.to_markdown() for record in records)
        with (place / ".GCC" / "branches" / "main" / "commit.md").open("a") as file:
            file.write(text)
        calls["contexa: context(k=5), warm"] = lambda: workspace.context(k=5)
    title(f"The last 5 of {commits:,} milestones; goals: under 1 ms warm, under 80 ms CPU as a command")
    print(f"{'':<32}{'wall ms':>9}{'CPU ms':>9}")
    for name, call in calls.items():
        call()
        wall, cpu = medians([measured(call) for _ in range(rounds if "contexa" not in name else 5)])
        print(f"{name:<32}{wall:>9.2f}{cpu:>9.2f}")
    words = {"python -c pass": ["-c", "pass"], "onecontext context -k 5": ["-m", "onecontext", "context", "-k", "5"]}
    words["onecontext step"] = ["-m", "onecontext", "step", "-o", "seen"]
    for name, arguments in words.items():

        def command(arguments: list[str] = arguments) -> None:
            subprocess.run([sys.executable, *arguments], cwd=memory.path.parent, check=True, capture_output=True)

        command()
        wall, cpu = medians([measured(command) for _ in range(7)])
        print(f"{name:<32}{wall:>9.2f}{cpu:>9.2f}")


def size(memory: Memory, commits: int) -> None:
    """Print the repository's bytes against the texts', before and after ``git gc``."""
    raw, (records, _) = raw_bytes(commits), _bytes(memory.path / "branches")
    title(f"Size after {commits:,} commits; goal: 1.5 × the raw text, before and after git gc")
    print(f"{'':<40}{'bytes':>14}  × texts  × records")
    print(f"{'texts as they were handed in':<40}{raw:>14,}{1:>9.2f}{raw / records:>11.2f}")
    print(f"{'records (with frames and summaries)':<40}{records:>14,}{records / raw:>9.2f}{1:>11.2f}")
    for when in ("before", "after"):
        if when == "after":
            subprocess.run(["git", "-C", str(memory.path), "gc", "-q"], check=True, capture_output=True)
        for what, size_bytes in zip(("files", "disk"), _bytes(memory.path / ".git" / "objects"), strict=True):
            name = f"git objects {when} git gc, {what}"
            print(f"{name:<40}{size_bytes:>14,}{size_bytes / raw:>9.2f}{size_bytes / records:>11.2f}")
    subprocess.run(["git", "-C", str(memory.path), "fsck", "--strict", "--no-dangling"], check=True)


def measured(call: Callable[[], object]) -> Cost:
    """Run ``call`` once and return what it cost."""
    before, started = _cpu_s(), time.perf_counter()
    call()
    ended = time.perf_counter()
    return Cost((ended - started) * 1000, (_cpu_s() - before) * 1000)


def medians(costs: list[Cost]) -> Cost:
    """Return the median of each."""
    return Cost(statistics.median(cost.wall_ms for cost in costs), statistics.median(cost.cpu_ms for cost in costs))


def paired(costs: list[Cost], floor: list[Cost]) -> float:
    """Return the median of the ratios of wall time within each round."""
    return statistics.median(mine.wall_ms / low.wall_ms for mine, low in zip(costs, floor, strict=True))


def installed_quietly() -> set[str]:
    """Return the names of the peers that are there."""
    with contextlib.redirect_stdout(None):
        return set(installed())


def title(text: str) -> None:
    print(f"\n{text}\n{'-' * len(text)}")


def _cpu_s() -> float:
    used = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in used)


def _bytes(folder: Path) -> tuple[int, int]:
    found = [path.stat() for path in folder.rglob("*") if path.is_file()]
    return sum(status.st_size for status in found), sum(status.st_blocks * 512 for status in found)


def _file_system(folder: Path) -> str:
    ran = subprocess.run(["stat", "-f", "-c", "%T", str(folder)], capture_output=True, text=True, check=False)
    return ran.stdout.strip() or "an unknown file system"


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        main()
