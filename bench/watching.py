"""How soon a change is seen: ``python bench/watching.py [FOLDER]``.

Rule 1: another process writes the time into a file, and the watcher reads it when it is called.
Rule 2: the ways take turns in a round, so that all meet the same machine.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from watchdog.events import FileSystemEvent, FileSystemEventHandler
from watchdog.observers import Observer

from teams.engine.watch import watch

WRITES, ROUNDS, PAUSE_S = 250, 3, 0.02
WRITER = """
import os, sys, time
folder, way, count, pause_s = sys.argv[1], sys.argv[2], int(sys.argv[3]), float(sys.argv[4])
for number in range(count):
    time.sleep(pause_s)
    path = folder + ("/file" if way == "append" else "/.new")
    flags = os.O_WRONLY | os.O_CREAT | (os.O_APPEND if way == "append" else os.O_TRUNC)
    descriptor = os.open(path, flags)
    os.write(descriptor, b"%d\\n" % time.monotonic_ns())
    os.close(descriptor)
    if way == "replace":
        os.rename(path, folder + "/file")
"""


class Seen:
    """Reads the file whenever it is called, and keeps how old each new line was."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lines: set[str] = set()
        self.ages_ms: list[float] = []

    def __call__(self) -> None:
        try:
            lines = self._path.read_text().splitlines()[-20:]
        except FileNotFoundError:
            return
        now = time.monotonic_ns()
        self.ages_ms += [(now - int(line)) / 1e6 for line in lines if line not in self._lines]
        self._lines |= set(lines)


def ours(folder: Path, seen: Seen) -> Callable[[], None]:
    """teams.engine.watch."""
    return watch([folder], seen, calls_per_s=200).close


def observer(folder: Path, seen: Seen) -> Callable[[], None]:
    """watchdog's Observer."""

    class Handler(FileSystemEventHandler):
        def on_any_event(self, event: FileSystemEvent) -> None:
            if event.event_type not in ("opened", "closed_no_write"):
                seen()

    watching = Observer()
    watching.schedule(Handler(), str(folder))
    watching.start()
    return watching.stop


def measured(way: Callable[[Path, Seen], Callable[[], None]], writes: str, parent: str | None) -> list[float]:
    with tempfile.TemporaryDirectory(dir=parent) as name:
        seen = Seen(Path(name) / "file")
        close = way(Path(name), seen)
        subprocess.run([sys.executable, "-c", WRITER, name, writes, str(WRITES), str(PAUSE_S)], check=True)
        time.sleep(0.6)
        close()
    return seen.ages_ms


def main() -> None:
    parent = sys.argv[1] if len(sys.argv) > 1 else None
    print(f"milliseconds from a write to its being read; {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    for writes in ("append", "replace"):
        ages: dict[str, list[float]] = {}
        for _ in range(ROUNDS):
            for way in (ours, observer):
                ages.setdefault(way.__doc__ or "", []).extend(measured(way, writes, parent))
        for name, found in ages.items():
            cut = statistics.quantiles(found, n=100)
            print(
                f"{writes:<8} {name:<22} seen {len(found)} of {WRITES * ROUNDS}"
                f"  p50 {cut[49]:.2f}  p99 {cut[98]:.2f}  max {max(found):.2f}"
            )


if __name__ == "__main__":
    main()
