"""Open what lies beneath a folder without ever being led out of it.

Rule 1: a path is walked one name at a time, each opened relative to the folder before it (openat(2)) and never through
        a symlink. So nothing planted in between, and nothing renamed meanwhile, leads anywhere else.
Rule 2: only folders and regular files are opened, without waiting: a FIFO or a device is an error, not a hang.
"""

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from onecontext.errors import UsageError

_FOLDER_FLAGS = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FILE_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
MAX_DEPTH = 64


def split(path: str) -> tuple[str, ...]:
    """Return the names of a relative ``path``; "" and "." are the folder itself and have none.

    Raises:
        UsageError: absolute, ``..``, in ``.git``, or nothing a file can be called.
    """
    if path.startswith("/"):
        raise UsageError(f"{path!r} is an absolute path; paths here are relative to the workspace, such as 'src/a.py'")
    names = tuple(name for name in path.split("/") if name not in ("", "."))
    if ".." in names:
        raise UsageError(f"{path!r} leads upwards; paths stay inside the workspace")
    if any(name.lower() == ".git" for name in names):
        raise UsageError(f"{path!r} is in .git, which belongs to the host; run git to look at history")
    if "\0" in path or any(len(os.fsencode(name)) > 255 for name in names) or len(names) > MAX_DEPTH:
        raise UsageError(f"{path[:80]!r} is nothing a file can be called")
    return names


@contextmanager
def folder(root: Path, names: tuple[str, ...], *, create: bool = False) -> Iterator[int]:
    """Hold a descriptor of the folder that ``names`` lead to from ``root``.

    Args:
        create: make folders that are missing; they belong to whoever owns the folder they are in.

    Raises:
        UsageError: there is no such folder, or something else has that name.
    """
    held = os.open(root, _FOLDER_FLAGS)
    try:
        for depth, name in enumerate(names):
            inner = _step(held, name, "/".join(names[: depth + 1]), create=create)
            os.close(held)
            held = inner
        yield held
    finally:
        os.close(held)


def _step(held: int, name: str, shown: str, *, create: bool) -> int:
    try:
        return os.open(name, _FOLDER_FLAGS, dir_fd=held)
    except FileNotFoundError:
        if not create:
            raise UsageError(f"there is no folder {shown!r}") from None
    except OSError as error:
        raise refused(error, shown) from error
    os.mkdir(name, 0o755, dir_fd=held)
    made = os.open(name, _FOLDER_FLAGS, dir_fd=held)
    belong_to_owner_of(held, made)
    return made


def open_file(held: int, name: str, shown: str) -> int:
    """Return a descriptor for reading the regular file ``name`` in the folder ``held``.

    Raises:
        FileNotFoundError: there is nothing of that name.
        UsageError: it is a folder, a symlink, a FIFO, …; the message says which.
    """
    status = os.stat(name, dir_fd=held, follow_symlinks=False)
    if not stat.S_ISREG(status.st_mode):
        raise UsageError(f"{shown!r} is {kind_of(status.st_mode)}, not a file")
    try:
        descriptor = os.open(name, _FILE_FLAGS, dir_fd=held)
    except FileNotFoundError:
        raise
    except OSError as error:
        raise refused(error, shown) from error
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise UsageError(f"{shown!r} was changed into something else while it was opened")
    return descriptor


def belong_to_owner_of(held: int, descriptor: int) -> None:
    """Give what is open as ``descriptor`` to the owner of the folder ``held``. Only root can, and only root must."""
    if os.geteuid() == 0:
        owner = os.fstat(held)
        os.fchown(descriptor, owner.st_uid, owner.st_gid)


def kind_of(mode: int) -> str:
    """Return what a file of this mode is, in words."""
    kinds = {
        stat.S_IFDIR: "a folder",
        stat.S_IFLNK: "a symlink, which is not followed",
        stat.S_IFIFO: "a FIFO",
        stat.S_IFSOCK: "a socket",
        stat.S_IFREG: "a file",
    }
    return kinds.get(stat.S_IFMT(mode), "a device")


def refused(error: OSError, shown: str) -> UsageError:
    """Return an error in our words for one of openat(2)."""
    words = {
        errno.ELOOP: "is a symlink, which is not followed",
        # With O_DIRECTORY and O_NOFOLLOW, Linux says so of a symlink too.
        errno.ENOTDIR: "is a file or a symlink, not a folder",
        errno.EACCES: "may not be opened: the permissions forbid it",
        errno.ENXIO: "is a socket, not a file",
    }
    return UsageError(f"{shown!r} {words.get(error.errno or 0, f'cannot be opened: {error.strerror}')}")
