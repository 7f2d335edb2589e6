"""Which process is meant by a number in a file, and whether it still runs. The only door of psutil.

Rule 1: a number alone names nobody: it is used again. With its start and the boot it belongs to, it names one process.
Rule 2: what was seen from another machine or another pid namespace is not judged here: :func:`runs` says None.
"""

import os
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

# Clocks of different readings of one start agree to a hundredth of a second.
_SAME_START_S = 0.05


class ProcessId(NamedTuple):
    """One process: ``started`` is in seconds since 1970."""

    pid: int
    started: float


class Where(NamedTuple):
    """Where numbers of processes mean something: the id of the boot and the pid namespace; "" where none can be had."""

    boot: str
    space: str


def here() -> Where:
    """Return where this process is: asked once for each process, as neither a boot nor a namespace is left alive."""
    return _here(os.getpid())


@lru_cache(maxsize=1)
def _here(_pid: int) -> Where:
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        space = str(Path("/proc/self/ns/pid").readlink())
    except OSError:
        # Not Linux: the start of the boot, to the second, tells one boot from another.
        import psutil

        return Where(f"{psutil.boot_time():.0f}", "")
    return Where(boot, space)


def this_process() -> ProcessId:
    """Return the process that asks."""
    import psutil

    process = psutil.Process()
    return ProcessId(process.pid, process.create_time())


def descendants(process: ProcessId) -> list[ProcessId]:
    """Return the living children of ``process``, and theirs; none when it is gone."""
    import psutil

    try:
        found = psutil.Process(process.pid).children(recursive=True)
    except psutil.Error:
        return []
    living = []
    for child in found:
        try:
            if child.status() != psutil.STATUS_ZOMBIE:
                living.append(ProcessId(child.pid, child.create_time()))
        except psutil.Error:
            continue
    return living


def runs(process: ProcessId, where: Where) -> bool | None:
    """Say whether ``process`` still runs, stopped or not; None when that cannot be seen from here.

    A zombie does not run: it is dead, and only its parent has not looked.
    """
    import psutil

    if where != here():
        return None
    try:
        found = psutil.Process(process.pid)
        return abs(found.create_time() - process.started) < _SAME_START_S and found.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
    except psutil.Error:
        # Of another user, where the system hides what it is: somebody has the number, more cannot be said.
        return None


def any_runs(processes: Sequence[ProcessId], where: Where) -> bool:
    """Say whether one of them is seen to run."""
    return any(runs(process, where) for process in processes)
