"""What travelling in time costs: ``python bench/monitor_jumps.py``; ``jumps`` is for bench/monitor.py too.

Rule 1: a journal of 100,000 events, 5,000 tasks and 50 agents, as bench/monitor_load.py makes them.
Rule 2: CPU of the process. A jump is from a random event to another, a step back to the event before; with the picture.
"""

import random
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[1]), str(Path(__file__).parent)]

from monitor_load import Load  # noqa: E402

from tui.sources.recording import Recording, opened  # noqa: E402

EVENTS, TASKS, AGENTS, JUMPS = 100_000, 5_000, 50, 200


def jumps(path: Path) -> list[str]:
    """Return the figures of the journal at ``path``, a line each."""
    begun = time.process_time()
    recording = opened(path)
    recording.read_all()
    read_s = time.process_time() - begun
    chance = random.Random(8)
    places = [chance.randint(1, recording.count) for _ in range(JUMPS)]
    middle = recording.count // 2
    return [
        f"read {recording.count:,} events: {read_s:.1f} s of CPU (goal 3)",
        _figures("jump", recording, places),
        _figures("step back", recording, [middle - step for step in range(min(JUMPS, middle - 1))]),
        f"memory: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB",
    ]


def _figures(what: str, recording: Recording, places: list[int]) -> str:
    took_ms = sorted(_ms(lambda seq=seq: recording.at(seq)) for seq in places)  # type: ignore[misc]
    p95 = took_ms[len(took_ms) * 95 // 100]
    return (
        f"{what}: p50 {statistics.median(took_ms):.0f} ms, p95 {p95:.0f} ms, most {took_ms[-1]:.0f} ms (goal p95 150)"
    )


def _ms(act: Callable[[], object]) -> float:
    begun = time.process_time()
    act()
    return (time.process_time() - begun) * 1e3


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        load = Load(Path(folder) / ".onecontext", tasks=TASKS, agents=AGENTS)
        load.append(load.lines(EVENTS))
        path = next(load.root.glob("teams/*/onecontext/journal.jsonl"))
        print(*jumps(path), sep="\n")


if __name__ == "__main__":
    main()
