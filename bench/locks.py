"""What a lock costs alone, and how several processes share one: ``python bench/locks.py [FOLDER]``.

Rule 1: the ways take turns in a round; every process does nothing but take the lock, hold it for about 1 ms, and again.
"""

import fcntl
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from multiprocessing import get_context
from multiprocessing.queues import Queue
from multiprocessing.synchronize import Event
from pathlib import Path

from onecontext.store.locks import held

PROCESSES, HOLD_S, RUN_S, ROUNDS = 8, 0.001, 2.0, 3
LOOP = 3000

Way = Callable[[Path], AbstractContextManager[None]]


@contextmanager
def tried(path: Path) -> Iterator[None]:
    """flock(2), tried again after random pauses of up to 20 ms."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    pause_s = 0.0005
    try:
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                time.sleep(pause_s * (0.5 + os.urandom(1)[0] / 255))
                pause_s = min(pause_s * 1.5, 0.02)
        yield
    finally:
        os.close(descriptor)


@contextmanager
def blocking(path: Path) -> Iterator[None]:
    """flock(2), waiting in the kernel: without an end."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


WAYS: dict[str, Way] = {"flock, tried now and then": tried, "flock, blocking": blocking, "held": held}


def alone_us(way: Way, path: Path) -> float:
    began = time.perf_counter()
    for _ in range(LOOP):
        with way(path):
            pass
    return (time.perf_counter() - began) / LOOP * 1e6


def work(name: str, path: Path, start: Event, results: "Queue[tuple[int, float, float]]") -> None:
    start.wait()
    times, longest_s = 0, 0.0
    end = time.monotonic() + RUN_S
    while (began := time.monotonic()) < end:
        with WAYS[name](path):
            longest_s = max(longest_s, time.monotonic() - began)
            time.sleep(HOLD_S)
        times += 1
    results.put((times, longest_s, time.process_time()))


def shared(name: str, path: Path) -> list[tuple[int, float, float]]:
    """Return what each process got: how often, its longest wait, its CPU time."""
    processes = get_context("fork")
    start, results = processes.Event(), processes.Queue()
    workers = [processes.Process(target=work, args=(name, path, start, results)) for _ in range(PROCESSES)]
    for worker in workers:
        worker.start()
    start.set()
    got = [results.get() for _ in workers]
    for worker in workers:
        worker.join()
    return got


def main(folder: Path) -> None:
    alone: dict[str, list[float]] = {name: [] for name in WAYS}
    rounds: dict[str, list[list[tuple[int, float, float]]]] = {name: [] for name in WAYS}
    for number in range(ROUNDS):
        for place, (name, way) in enumerate(WAYS.items()):
            path = folder / f"{number}-{place}.lock"
            alone[name].append(alone_us(way, path))
            rounds[name].append(shared(name, path))
    print(f"{PROCESSES} processes, {HOLD_S * 1000:g} ms each time, {RUN_S:g} s; medians of {ROUNDS} rounds\n")
    print("| lock | alone, µs | taken per s | fewest and most of one process | longest wait, ms | CPU per time, µs |")
    print("|---|---|---|---|---|---|")
    for name in WAYS:
        median = statistics.median
        total = median(sum(times for times, _, _ in got) for got in rounds[name])
        fewest = median(min(times for times, _, _ in got) for got in rounds[name])
        most = median(max(times for times, _, _ in got) for got in rounds[name])
        longest_s = median(max(wait for _, wait, _ in got) for got in rounds[name])
        cpu_s = median(sum(cpu for _, _, cpu in got) / sum(times for times, _, _ in got) for got in rounds[name])
        cells = f"{total / RUN_S:.0f} | {fewest:g}–{most:g} | {longest_s * 1000:.0f} | {cpu_s * 1e6:.0f}"
        print(f"| {name} | {median(alone[name]):.1f} | {cells} |")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(dir=sys.argv[1] if len(sys.argv) > 1 else "/var/tmp") as place:
        main(Path(place))
