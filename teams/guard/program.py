"""Run a program that a person named on a text: the text on its stdin, its answer on stdout.

Rule 1: it is the person's own: it has their environment and rights. Nothing an agent wrote becomes part of its command.
Rule 2: it dies as one, with all it started, when its time is over, when it is stopped, and when our process is killed.
Rule 3: what it prints is drained as it comes; of more than the limit only head and tail are kept.
"""

import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Literal

from teams.guard.process import HeadAndTail

_REAPER = Path(__file__).with_name("_reaper.py")
_LOOK_S = 0.05
_GRACE_S = 5.0
Ended = Literal["by itself", "timeout", "stopped"]


@dataclass(frozen=True, slots=True)
class Ran:
    """How it went. ``exit_code`` is 128 + the signal when a signal ended it; texts are cut in the middle."""

    exit_code: int
    ended: Ended
    stdout: str
    stderr: str


def run_program(
    argv: Sequence[str],
    *,
    text: str,
    env: Mapping[str, str],
    cwd: Path,
    timeout_s: float,
    stop: threading.Event,
    limit_bytes: int,
) -> Ran:
    """Run ``argv`` with ``text`` on its stdin, to its end, for ``timeout_s`` seconds, or until ``stop`` is set.

    Args:
        limit_bytes: of stdout and of stderr, each.

    Raises:
        OSError: no process could be started. That ``argv[0]`` is no program is exit code 126 or 127.
    """
    control, held = os.pipe()
    try:
        with tempfile.TemporaryFile() as given:
            # A file, not a pipe: a program that never reads cannot block us.
            given.write(text.encode("utf-8", "replace"))
            given.seek(0)
            process = subprocess.Popen(
                [sys.executable, "-I", "-S", str(_REAPER), str(control), *argv],
                stdin=given,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=dict(env),
                cwd=cwd,
                pass_fds=[control],
                start_new_session=True,
            )
        with process:
            assert process.stdout is not None
            assert process.stderr is not None
            pipes = [_Drained(process.stdout, limit_bytes), _Drained(process.stderr, limit_bytes)]
            ended = _wait(process, time.monotonic() + timeout_s, stop)
            # Closing our end is the order to kill all; the reaper has done so already when the program ended by itself.
            os.close(held)
            held = -1
            _end(process)
            out, err = (pipe.text() for pipe in pipes)
    finally:
        os.close(control)
        if held >= 0:
            os.close(held)
    code = process.returncode
    return Ran(128 - code if code < 0 else code, ended, out, err)


class _Drained:
    """What comes through a pipe, read by a thread so that neither pipe can fill up while the other is read."""

    def __init__(self, pipe: IO[bytes], limit_bytes: int) -> None:
        self._kept = HeadAndTail(limit_bytes)
        self._pipe = pipe
        self._thread = threading.Thread(target=self._drain, name="drain", daemon=True)
        self._thread.start()

    def _drain(self) -> None:
        while chunk := os.read(self._pipe.fileno(), 65536):
            self._kept.feed(chunk)

    def text(self) -> str:
        self._thread.join(_GRACE_S)
        return self._kept.text()


def _wait(process: "subprocess.Popen[bytes]", deadline: float, stop: threading.Event) -> Ended:
    while True:
        with suppress(subprocess.TimeoutExpired):
            process.wait(_LOOK_S)
            return "by itself"
        if stop.is_set():
            return "stopped"
        if time.monotonic() >= deadline:
            return "timeout"


def _end(process: "subprocess.Popen[bytes]") -> None:
    try:
        process.wait(_GRACE_S)
    except subprocess.TimeoutExpired:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(_GRACE_S)
