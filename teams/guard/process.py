"""Run one process, bounded in time and output, whatever it prints.

Rule 1: what a command prints is drained as it comes; of more than the limit only head and tail are kept.
Rule 2: nothing is inherited: stdin is /dev/null, the environment is the caller's mapping, other descriptors are closed.
Rule 3: the call ends when the process ends, also if something it left behind still holds the pipe.
"""

import os
import select
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

OUTPUT_LIMIT_BYTES = 64 * 1024
_READ_BYTES = 256 * 1024
_GRACE_S = 5.0


@dataclass(frozen=True, slots=True)
class Finished:
    """How a process ended. ``returncode`` is as in :class:`subprocess.Popen`; ``timed_out`` says we ended it."""

    returncode: int
    timed_out: bool
    output: str
    omitted_bytes: int
    duration_s: float


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
) -> Finished:
    """Run ``argv`` to its end, or ``end`` it after ``timeout_s`` seconds.

    Args:
        end: kills the process and everything it started; called on timeout and when we are interrupted.
        pass_fds: descriptors the process gets besides stdin, stdout and stderr.

    Raises:
        OSError: the program could not be started.
    """
    started = time.monotonic()
    process = subprocess.Popen(
        list(argv),
        env=dict(env),
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        pass_fds=tuple(pass_fds),
        # A session of its own: a Ctrl-C in our terminal is for us to answer, and a group can be killed as one.
        start_new_session=True,
    )
    kept = HeadAndTail(limit_bytes)
    try:
        timed_out = not _drain_until_end(process, kept, started + timeout_s)
        if timed_out:
            end(process)
            _drain_until_end(process, kept, time.monotonic() + _GRACE_S)
        returncode = process.wait(timeout=_GRACE_S)
    except BaseException:
        end(process)
        process.kill()
        process.wait()
        raise
    finally:
        assert process.stdout is not None
        process.stdout.close()
    return Finished(returncode, timed_out, kept.text(), kept.omitted_bytes, time.monotonic() - started)


def _drain_until_end(process: "subprocess.Popen[bytes]", kept: HeadAndTail, deadline: float) -> bool:
    """Read until the process has ended; return False if the deadline (monotonic seconds) came first."""
    assert process.stdout is not None
    stream = process.stdout.fileno()
    os.set_blocking(stream, False)
    open_ = True
    while True:
        # Seen before reading: whatever a dead process wrote is then in the pipe already, and read below.
        ended = process.poll() is not None
        if open_:
            open_ = _read_what_is_there(stream, kept, deadline)
        if ended:
            return True
        left_s = deadline - time.monotonic()
        if left_s <= 0:
            return False
        _wait_for_more(process, stream if open_ else None, left_s)


def _read_what_is_there(stream: int, kept: HeadAndTail, deadline: float) -> bool:
    """Read until the pipe is empty; False when nobody can write to it any more."""
    while time.monotonic() < deadline:
        try:
            chunk = os.read(stream, _READ_BYTES)
        except BlockingIOError:
            return True
        if not chunk:
            return False
        kept.feed(chunk)
    return True


def _wait_for_more(process: "subprocess.Popen[bytes]", stream: int | None, left_s: float) -> None:
    """Sleep until there is output, or for a moment: a process that ends silently is noticed within 20 ms."""
    if stream is not None:
        select.select([stream], [], [], min(left_s, 0.02))
        return
    try:
        process.wait(timeout=left_s)
    except subprocess.TimeoutExpired:
        return
