"""Files that are replaced or appended in one step, and read without being led astray.

Rule 1: a reader without a lock never sees half of what :func:`replace_bytes` wrote (rename(2) is atomic in a folder).
Rule 2: nothing here follows a symlink at the last name, opens a FIFO, or reads more than it was told to; the names
        before the last are looked at in :mod:`onecontext.store.ways`.
Rule 3: durable means that file and folder were fsynced before the call returned.
Rule 4: a file that has another name (a hard link) which we did not give it is never changed under that name: it is
    replaced.
"""

import errno
import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from onecontext.errors import REPAIR, Damaged

MAX_READ_BYTES = 64 * 1024 * 1024
MAX_LOG_BYTES = 16 * MAX_READ_BYTES  # of a file that grows by what was acknowledged, step by step


def replace_text(path: Path, text: str, *, durable: bool = False, mode: int = 0o644) -> None:
    """Put ``text``, as UTF-8, at ``path`` in one step; see :func:`replace_bytes`."""
    replace_bytes(path, text.encode("utf-8"), durable=durable, mode=mode)


def replace_bytes(path: Path, content: bytes, *, durable: bool = False, mode: int = 0o644) -> None:
    """Put ``content`` at ``path`` in one step.

    Args:
        path: the file to create or replace; its parent must exist. A symlink there is replaced, not followed.
        durable: also fsync file and folder, about 0.6 ms more.
        mode: who may read and write it.

    Raises:
        OSError: folder missing, full or read-only; ``path`` is then untouched.
    """
    replace_name(path, content, durable=durable, mode=mode)
    if durable:
        sync_folder(path.parent)


def replace_name(path: Path, content: bytes, *, durable: bool = False, mode: int = 0o644) -> None:
    """Put ``content`` at ``path`` in one step; durable is the content, while the name may be lost in a power cut."""
    descriptor, temporary = open_new(path.parent, f".{path.name[:32]}.", ".tmp")
    with removed_on_failure(temporary, path):
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fchmod(file.fileno(), mode)
            if durable and content:  # an empty file has nothing to lose but its name
                os.fsync(file.fileno())
        # The name appears only after the bytes are there, so a crash leaves either the old file or the new one.
        temporary.replace(path)


@contextmanager
def removed_on_failure(temporary: Path, path: Path) -> Iterator[None]:
    """Remove ``temporary`` when it could not be put at ``path``; what was raised is raised, and names ``path``.

    Whatever it was, ^C too: nobody else knows that name, and would ever remove it.
    """
    try:
        yield
    except BaseException as error:
        tell_path(error, path)
        with suppress(OSError):  # what is to be told is why it was not written
            temporary.unlink(missing_ok=True)
        raise


def open_new(folder: Path, prefix: str, suffix: str = "") -> tuple[int, Path]:
    """Create a file in ``folder`` under a name that nobody has, and return its descriptor and path.

    It is what :func:`tempfile.mkstemp` does, at a third of the time: a milestone makes about fifteen files.
    """
    while True:
        path = folder / f"{prefix}{os.urandom(8).hex()}{suffix}"
        flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        try:
            return os.open(path, flags, 0o600), path
        except FileExistsError:
            continue


def append_bytes(
    path: Path,
    content: bytes,
    *,
    durable: bool = True,
    create: bool = True,
    names_are_ours: Callable[[os.stat_result], bool] = lambda status: False,
) -> None:
    """Append ``content`` to the regular file ``path``, created when missing. The caller holds the lock.

    Args:
        create: False: a file that is missing is FileNotFoundError.
        names_are_ours: says of a file with several names that we gave it all of them; it is then changed in place.

    Raises:
        Damaged: ``path`` is something else than a regular file.
        OSError: full or read-only; what was partly written is cut off again, so the file is as before.
    """
    flags, created = os.O_WRONLY | os.O_APPEND, False
    try:
        descriptor, status = _open(path, flags)
    except FileNotFoundError:
        if not create:
            raise
        (descriptor, status), created = _open(path, flags | os.O_CREAT), True
    try:
        if status.st_nlink > 1 and not names_are_ours(status):
            replace_bytes(path, read_bytes(path) + content, durable=durable)
            return
        try:
            _write_all(descriptor, content)
            if durable:
                os.fsync(descriptor)
            if durable and created:
                sync_folder(path.parent)
        except OSError as error:
            os.ftruncate(descriptor, status.st_size)
            tell_path(error, path)
            raise
    finally:
        os.close(descriptor)


def read_bytes(path: Path, *, limit_bytes: int = MAX_READ_BYTES, start: int = 0) -> bytes:
    """Return what the regular file ``path`` holds, from byte ``start`` on.

    Raises:
        FileNotFoundError: there is nothing there.
        Damaged: it is a symlink, a FIFO, a device, or larger than ``limit_bytes``.
    """
    descriptor, status = _open(path, os.O_RDONLY)
    with os.fdopen(descriptor, "rb") as file:
        if status.st_size - start > limit_bytes:
            raise Damaged(f"{path} has {status.st_size:,} bytes, more than the {limit_bytes:,} that are read")
        file.seek(start)
        return file.read(limit_bytes)


def open_to_read(path: Path) -> BinaryIO:
    """Open the regular file ``path``; see :func:`read_bytes`."""
    return os.fdopen(_open(path, os.O_RDONLY)[0], "rb")


def _open(path: Path, flags: int) -> tuple[int, os.stat_result]:
    """Open a regular file, and nothing else."""
    try:
        # O_NONBLOCK keeps a FIFO without a writer from hanging us; it changes nothing for a regular file.
        descriptor = os.open(path, flags | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, 0o644)
    except OSError as error:
        if path.is_symlink():
            raise Damaged(f"{path} is a symlink, which is not followed", hint=REPAIR) from error
        if error.errno in (errno.ENXIO, errno.EISDIR):  # a FIFO, a socket; a folder
            raise Damaged(f"{path} is not a regular file", hint=REPAIR) from error
        raise
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode):
        os.close(descriptor)
        raise Damaged(f"{path} is not a regular file", hint=REPAIR)
    return descriptor, status


def empty_file(path: Path, *, durable: bool = False) -> None:
    """Make the regular file ``path`` empty, in place where it has no other name."""
    descriptor, status = _open(path, os.O_WRONLY)
    try:
        if status.st_nlink > 1:
            replace_bytes(path, b"", durable=durable)
            return
        os.ftruncate(descriptor, 0)
        if durable:
            os.fsync(descriptor)
    except OSError as error:
        tell_path(error, path)
        raise
    finally:
        os.close(descriptor)


def sync_folder(folder: Path) -> None:
    """Make the names in ``folder`` durable (fsync(2) on the directory)."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        tell_path(error, folder)
        raise
    finally:
        os.close(descriptor)


def tell_path(error: BaseException, path: Path) -> None:
    """Have an OSError name the path it is about: the system does not tell it of a file that is open."""
    if isinstance(error, OSError) and error.filename is None:
        error.filename = str(path)


def _write_all(descriptor: int, content: bytes) -> None:
    view = memoryview(content)
    while view:
        view = view[os.write(descriptor, view) :]
