"""The folder in which the person's daemon has its socket.

Rule 1: the folder belongs to the person and nobody else may enter it: owner and mode are checked each time, and a
        folder that is not so is refused, never mended.
Rule 2: a path that is too long for a socket's address (108 bytes, unix(7)) is reached through its descriptor.

Source: XDG Base Directory Specification 0.8, XDG_RUNTIME_DIR.
"""

import os
import socket
import stat
from collections.abc import Callable, Mapping
from pathlib import Path

from onecontext.errors import SetupError

SOCKET = "calls.sock"
START_LOCK = "calls.start.lock"
LIFE_LOCK = "calls.life.lock"
_MAX_ADDRESS = 100


def runtime_folder(env: Mapping[str, str]) -> Path:
    """Return the folder, made when missing.

    Raises:
        SetupError: it belongs to somebody else, or others may enter it.
    """
    base = env.get("XDG_RUNTIME_DIR", "")
    if base.startswith("/") and _is_private(base):
        return _made(Path(base) / "onecontext")
    return _made(Path(env.get("TMPDIR") or "/tmp") / f"onecontext-{os.getuid()}")  # owner and mode are checked


def connected(folder: Path) -> socket.socket:
    """Return a connection to the socket in ``folder``.

    Raises:
        OSError: nobody listens there.
    """
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        addressed(folder, connection.connect)
    except BaseException:
        connection.close()
        raise
    return connection


def addressed(folder: Path, use: Callable[[str], None]) -> None:
    """Call ``use`` with an address of the socket in ``folder`` that is short enough."""
    path = f"{folder}/{SOCKET}"
    if len(os.fsencode(path)) <= _MAX_ADDRESS:
        use(path)
        return
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        use(f"/proc/self/fd/{descriptor}/{SOCKET}")
    finally:
        os.close(descriptor)


def _made(folder: Path) -> Path:
    try:
        os.mkdir(folder, 0o700)  # noqa: PTH102  # its mode at once, and no parents
    except FileExistsError:
        pass
    except OSError as error:
        raise SetupError(f"{folder} cannot be made: {error.strerror}", hint="set XDG_RUNTIME_DIR") from error
    if not _is_private(str(folder)):
        raise SetupError(
            f"{folder} is not yours alone: another person owns it, or may enter it",
            hint="set XDG_RUNTIME_DIR to a folder with mode 0700 that is yours",
        )
    return folder


def _is_private(path: str) -> bool:
    try:
        status = os.lstat(path)
    except OSError:
        return False
    return stat.S_ISDIR(status.st_mode) and status.st_uid == os.getuid() and not status.st_mode & 0o077
