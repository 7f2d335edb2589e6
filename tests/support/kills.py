"""Children that die by SIGKILL, forked off one process that has everything imported: ten of them in a second.

Rule 1: what a child says with ``ack`` is acknowledged, by one write of one line; what follows the last line feed in its
        report is not.
Rule 2: a child that is given ``dies_at=n`` kills itself just before its n-th call that changes a disk, counted from
        ``arm()``; with ``part`` after that part of a write.
Rule 3: a child that ends by itself ends as a process does, with what it still has to do at its end.
"""

import atexit
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

_ROOT = Path(__file__).parents[2]
_CALLS = ("write", "fsync", "rename", "replace", "link", "unlink", "remove", "mkdir", "rmdir", "truncate", "ftruncate")
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC


class Ended(NamedTuple):
    """How a child ended: whether by a kill, what it had acknowledged, how many calls it made once armed, and which of
    them were writes.
    """

    killed: bool
    acknowledged: list[list[str]]
    calls: int
    writes: list[int]


class Warm:
    """A process with everything imported; :meth:`start` forks a child off it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._count = 0
        command = [sys.executable, "-m", "tests.support.kills"]
        self._server = subprocess.Popen(
            command, cwd=_ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
        )

    def __enter__(self) -> "Warm":
        return self

    def __exit__(self, *raised: object) -> None:
        assert self._server.stdin is not None
        assert self._server.stdout is not None
        self._server.stdin.close()
        self._server.wait()
        self._server.stdout.close()

    def start(self, work: str, memory: Path, number: int = 0, *, dies_at: int = -1, part: float = 0.0) -> "Child":
        """Fork a child that runs ``work``, which finds ``Memory``, ``path``, ``number``, ``ack`` and ``arm``."""
        self._count += 1
        report = self._folder / f"report-{self._count}"
        told = {"work": work, "path": str(memory), "number": number, "report": str(report)}
        return Child(self, self.ask({**told, "dies_at": dies_at, "part": part}), report)

    def run(self, work: str, memory: Path, number: int = 0, *, dies_at: int = -1, part: float = 0.0) -> Ended:
        """Run ``work`` to its end, or to where it kills itself."""
        return self.start(work, memory, number, dies_at=dies_at, part=part).ended()

    def ask(self, question: dict[str, Any]) -> int:
        """Let the process do something, and return the number that it answers."""
        assert self._server.stdin is not None
        assert self._server.stdout is not None
        self._server.stdin.write(json.dumps(question) + "\n")
        return int(self._server.stdout.readline())


class Child:
    """One that runs. It is not reaped before :meth:`ended`, so its id stays its own."""

    def __init__(self, warm: Warm, pid: int, report: Path) -> None:
        self._warm, self._pid, self._report = warm, pid, report

    def kill(self) -> Ended:
        """Kill it, wherever it is."""
        os.kill(self._pid, signal.SIGKILL)
        return self.ended()

    def ended(self) -> Ended:
        """Wait for its end; an error in it is an error here."""
        status = self._warm.ask({"wait": self._pid})
        assert status in (0, -signal.SIGKILL), f"the child ended with {status}"
        lines = self._report.read_text().split("\n")[:-1] if self._report.exists() else []
        words = [line.split(" ") for line in lines]
        calls, *writes = next(([int(n) for n in word[1:]] for word in words if word[0] == "calls"), [0])
        return Ended(status != 0, [word for word in words if word[0] != "calls"], calls, writes)


class _Countdown:
    """Kills this process before its n-th call that changes a disk."""

    def __init__(self, dies_at: int, *, part: float) -> None:
        self.calls, self._dies_at, self._part = -1, dies_at, part
        self.writes: list[int] = []

    def arm(self) -> None:
        """Count from now on."""
        self.calls = 0
        sys.addaudithook(self._opens)
        for name in _CALLS:
            setattr(os, name, self._counted(getattr(os, name), is_write=name == "write"))

    def _opens(self, event: str, args: tuple[Any, ...]) -> None:
        if event == "open" and isinstance(args[2], int) and args[2] & _WRITING:
            self._call()

    def _counted(self, real: Callable[..., Any], *, is_write: bool) -> Callable[..., Any]:
        def call(*args: Any, **named: Any) -> Any:
            if is_write:
                self.writes.append(self.calls)
                if self._part and self.calls == self._dies_at:
                    real(args[0], bytes(args[1])[: int(len(args[1]) * self._part)])
            self._call()
            return real(*args, **named)

        return call

    def _call(self) -> None:
        if self.calls == self._dies_at:
            os.kill(os.getpid(), signal.SIGKILL)
        self.calls += 1


def _serve() -> None:
    import onecontext.memory.conflicts
    import onecontext.memory.deleting
    import onecontext.memory.merging
    import onecontext.memory.rollback
    import onecontext.memory.switching
    import onecontext.memory.tags
    import onecontext.recall.context
    import onecontext.recall.history
    import onecontext.recall.revisions  # noqa: F401

    for line in sys.stdin:
        told = json.loads(line)
        if "wait" in told:
            answer = os.waitstatus_to_exitcode(os.waitpid(told["wait"], 0)[1])
        else:
            answer = os.fork()
            if answer == 0:
                _child(told)
        os.write(1, f"{answer}\n".encode())


def _child(told: dict[str, Any]) -> None:
    from onecontext import Memory

    report = os.open(told["report"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    write, countdown = os.write, _Countdown(told["dies_at"], part=told["part"])

    def ack(*words: object) -> None:
        write(report, (" ".join(map(str, words)) + "\n").encode())

    status = 1
    try:
        names = {"Memory": Memory, "path": told["path"], "number": told["number"], "ack": ack, "arm": countdown.arm}
        exec(told["work"], names)
        atexit._run_exitfuncs()
        ack("calls", countdown.calls, *countdown.writes)
        status = 0
    finally:
        if status:
            sys.excepthook(*sys.exc_info())  # type: ignore[arg-type]
        os._exit(status)


if __name__ == "__main__":
    _serve()
