"""A program on a real terminal: a pseudo-terminal of its own, what it wrote there and when, and what it took.

Rule 1: the program is the leader of a session whose controlling terminal is ours, as under any terminal emulator.
Rule 2: CPU time is that of all its threads, from the kernel's clock of the process; its wall time says little on a
    machine that others share.
"""

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType

ESCAPES = re.compile(rb"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|P[^\x1b]*\x1b\\|[ -/]*[0-~])")
WHERE, HERE = b"\x1b[6n", b"\x1b[1;1R"
_PROCESS_CLOCK = 2  # linux/posix-timers.h: CPUCLOCK_SCHED of a whole process


class Terminal:
    """A running program and its terminal; ``with`` ends it."""

    def __init__(
        self, argv: Sequence[str], *, cwd: Path, env: Mapping[str, str], size: tuple[int, int] = (120, 36)
    ) -> None:
        self._master, slave = pty.openpty()
        self._resize(slave, size)
        self.settings = termios.tcgetattr(slave)
        self.begun = time.monotonic()
        self.process = subprocess.Popen(
            argv, cwd=cwd, env=dict(env), pass_fds=(slave,), preexec_fn=lambda: os.login_tty(slave)
        )
        self._slave = slave  # kept open, so that what a program left in the terminal's settings can be read
        self.chunks: list[tuple[float, bytes]] = []
        self._closed = threading.Event()
        self._stalled = threading.Event()
        self.answers_after_s: float | None = None
        """How long after it was asked where its cursor is (DSR 6) the terminal says so; None: never."""
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def __enter__(self) -> "Terminal":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _read(self) -> None:
        while not self._closed.is_set():
            if self._stalled.is_set():
                self._closed.wait(0.05)
            elif select.select([self._master], [], [], 0.1)[0]:
                try:
                    chunk = os.read(self._master, 65536)
                except OSError:
                    return
                self.chunks.append((time.monotonic(), chunk))
                if self.answers_after_s is not None and (asked := chunk.count(WHERE)):
                    threading.Timer(self.answers_after_s, self._answer, (asked,)).start()

    def _answer(self, times: int) -> None:
        if not self._closed.is_set():
            os.write(self._master, HERE * times)

    # --- what it wrote ----------------------------------------------------------------------------------------------

    @property
    def raw(self) -> bytes:
        """All bytes that it wrote."""
        return b"".join(chunk for _, chunk in list(self.chunks))

    @property
    def written_bytes(self) -> int:
        """How many."""
        return sum(len(chunk) for _, chunk in list(self.chunks))

    def text(self, since_bytes: int = 0) -> str:
        """Return what it wrote, after so many bytes, without escape sequences."""
        return ESCAPES.sub(b"", self.raw[since_bytes:]).decode("utf-8", "replace")

    def wait_for(self, words: str, *, since_bytes: int = 0, within_s: float = 30.0) -> float:
        """Wait until it wrote ``words`` in one row, and return when (:func:`time.monotonic`)."""
        deadline = time.monotonic() + within_s
        while words not in self.text(since_bytes):
            assert time.monotonic() < deadline, f"{words!r} never appeared: …{self.text(since_bytes)[-2000:]}"
            assert self.process.poll() is None or words in self.text(since_bytes), f"it ended: {self.text()[-2000:]}"
            time.sleep(0.01)
        return time.monotonic()

    # --- what it is told --------------------------------------------------------------------------------------------

    def type(self, keys: str) -> None:
        """Press keys."""
        os.write(self._master, keys.encode())

    def resize(self, columns: int, rows: int) -> None:
        """Give the terminal another size; the kernel tells the program (SIGWINCH)."""
        self._resize(self._slave, (columns, rows))

    @staticmethod
    def _resize(descriptor: int, size: tuple[int, int]) -> None:
        columns, rows = size
        fcntl.ioctl(descriptor, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def stall(self) -> None:
        """Read nothing more, as a line does that hangs, until :meth:`go_on`."""
        self._stalled.set()
        time.sleep(0.2)

    def go_on(self) -> None:
        """Read on."""
        self._stalled.clear()

    def hang_up(self) -> None:
        """Close the terminal, as a lost connection does: the kernel sends SIGHUP to the program."""
        self._closed.set()
        self._reader.join()
        os.close(self._slave)
        os.close(self._master)
        self._slave = self._master = -1

    def wait(self, within_s: float = 60.0) -> int:
        """Wait until the program has ended and return its exit code."""
        return self.process.wait(within_s)

    def close(self) -> None:
        """End the program, however it is, and the terminal."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGCONT)
            self.process.kill()
            self.process.wait()
        self._closed.set()
        self._reader.join()
        for descriptor in (self._slave, self._master):
            if descriptor >= 0:
                os.close(descriptor)
        self._slave = self._master = -1

    # --- what it took, and what it left -----------------------------------------------------------------------------

    @property
    def cpu_s(self) -> float:
        """Seconds of CPU that the running program took so far, user and system, in all threads."""
        return time.clock_gettime((~self.process.pid << 3) | _PROCESS_CLOCK)

    @property
    def rss_mib(self) -> float:
        """Memory that it holds now."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(status.split("VmRSS:")[1].split()[0]) / 1024

    @property
    def state(self) -> str:
        """The state of its process: R, S, T (stopped), …"""
        return Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()[0]

    def is_as_it_was(self) -> bool:
        """Whether the terminal's settings are those that the program found."""
        return termios.tcgetattr(self._slave) == self.settings
