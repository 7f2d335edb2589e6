"""A process whose system calls fail where they are told to, by strace's fault injection.

Calls are counted in each process by itself, so one traced parent imports everything and forks a child for each
operation, which starts to count from one. How many calls an operation makes is found out in a run without faults.
"""

import atexit
import importlib
import os
import pkgutil
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import onecontext
from onecontext import Memory
from onecontext.errors import OneContextError, StorageError
from tests.support.everything import METHODS
from tests.support.memory import Ticking

WORKED, REFUSED, OTHER, RAW = 0, 6, 7, 8


@dataclass(frozen=True)
class Outcome:
    """How an operation ended (one of the four above), and what it said where it failed."""

    code: int
    said: str


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
    argv = ["strace", "-f", "-qq", "-o", str(report), "-e", f"trace={trace}"]
    argv += ["-e", f"inject={inject}"] if inject else []
    argv += [sys.executable, "-B", "-m", "tests.support.faults", *(f"{m}={path}" for m, path in folders.items())]
    env = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2]), "PYTHONHASHSEED": "0"}
    done = subprocess.run(argv, env=env, capture_output=True, text=True, timeout=100, check=False)
    assert done.returncode == 0, done.stderr
    said = {method: (path.with_name(path.name + ".said")) for method, path in folders.items()}
    lines = (line.split() for line in done.stdout.splitlines())
    return {method: Outcome(int(code), _read(said[method])) for method, code, _ in lines}


def count_calls(folders: Mapping[str, Path], *, trace: str, report: Path) -> dict[str, Counter[str]]:
    """Return how often each operation makes each of these system calls."""
    argv = ["strace", "-f", "-qq", "-o", str(report), "-e", f"trace={trace}"]
    argv += [sys.executable, "-B", "-m", "tests.support.faults", *(f"{m}={path}" for m, path in folders.items())]
    env = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2]), "PYTHONHASHSEED": "0"}
    done = subprocess.run(argv, env=env, capture_output=True, text=True, timeout=100, check=True)
    by_process: dict[str, Counter[str]] = {}
    for line in report.read_text(errors="replace").splitlines():
        process, _, call = line.partition(" ")
        by_process.setdefault(process, Counter())[call.strip().partition("(")[0]] += 1
    return {
        method: by_process.get(process, Counter()) for method, _, process in map(str.split, done.stdout.splitlines())
    }


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
    """Do each ``method=folder`` in a child, and print the method, how it ended and which process it was."""
    _import_all()
    lines = []
    for argument in arguments:
        method, _, folder = argument.partition("=")
        child = os.fork()
        if child == 0:
            os._exit(_child(method, Path(folder)))
        _, status = os.waitpid(child, 0)
        lines.append(f"{method} {os.waitstatus_to_exitcode(status)} {child}")
    text = "\n".join(lines) + "\n"
    while text:
        try:
            text = text[os.write(1, text.encode()) :]
        except OSError:  # it was this process's turn to fail
            continue


if __name__ == "__main__":
    main(sys.argv[1:])
