"""Work that may wait a moment, done by one thread of this process, and at its end at the latest.

Rule 1: what is done here can as well be done by any other process later, so nothing depends on it: an error is for
        whoever meets the same state next.
"""

import atexit
import os
import threading
import time
from collections.abc import Callable, Hashable
from contextlib import suppress

from onecontext.errors import OneContextError

Work = Callable[[bool], None]
"""Is called with True at the end of the process, when there is no later."""

_due: dict[Hashable, tuple[float, Work]] = {}
_changed = threading.Condition()
_thread: threading.Thread | None = None
_ending = False


def later(work: Work, *, key: Hashable, after_s: float) -> None:
    """Do ``work`` in ``after_s`` seconds, unless it is asked for again under the same ``key`` until then."""
    global _thread
    with _changed:
        known = key in _due
        _due[key] = (time.monotonic() + after_s, work)
        if _thread is None or not _thread.is_alive():
            _thread = threading.Thread(target=_run, name="onecontext-background", daemon=True)
            _thread.start()
        # A thread that waits for an earlier time looks again then, so what is put off once more need not wake it.
        elif not known:
            _changed.notify()


def _run() -> None:
    while True:
        with _changed:
            while not _ending and (not _due or (pause_s := _next() - time.monotonic()) > 0):
                _changed.wait(pause_s if _due else None)
            if _ending:
                return
            key = min(_due, key=lambda key: _due[key][0])
            _, work = _due.pop(key)
        _do(work, last=False)


def _next() -> float:
    return min(at for at, _ in _due.values())


def _do(work: Work, *, last: bool) -> None:
    with suppress(OneContextError, OSError):
        work(last)


def _forked() -> None:
    """Begin anew in a child process: the thread did not come with it, and what was due is the parent's to do."""
    global _changed, _thread
    _due.clear()
    _changed, _thread = threading.Condition(), None


os.register_at_fork(after_in_child=_forked)


@atexit.register
def _finish() -> None:
    global _ending
    with _changed:
        _ending = True
        _changed.notify()
    if _thread is not None and _thread.is_alive():
        _thread.join()
    for _, work in list(_due.values()):
        _do(work, last=True)
    _due.clear()
