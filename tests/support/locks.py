"""Processes that wait for a lock, and what they report: each writes its name when it has the lock."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

PATIENCE_S = 60.0
WAIT = """
import sys
from pathlib import Path
from onecontext.store.locks import held
lock, report, name, wait_s, stays = sys.argv[1:]
with held(Path(lock), wait_s=float(wait_s)):
    with open(report, "a") as out:
        print(name, file=out)
    if stays == "stays":
        sys.stdin.read()
"""


def till(happened: Callable[[], object]) -> None:
    """Return when ``happened`` is true; fail when it never is."""
    deadline = time.monotonic() + PATIENCE_S
    while not happened():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.002)


class Crowd:
    """Processes at one lock."""

    def __init__(self, folder: Path) -> None:
        self.lock = folder / "some.lock"
        self.line = folder / "some.lock.queue"
        self._report = folder / "landed"
        self._processes: list[subprocess.Popen[str]] = []

    def landed(self) -> list[str]:
        """Return who has had the lock, in order."""
        return self._report.read_text().split() if self._report.exists() else []

    def tickets(self) -> set[str]:
        try:
            return {path.name for path in self.line.iterdir()}
        except FileNotFoundError:
            return set()

    def start(self, name: str, *, wait_s: float = PATIENCE_S, stays: bool = False) -> "subprocess.Popen[str]":
        """Start a process that takes the lock; one that stays keeps it until its stdin is closed."""
        words = [str(self.lock), str(self._report), name, str(wait_s), "stays" if stays else "goes"]
        process = subprocess.Popen(
            [sys.executable, "-c", WAIT, *words], stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        self._processes.append(process)
        return process

    def holder(self, name: str) -> "subprocess.Popen[str]":
        process = self.start(name, stays=True)
        till(lambda: name in self.landed())
        return process

    def waiter(self, name: str, *, wait_s: float = PATIENCE_S, stays: bool = False) -> "subprocess.Popen[str]":
        """Start a process and return when it stands in line."""
        before = self.tickets()
        process = self.start(name, wait_s=wait_s, stays=stays)
        till(lambda: any(map(self._is_kept, self.tickets() - before)))
        return process

    def _is_kept(self, ticket: str) -> bool:
        """Say whether its waiter has opened it: until then it counts for nobody's."""
        try:
            os.close(os.open(self.line / ticket, os.O_WRONLY | os.O_NONBLOCK))
        except OSError:
            return False
        return True

    def end(self) -> None:
        for process in self._processes:
            process.kill()
            process.communicate()


@contextmanager
def crowd_at(folder: Path) -> Iterator[Crowd]:
    crowd = Crowd(folder)
    try:
        yield crowd
    finally:
        crowd.end()


def ended_well(process: "subprocess.Popen[str]") -> bool:
    """Let a process go on to its end, and say whether it succeeded."""
    process.communicate(timeout=PATIENCE_S)
    return process.returncode == 0
