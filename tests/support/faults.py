"""A process whose system calls fail where they are told to, by strace's fault injection.

One parent imports everything and forks a child for each operation, which waits until strace is attached to it: so the
calls of the operation alone are counted, from one. How many it makes is found out in a run without faults.
"""

import atexit
import ctypes
import importlib
import os
import pkgutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

import onecontext
from onecontext import Memory
from onecontext.errors import OneContextError, StorageError
from tests.support.everything import METHODS
from tests.support.memory import Ticking

WORKED, REFUSED, OTHER, RAW = 0, 6, 7, 8
_PR_SET_PTRACER = 0x59616D61


@dataclass(frozen=True)
class Outcome:
    """How an operation ended (one of the four above), and what it said where it failed."""

    code: int
    said: str
    process: int


def do(method: str, folder: Path) -> None:
    """Do one thing to the memory in ``folder``, with a clock and ids that are the same each time."""
    ticking = Ticking()
    if method == "init":
        Memory.init(folder, agent="ann", clock=ticking.now, new_id=ticking.new_id)
    else:
        METHODS[method](Memory.open(folder, agent="ann", clock=ticking.now, new_id=ticking.new_id))


def traced(folders: Mapping[str, Path], *, trace: str, inject: str | None, report: Path) -> dict[str, Outcome]:
    """Do each operation in a folder of its own, in a process of its own, under strace.

    Args:
        folders: methods to folders.
        trace: the system calls to write down in ``report``.
        inject: what strace is to inject; None is nothing.
    """
    env = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    argv = [sys.executable, "-m", "tests.support.faults", *(f"{method}={path}" for method, path in folders.items())]
    with subprocess.Popen(argv, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdin
        assert parent.stdout
        children = dict(zip(folders, parent.stdout.readline().split(), strict=True))
        strace = ["strace", "-f", "-qq", "-o", str(report), "-e", f"trace={trace}"]
        strace += ["-e", f"inject={inject}"] if inject else []
        with subprocess.Popen([*strace, *(f"-p{child}" for child in children.values())]) as tracer:
            while not all(map(_is_traced, children.values())):
                if tracer.poll() is not None:
                    parent.kill()
                    pytest.skip("strace may not attach to a process here")
                time.sleep(0.001)
            parent.stdin.write("go\n")
            parent.stdin.close()
            codes = dict(zip(folders, parent.stdout.readline().split(), strict=True))
    told = {method: _read(path.with_name(path.name + ".said")) for method, path in folders.items()}
    return {method: Outcome(int(codes[method]), told[method], int(children[method])) for method in folders}


def count_calls(folders: Mapping[str, Path], *, trace: str, report: Path) -> dict[str, Counter[str]]:
    """Return how often each operation makes each of these system calls, in its first thread."""
    outcomes = traced(folders, trace=trace, inject=None, report=report)
    assert {outcome.code for outcome in outcomes.values()} == {WORKED}, outcomes
    by_process: dict[int, Counter[str]] = {}
    for line in report.read_text(errors="replace").splitlines():
        process, call = line.split(maxsplit=1)
        by_process.setdefault(int(process), Counter())[call.partition("(")[0]] += 1
    return {method: by_process.get(outcome.process, Counter()) for method, outcome in outcomes.items()}


def _is_traced(process: str) -> bool:
    status = Path(f"/proc/{process}/status").read_text()
    return "TracerPid:\t0\n" not in status


def _read(path: Path) -> str:
    return path.read_text() if path.exists() else ""


def _child(method: str, folder: Path) -> int:
    code, said = WORKED, ""
    try:
        do(method, folder)
    except StorageError as error:
        code, said = REFUSED, f"{error.message} [{type(error.__cause__).__name__}]"
    except OneContextError as error:
        code, said = OTHER, f"{type(error).__name__}: {error.message}"
    except BaseException as error:  # noqa: BLE001 - whatever comes out is what the test is about
        import traceback

        code, said = RAW, "".join(traceback.format_exception(error))
    # As at the end of any process: what is on record goes into git, if it can.
    atexit._run_exitfuncs()
    if said:
        for _ in range(2):  # the first may be the very call that is to fail
            try:
                folder.with_name(folder.name + ".said").write_text(said)
                break
            except OSError:
                continue
    return code


def _import_all() -> None:
    for module in pkgutil.walk_packages(onecontext.__path__, "onecontext."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    import yaml

    yaml.safe_load("a: 1")


def main(arguments: Sequence[str]) -> None:
    """Fork a child for each ``method=folder`` and print their ids; once there is a line to read let them go on.

    Then print how they ended.
    """
    _import_all()
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR1})
    children = []
    for argument in arguments:
        method, _, folder = argument.partition("=")
        child = os.fork()
        if child == 0:
            sys.stdin.close()
            ctypes.CDLL(None).prctl(_PR_SET_PTRACER, ctypes.c_ulong(-1))
            signal.sigwait({signal.SIGUSR1})
            os._exit(_child(method, Path(folder)))
        children.append(child)
    _tell(children)
    sys.stdin.readline()
    for child in children:
        os.kill(child, signal.SIGUSR1)
    _tell([os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children])


def _tell(numbers: Sequence[int]) -> None:
    sys.stdout.write(" ".join(map(str, numbers)) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1:])
