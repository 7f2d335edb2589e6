"""``python -m skills.mcp.daemon FOLDER IDLE_S``: run the person's daemon, in the background.

Rule 1: there is one for a folder: who does not get the lock of its life ends at once, and the other serves.
Rule 2: it ends by itself when nobody was connected and no session was used for the idle time, and takes every server
        with it, as it does when it is told to end by a signal.
Rule 3: who starts it waits until it can be connected to: the first process ends then, and the daemon goes on.
"""

import fcntl
import os
import signal
import socket
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path

from skills.mcp.runtime import LIFE_LOCK, SOCKET, addressed

_LOOK_S = 0.5
_GRACE_S = 0.2
_LAST_S = 5.0


def main(folder: Path, idle_s: float) -> int:
    """Serve until it is idle or told to end; return the exit code."""
    life = os.open(folder / LIFE_LOCK, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(life, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return 0  # another one serves
    listener = _listening(folder)
    if os.fork():
        return 0
    os.setsid()
    _point_away()
    # Imported here: it takes half a second, and who waits may already connect.
    from skills.mcp.daemon.serving import Serving
    from skills.mcp.daemon.sessions import Sessions
    from skills.mcp.vault import open_vault

    ending = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda *_: ending.set())

    def stop() -> None:
        # Nobody may connect to one that is ending: the next call starts another, which waits for the lock to be free.
        with suppress(OSError):
            (folder / SOCKET).unlink()
        ending.set()

    sessions = Sessions(open_vault())
    serving = Serving(sessions, stop)
    _serve(listener, serving, sessions, ending, idle_s)
    stop()
    listener.close()
    serving.is_ending = True
    time.sleep(_GRACE_S)  # who was just greeted is told to ask another
    sessions.end()
    last = time.monotonic() + _LAST_S
    while serving.busy and time.monotonic() < last:
        time.sleep(_GRACE_S / 10)
    return 0


def _serve(listener: socket.socket, serving: object, sessions: object, ending: threading.Event, idle_s: float) -> None:
    from skills.mcp.daemon.serving import Serving
    from skills.mcp.daemon.sessions import Sessions

    assert isinstance(serving, Serving)
    assert isinstance(sessions, Sessions)
    listener.settimeout(min(_LOOK_S, idle_s))
    last_used = time.monotonic()
    while not ending.is_set():
        try:
            connection, _ = listener.accept()
        except TimeoutError:
            sessions.end_idle(idle_s)
            if serving.open_connections or sessions.told():
                last_used = time.monotonic()
            elif time.monotonic() - last_used > idle_s:
                return
            continue
        connection.settimeout(None)
        last_used = time.monotonic()
        threading.Thread(target=serving.serve, args=[connection], daemon=True).start()


def _listening(folder: Path) -> socket.socket:
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    # Whoever left it is dead: the lock of its life was free.
    with suppress(FileNotFoundError):
        (folder / SOCKET).unlink()
    before = os.umask(0o177)
    try:
        addressed(folder, listener.bind)
    finally:
        os.umask(before)
    listener.listen(64)
    return listener


def _point_away() -> None:
    """Let go of what the starter gave: its terminal, and its working folder."""
    nothing = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1, 2):
        os.dup2(nothing, number)
    os.chdir("/")


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), float(sys.argv[2])))
