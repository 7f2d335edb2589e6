"""The monitor on a line: the part ``ssh`` of ``python bench/monitor.py``; with a real sshd where there is one.

Rule 1: the same views here and as through ssh, at rest and at 100 events a second, beside a DataTable made the obvious
        way: CPU of the monitor and bytes to the terminal, which is what goes through the line.
Rule 2: a slow line is a proxy in front of sshd that passes so many bytes a second on, each of them late.
"""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from monitor_load import Load, environment

from tests.support.terminal import Terminal

SSHD = shutil.which("sshd") or next((path for path in ("/usr/sbin/sshd",) if os.access(path, os.X_OK)), None)
LATE_S, RATE_BYTES = 0.2, 30_000
_BUFFER_BYTES = 65_536


def measure(terminal: Terminal, during: Callable[[], None]) -> str:
    """Return the CPU and the bytes of a screen while something happens."""
    cpu_s, size, begun_s = terminal.cpu_s, terminal.written_bytes, time.monotonic()
    during()
    took_s = time.monotonic() - begun_s
    share = 100 * (terminal.cpu_s - cpu_s) / took_s
    return f"{share:5.1f} % {(terminal.written_bytes - size) / took_s / 1024:6.1f} KiB/s"


def stall(terminal: Terminal, load: Load, feed: Callable[[float], None], for_s: float = 30.0) -> str:
    """Stop reading what the screen writes, and say what that takes and what comes afterwards."""
    memory_mib, cpu_s = terminal.rss_mib, terminal.cpu_s
    terminal.stall()
    feed(for_s)
    word = f"mark{time.monotonic_ns()}"
    load.append([load.message(word)])
    told = f"{100 * (terminal.cpu_s - cpu_s) / for_s:.1f} % of a core, {terminal.rss_mib - memory_mib:+.1f} MiB"
    size, begun_s = terminal.written_bytes, time.monotonic()
    terminal.go_on()
    with contextlib.suppress(AssertionError):  # a table of tasks shows no message
        terminal.wait_for(word, since_bytes=size, within_s=5)
    took_s = time.monotonic() - begun_s
    time.sleep(1)
    kib = (terminal.written_bytes - size) / 1024
    return f"{told}; then {kib:.0f} KiB, the newest " + (f"after {took_s:.1f} s" if took_s < 5 else "not shown")


@contextlib.contextmanager
def sshd(folder: Path) -> Iterator[tuple[int, list[str]]]:
    """A server on loopback for whoever runs this: its port, and how ssh is told to believe it."""
    assert SSHD is not None
    for name in ("host", "own"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", folder / name], check=True)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    (folder / "config").write_text(
        f"Port {port}\nListenAddress 127.0.0.1\nHostKey {folder}/host\nAuthorizedKeysFile {folder}/own.pub\n"
        f"PidFile none\nUsePAM no\nStrictModes no\nPermitRootLogin yes\nPasswordAuthentication no\n"
    )
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(exist_ok=True)
    server = subprocess.Popen([SSHD, "-D", "-f", folder / "config", "-E", folder / "log"])
    options = ["-F", "none", "-q", "-tt", "-i", str(folder / "own"), "-o", "StrictHostKeyChecking=no"]
    try:
        yield port, [*options, "-o", "UserKnownHostsFile=/dev/null", "-o", "ConnectionAttempts=20"]
    finally:
        server.terminate()
        server.wait()


