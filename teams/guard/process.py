"""Run one process, bounded in time and output, whatever it prints.

Rule 1: what a command prints is drained as it comes; of more than the limit only head and tail are kept.
Rule 2: nothing is inherited: stdin is empty or a text, the environment is the caller's mapping, other descriptors are
    closed.
Rule 3: the call ends when the process ends, also if something it left behind still holds the pipe.
"""

import os
import select
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

OUTPUT_LIMIT_BYTES = 64 * 1024
_READ_BYTES = 256 * 1024
_GRACE_S = 5.0
_LOOK_S = 0.25
OnOutput = Callable[[bytes], None]


@dataclass(frozen=True, slots=True)
class Finished:
    """How a process ended. ``returncode`` is as in :class:`subprocess.Popen`.

    ``timed_out``: we ended it because its time was over; ``stopped``: because we were told to.
    """

    returncode: int
    timed_out: bool
    output: str
    omitted_bytes: int
    duration_s: float
    stopped: bool = False


class HeadAndTail:
    """Keeps the first and the last bytes of a stream, half of ``limit_bytes`` each."""

    def __init__(self, limit_bytes: int = OUTPUT_LIMIT_BYTES) -> None:
        # Room for the sentence between the halves is taken off first, so that the text keeps the limit too.
        self._half = max(limit_bytes - 64, 2) // 2
        self._head = bytearray()
        self._tail = bytearray()
        self._dropped = 0

    def feed(self, chunk: bytes) -> None:
        """Take in the next bytes; costs no more memory than the limit and one chunk."""
        room = self._half - len(self._head)
        self._head += chunk[:room]
        self._tail += chunk[room:] if room > 0 else chunk
        excess = len(self._tail) - self._half
        if excess > 0:
            del self._tail[:excess]
            self._dropped += excess

    @property
    def omitted_bytes(self) -> int:
        return self._dropped

    def text(self) -> str:
        """Return what was kept; bytes that are no UTF-8 become U+FFFD."""
        if not self._dropped:
            return (self._head + self._tail).decode("utf-8", errors="replace")
        gap = f"\n… {self._dropped:,} bytes left out …\n"
        return self._head.decode("utf-8", errors="ignore") + gap + self._tail.decode("utf-8", errors="replace")


def run_process(
    argv: Sequence[str],
    *,
    env: Mapping[str, str],
    cwd: Path,
    timeout_s: float,
    end: Callable[["subprocess.Popen[bytes]"], None],
    pass_fds: Sequence[int] = (),
    limit_bytes: int = OUTPUT_LIMIT_BYTES,
    text: str | None = None,
    stop: threading.Event | None = None,
    on_output: OnOutput | None = None,
) -> Finished:
    """Run ``argv`` to its end, or ``end`` it after ``timeout_s`` seconds, or when ``stop`` is set.

    Args:
        end: kills the process and everything it started; called on timeout and when we are interrupted.
        pass_fds: descriptors the process gets besides stdin, stdout and stderr.
        text: what it reads on its stdin; None is nothing.
        on_output: is given what it prints, as it comes, all of it.

    Raises:
        OSError: the program could not be started.
    """
    with _readable(text) as given:
        return _run(argv, env, cwd, timeout_s, end, pass_fds, HeadAndTail(limit_bytes), given, stop, on_output)


def _run(
    argv: Sequence[str],
    env: Mapping[str, str],
    cwd: Path,
    timeout_s: float,
    end: Callable[["subprocess.Popen[bytes]"], None],
    pass_fds: Sequence[int],
    kept: HeadAndTail,
    given: "IO[bytes] | int",
    stop: threading.Event | None,
    on_output: OnOutput | None,
) -> Finished:
    started = time.monotonic()
    process = subprocess.Popen(
        list(argv),
        env=dict(env),
        cwd=cwd,
        stdin=given,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        pass_fds=tuple(pass_fds),
        # A session of its own: a Ctrl-C in our terminal is for us to answer, and a group can be killed as one.
        start_new_session=True,
    )
    drained = _Drain(process, kept, on_output)
    try:
        ended = drained.until_end(started + timeout_s, stop)
        # Asked once: an order that comes later has not ended what is over.
        stopped = not ended and stop is not None and stop.is_set()
        if not ended:
            end(process)
            drained.until_end(time.monotonic() + _GRACE_S, None)
        returncode = process.wait(timeout=_GRACE_S)
    except BaseException:
        # Whatever it was, ^C too: nobody is left who would end it. It is raised again.
        end(process)
        process.kill()
        process.wait()
        raise
    finally:
        assert process.stdout is not None
        process.stdout.close()
    return Finished(
        returncode, not ended and not stopped, kept.text(), kept.omitted_bytes, time.monotonic() - started, stopped
    )


@contextmanager
def _readable(text: str | None) -> "Iterator[IO[bytes] | int]":
    """Give what a process reads ``text`` from: a file, not a pipe, so that one that never reads cannot block us."""
    if text is None:
        yield subprocess.DEVNULL
        return
    with tempfile.TemporaryFile() as file:
        file.write(text.encode("utf-8", "replace"))
        file.seek(0)
        yield file


class _Drain:
    """Reads what a process prints: into ``kept``, and to ``on_output``, where somebody wants it as it comes."""

    def __init__(self, process: "subprocess.Popen[bytes]", kept: HeadAndTail, on_output: OnOutput | None) -> None:
        assert process.stdout is not None
        self._process = process
        self._stream = process.stdout.fileno()
        self._kept = kept
        self._on_output = on_output
        self._open = True
        os.set_blocking(self._stream, False)

    def until_end(self, deadline: float, stop: threading.Event | None) -> bool:
        """Read until the process has ended; False if the deadline (monotonic seconds) or ``stop`` came first."""
        while True:
            # Seen before reading: whatever a dead process wrote is then in the pipe already, and read below.
            ended = self._process.poll() is not None
            if self._open:
                self._open = self._read_what_is_there(deadline)
            if ended:
                return True
            left_s = deadline - time.monotonic()
            if left_s <= 0 or (stop is not None and stop.is_set()):
                return False
            self._wait_for_more(left_s if stop is None else min(left_s, _LOOK_S))

    def _read_what_is_there(self, deadline: float) -> bool:
        """Read until the pipe is empty; False when nobody can write to it any more."""
        while time.monotonic() < deadline:
            try:
                chunk = os.read(self._stream, _READ_BYTES)
            except BlockingIOError:
                return True
            if not chunk:
                return False
            self._kept.feed(chunk)
            if self._on_output is not None:
                self._on_output(chunk)
        return True

    def _wait_for_more(self, left_s: float) -> None:
        """Sleep until there is output, or for a moment: a process that ends silently is noticed within 20 ms."""
        if self._open:
            select.select([self._stream], [], [], min(left_s, 0.02))
            return
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout=left_s)
