"""Run a command and, when it ends or our host does, end everything it started. A program, run by path.

usage: _reaper.py CONTROL_FD PROGRAM [ARGUMENT …]

Rule 1: CONTROL_FD is the reading end of a pipe whose other end only the host holds. When it closes, because the host
        wants the command ended or because the host is dead, the whole tree is killed. This needs no signal to arrive.
Rule 2: what a command puts in the background is adopted by us (PR_SET_CHILD_SUBREAPER, Linux), so it can be found.
Rule 3: only the standard library, and as little of it as possible: this runs before every command.
"""

import os
import select
import signal
import sys
import time

_PR_SET_CHILD_SUBREAPER = 36


def main(argv: list[str]) -> int:
    control = int(argv[1])
    os.set_inheritable(control, False)
    _adopt_orphans()
    child = os.fork()
    if child == 0:
        _become(argv[2:])
    status = _wait(child, control)
    _kill_descendants()
    if status is None:
        return 128 + signal.SIGKILL
    return 128 + os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)


def _adopt_orphans() -> None:
    if sys.platform != "linux":
        return
    import ctypes

    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def _become(argv: list[str]) -> None:
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    try:
        os.execvp(argv[0], argv)
    except OSError as error:
        os.write(2, f"{argv[0]}: {error.strerror}\n".encode(errors="replace"))
        os._exit(127 if isinstance(error, FileNotFoundError) else 126)


def _wait(child: int, control: int) -> int | None:
    """Wait for ``child``; None when the control pipe closed first. Orphans we adopted are reaped on the way."""
    woken, wake = os.pipe()
    os.set_blocking(wake, False)
    # The byte that the signal leaves in the pipe is there also when it arrives just before select() sleeps.
    signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    while True:
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return None
            if pid == child:
                return status
            if pid == 0:
                break
        ready, _, _ = select.select([control, woken], [], [])
        if control in ready:
            return None
        os.read(woken, 4096)


def _kill_descendants() -> None:
    """Kill until nobody is left: what a dying process still forked is adopted and killed in the next round."""
    for _ in range(200):
        found = _descendants(os.getpid())
        _reap()
        if not found:
            return
        for pid in found:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        time.sleep(0.005)


def _reap() -> None:
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        return


def _descendants(ancestor: int) -> list[int]:
    """Return the living processes below ``ancestor``, from one pass over /proc (``ps`` where there is none)."""
    children: dict[int, list[int]] = {}
    for pid, parent in _processes():
        children.setdefault(parent, []).append(pid)
    found: list[int] = []
    todo = [ancestor]
    while todo:
        below = children.get(todo.pop(), [])
        found += below
        todo += below
    return found


def _processes() -> list[tuple[int, int]]:
    """Return (process id, parent id) of every process that is not yet a zombie's rest."""
    if not os.path.isdir("/proc/self"):  # noqa: PTH112 (pathlib is not imported here: rule 3)
        listing = os.popen("ps -A -o pid=,ppid=").read().split()
        return list(zip(map(int, listing[::2]), map(int, listing[1::2]), strict=False))
    pairs = []
    for entry in os.listdir("/proc"):  # noqa: PTH208
        if not entry.isdigit():
            continue
        try:
            with open(f"/proc/{entry}/stat", "rb") as file:  # noqa: PTH123
                # The name in parentheses may hold anything; the fields after the last one are ours.
                fields = file.read().rpartition(b")")[2].split()
        except OSError:
            continue
        if fields[0] != b"Z":
            pairs.append((int(entry), int(fields[1])))
    return pairs


if __name__ == "__main__":
    sys.exit(main(sys.argv))