class Line:
    """A line to a port here: ``late_s`` there and back, ``rate_bytes`` a second each way; 0: as many as go."""

    def __init__(self, port: int, late_s: float, rate_bytes: float) -> None:
        self._to, self._late_s, self._rate_bytes = port, late_s, rate_bytes
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = self._server.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            near, _ = self._server.accept()
            far = socket.create_connection(("127.0.0.1", self._to))
            for one, other in ((near, far), (far, near)):
                one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER_BYTES)
                threading.Thread(target=self._pass_on, args=(one, other), daemon=True).start()

    def _pass_on(self, one: socket.socket, other: socket.socket) -> None:
        late: deque[tuple[float, bytes]] = deque()
        more = threading.Condition()

        def write() -> None:
            while True:
                with more:
                    while not late:
                        more.wait()
                    due_s, piece = late.popleft()
                    more.notify_all()
                time.sleep(
                    max(0.0, due_s - time.monotonic()) + (len(piece) / self._rate_bytes if self._rate_bytes else 0)
                )
                if not piece:
                    return other.close()
                other.sendall(piece)

        threading.Thread(target=_until_closed(write), daemon=True).start()
        piece = b"."
        while piece:
            try:
                piece = one.recv(8_192)
            except OSError:
                piece = b""
            with more:
                while sum(len(piece) for _, piece in late) > _BUFFER_BYTES:
                    more.wait()
                late.append((time.monotonic() + self._late_s / 2, piece))
                more.notify_all()


def _until_closed(work: Callable[[], Any]) -> Callable[[], None]:
    def run() -> None:
        with contextlib.suppress(OSError):
            work()

    return run


def through_sshd(load: Load, monitor: Sequence[str], feed: Callable[[float], None]) -> Iterator[str]:
    """Yield how late the log of a busy team is on a slow line, and what comes after a line that stood still."""
    if SSHD is None or not shutil.which("ssh"):
        yield "no sshd here (Debian: sudo apt install openssh-server): a real line was not measured"
        return
    with tempfile.TemporaryDirectory() as folder, sshd(Path(folder)) as (port, options):
        for name, line in (
            ("", Line(port, LATE_S, 0)),
            (f", {RATE_BYTES:,} bytes a second", Line(port, LATE_S, RATE_BYTES)),
        ):
            words = " ".join(f"'{word}'" for word in monitor)
            path = f"PYTHONPATH={os.environ.get('PYTHONPATH', '')}"
            there = f"cd {load.root.parent} && TERM=xterm-256color COLORTERM=truecolor {path} exec {words}"
            argv = ["ssh", *options, "-p", str(line.port), "127.0.0.1", there]
            with Terminal(argv, cwd=load.root.parent, env=environment()) as terminal:
                terminal.answers_after_s = 0.0
                terminal.wait_for("tasks", within_s=60)
                for key in "33":
                    time.sleep(1)
                    terminal.type(key)
                yield f"sshd, {1000 * LATE_S:.0f} ms{name}: " + _lateness(terminal, load, feed)
                if not name:
                    yield "  ssh stopped for 30 s: " + _stopped(terminal, load, feed)


def _lateness(terminal: Terminal, load: Load, feed: Callable[[float], None]) -> str:
    ages_s, size, begun_s = [], terminal.written_bytes, time.monotonic()
    for number in range(4):
        feed(5.0)
        said_s, seen = time.monotonic(), terminal.written_bytes
        load.append([load.message(word := f"late{number:04d}{time.monotonic_ns()}")])
        ages_s.append(terminal.wait_for(word, since_bytes=seen, within_s=120) - said_s)
    rate = (terminal.written_bytes - size) / (time.monotonic() - begun_s) / 1024
    return "a line of the log is seen after " + ", ".join(f"{age:.1f}" for age in ages_s) + f" s; {rate:.0f} KiB/s"


def _stopped(terminal: Terminal, load: Load, feed: Callable[[float], None]) -> str:
    terminal.process.send_signal(signal.SIGSTOP)
    feed(30.0)
    load.append([load.message(word := f"mark{time.monotonic_ns()}")])
    size, begun_s = terminal.written_bytes, time.monotonic()
    terminal.process.send_signal(signal.SIGCONT)
    seen_s = terminal.wait_for(word, since_bytes=size, within_s=120)
    return f"back after {seen_s - begun_s:.1f} s and {(terminal.written_bytes - size) / 1024:.0f} KiB"
