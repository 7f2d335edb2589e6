"""A command as the mind of a member: the prompt on its stdin, its answer on stdout.

Rule 1: what goes wrong is told to who asked: a non-zero exit with the end of stderr, a time limit that ran out.
"""

import threading
from collections.abc import Mapping
from pathlib import Path

from teams.guard.program import run_program
from teams.member.mind import Answer, Asked
from teams.protocol.config import Member

LIMIT_BYTES = 256 * 1024
TAIL_CHARACTERS = 2000


class CommandMind:
    """Runs ``command`` with ``sh -c`` for each message.

    Args:
        env: all it finds in its environment.
        timeout_s: seconds after which it and all it started are killed.
    """

    def __init__(self, command: str, *, env: Mapping[str, str], cwd: Path, timeout_s: float = 600.0) -> None:
        self._command = command
        self._env = dict(env)
        self._cwd = cwd
        self._timeout_s = timeout_s
        self._stop = threading.Event()

    def begin(self, me: Member) -> None:
        """Tell the command its name in ``ONECONTEXT_AGENT``."""
        self._env["ONECONTEXT_AGENT"] = me.name

    def answer(self, asked: Asked) -> Answer:
        """Run the command; see :meth:`teams.member.mind.Mind.answer`."""
        self._stop.clear()
        ran = run_program(
            ["/bin/sh", "-c", self._command],
            text=asked.prompt + "\n",
            env=self._env,
            cwd=self._cwd,
            timeout_s=self._timeout_s,
            stop=self._stop,
            limit_bytes=LIMIT_BYTES,
        )
        if ran.ended == "timeout":
            return Answer(
                missing=_told(f"the command took longer than {self._timeout_s:g} s and was killed", ran.stderr)
            )
        if ran.ended == "stopped":
            return Answer(missing="the command was stopped before its end")
        if ran.exit_code:
            return Answer(ran.stdout.strip(), _told(f"the command ended with exit code {ran.exit_code}", ran.stderr))
        return Answer(ran.stdout.strip())

    def stay(self, asked: Asked) -> str:
        """Let the member end."""
        return ""

    def stop(self) -> None:
        """Kill the command that runs."""
        self._stop.set()


def _told(what: str, stderr: str) -> str:
    tail = stderr.strip()[-TAIL_CHARACTERS:]
    return f"{what}; the end of its stderr:\n{tail}" if tail else what
