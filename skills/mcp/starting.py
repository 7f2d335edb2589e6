"""Start the person's daemon, once, however many want it at the same time.

Rule 1: the door of this room to other programs, and the one program is our own Python with our own module.
Rule 2: of our environment the daemon gets what Python and a keyring need; a server is given its own with each request.
"""

import fcntl
import os
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

from onecontext.errors import SetupError
from skills.mcp.runtime import START_LOCK, connected

_START_S = 20.0
_PAUSE_S = 0.02
_KEPT = (
    *("DBUS_SESSION_BUS_ADDRESS", "HOME", "LANG", "LC_ALL", "PATH", "PYTHONPATH", "SSL_CERT_DIR", "SSL_CERT_FILE"),
    *("TMPDIR", "VIRTUAL_ENV", "XDG_RUNTIME_DIR", "https_proxy", "http_proxy", "no_proxy", "HTTPS_PROXY", "NO_PROXY"),
)


def start_daemon(folder: Path, env: Mapping[str, str], idle_s: float) -> None:
    """Start the daemon that serves in ``folder``, or wait for who does; it may still take a moment to answer.

    Raises:
        SetupError: it cannot be started; the message has its last line.
    """
    lock = os.open(folder / START_LOCK, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not _answers(folder):
            _run(folder, env, idle_s)
            time.sleep(_PAUSE_S)  # one that is ending still has its lock; it is tried again until then
    finally:
        os.close(lock)


def _answers(folder: Path) -> bool:
    """Say whether somebody started it while we waited."""
    try:
        connected(folder).close()
    except OSError:
        return False
    return True


def _run(folder: Path, env: Mapping[str, str], idle_s: float) -> None:
    command = [sys.executable, "-m", "skills.mcp.daemon", str(folder), str(idle_s)]
    kept = {name: env[name] for name in _KEPT if name in env}
    try:
        done = subprocess.run(
            command, env=kept, stdin=subprocess.DEVNULL, capture_output=True, timeout=_START_S, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise SetupError("the process that holds sessions cannot be started: it takes too long") from error
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise SetupError(f"the process that holds sessions cannot be started: {(said or ['?'])[-1][:300]}")
