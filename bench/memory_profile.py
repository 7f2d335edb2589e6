"""Where a milestone's time goes: ``python bench/memory_profile.py [FOLDER]``, also part of ``bench/memory.py``.

Rule 1: shares of the time under the profiler, which makes Python look dearer than it is and the kernel cheaper.
"""

import cProfile
import pstats
import sys
import tempfile
from pathlib import Path

from peers import milestone_text, step_texts

from onecontext import Memory

CALLS = 150
# First match counts: a part of the profiler's name for a function, and what it is told as.
KINDS = {
    "posix.fsync": "fsync",
    "posix.replace": "renames (ext4 starts writing what one replaces)",
    "posix.open": "opening and making files",
    "posix.": "other system calls",
    "io.open": "opening and making files",
    "git": "libgit2: reading objects, the index",
    "zlib": "zlib and SHA-1",
    "_hashlib": "zlib and SHA-1",
    "pathlib": "pathlib",
    "records.py": "records: framing, checksums",
    "packs.py": "packs and trees",
    "tidying.py": "packs and trees",
    "trees.py": "packs and trees",
    "yaml": "YAML",
}


def where_time_goes(folder: Path) -> None:
    """Print the share of each kind of work in a milestone, and in a step."""
    memory = Memory.init(folder, purpose="measure")
    for n in range(40):
        memory.step(*step_texts(n))
        memory.commit(milestone_text(n))
    for name, profiled in (("milestone", cProfile.Profile()), ("step", cProfile.Profile())):
        for n in range(CALLS):
            if name == "step":
                profiled.runcall(memory.step, *step_texts(n))
            else:
                memory.step(*step_texts(n))
                profiled.runcall(memory.commit, milestone_text(n))
        _print(name, pstats.Stats(profiled))


def _print(name: str, stats: pstats.Stats) -> None:
    shares: dict[str, float] = {}
    calls: dict[str, int] = {}
    for (file, _, function), (count, _, own_s, *_) in stats.stats.items():  # type: ignore[attr-defined]
        kind = next((kind for part, kind in KINDS.items() if part in f"{file} {function}"), "the rest of Python")
        shares[kind] = shares.get(kind, 0.0) + own_s
        calls[kind] = calls.get(kind, 0) + count
    total = sum(shares.values())
    print(f"\nwhere the time of a {name} goes ({total / CALLS * 1000:.1f} ms under the profiler)")
    for kind, own_s in sorted(shares.items(), key=lambda item: -item[1]):
        print(f"  {own_s / total:>5.0%}  {calls[kind] / CALLS:>7.1f} calls  {kind}")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(dir=sys.argv[1] if len(sys.argv) > 1 else "/var/tmp") as place:
        where_time_goes(Path(place))
