"""Tier "none": commands run with our own rights, for a person who has said that this is what they want.

Rule 1: it confines nothing. A command can read and write what we can, and use the network.
Rule 2: it still owes what the port promises: a clean environment, bounded output, and a tree that dies as one, also
        when the host is killed.
"""

import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from teams.guard.environment import command_env
from teams.guard.port import CommandResult
from teams.guard.process import OUTPUT_LIMIT_BYTES, run_process

_REAPER = Path(__file__).with_name("_reaper.py")


class Unconfined:
    """Runs commands directly. See :class:`teams.guard.port.Sandbox`; ``writable=False`` cannot be held here."""

    tier = "none"

    def __init__(self, *, tools: Sequence[Path] = (), output_limit_bytes: int = OUTPUT_LIMIT_BYTES) -> None:
        self._tools = tuple(tools)
        self._output_limit_bytes = output_limit_bytes

    def take_over(self, workspace: Path) -> None:
        """Do nothing: commands run as who we are."""

    def run(
        self,
        argv: Sequence[str],
        *,
        workspace: Path,
        writable: bool = True,
        timeout_s: float = 120.0,
        env: Mapping[str, str] | None = None,
        text: str | None = None,
        stop: threading.Event | None = None,
        on_output: Callable[[bytes], None] | None = None,
    ) -> CommandResult:
        """Run ``argv`` in ``workspace``; see the port."""
        control, held = os.pipe()

        def let_go(process: "subprocess.Popen[bytes]") -> None:
            # Closing our end is the order to kill: it also happens by itself if we are killed.
            nonlocal held
            if held >= 0:
                os.close(held)
                held = -1
            with suppress(subprocess.TimeoutExpired):
                process.wait(timeout=2)

        try:
            with tempfile.TemporaryDirectory(prefix="onecontext-", ignore_cleanup_errors=True) as scratch:
                home, fallback = Path(scratch, "home"), Path(scratch, "bin")
                home.mkdir()
                fallback.mkdir()
                (fallback / "python").symlink_to(sys.executable)
                finished = run_process(
                    [sys.executable, "-I", "-S", str(_REAPER), str(control), *argv],
                    env=command_env(str(home), tools=self._tools, last=str(fallback)) | dict(env or {}),
                    cwd=workspace,
                    timeout_s=timeout_s,
                    end=let_go,
                    pass_fds=[control],
                    limit_bytes=self._output_limit_bytes,
                    text=text,
                    stop=stop,
                    on_output=on_output,
                )
        finally:
            os.close(control)
            if held >= 0:
                os.close(held)
        code = 128 - finished.returncode if finished.returncode < 0 else finished.returncode
        return CommandResult(
            argv=tuple(argv),
            exit_code=None if finished.timed_out or finished.stopped else code,
            output=finished.output,
            omitted_bytes=finished.omitted_bytes,
            duration_s=finished.duration_s,
            stopped=finished.stopped,
        )
