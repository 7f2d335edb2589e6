"""Files that are replaced or appended in one step, and read without being led astray.

Rule 1: a reader without a lock never sees half of what :func:`replace_bytes` wrote (rename(2) is atomic in a folder).
Rule 2: nothing here follows a symlink at the last name, opens a FIFO, or reads more than it was told to.
Rule 3: durable means that file and folder were fsynced before the call returned.
"""

import os
import stat
from pathlib import Path

from onecontext.errors import Damaged

MAX_READ_BYTES = 64 * 1024 * 1024


def replace_text(path: Path, text: str, *, durable: bool = False) -> None:
    """Put ``text``, as UTF-8, at ``path`` in one step; see :func:`replace_bytes`."""
    replace_bytes(path, text.encode("utf-8"), durable=durable)


def replace_bytes(path: Path, content: bytes, *, durable: bool = False) -> None:
    """Put ``content`` at ``path`` in one step.

    Args:
        path: the file to create or replace; its parent must exist. A symlink there is replaced, not followed.
        durable: also fsync file and folder, about 0.6 ms more.

    Raises:
        OSError: folder missing, full or read-only; ``path`` is then untouched.
    """
    replace_name(path, content, durable=durable)
    if durable:
        sync_folder(path.parent)


def replace_name(path: Path, content: bytes, *, durable: bool = False) -> None:
    """Put ``content`` at ``path`` in one step; durable is the content, while the name may be lost in a power cut."""
    descriptor, temporary = open_new(path.parent, f".{path.name[:32]}.", ".tmp")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fchmod(file.fileno(), 0o644)
            if durable and content:  # an empty file has nothing to lose but its name
                os.fsync(file.fileno())
        # The name appears only after the bytes are there, so a crash leaves either the old file or the new one.
        temporary.replace(path)
    except BaseException:
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


def append_bytes(path: Path, content: bytes, *, durable: bool = True) -> None:
    """Append ``content`` to the regular file ``path``, created when missing. The caller holds the lock.

    Raises:
        Damaged: ``path`` is something else than a regular file.
        OSError: full or read-only; what was partly written is cut off again, so the file is as before.
    """
    flags = os.O_WRONLY | os.O_APPEND | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    created = False
    try:
        descriptor = os.open(path, flags)
    except FileNotFoundError:
        descriptor, created = os.open(path, flags | os.O_CREAT, 0o644), True
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise Damaged(f"{path} is not a regular file")
        try:
            _write_all(descriptor, content)
            if durable:
                os.fsync(descriptor)
        except OSError:
            os.ftruncate(descriptor, status.st_size)
            raise
    finally:
        os.close(descriptor)
    if created and durable:
        sync_folder(path.parent)


def read_bytes(path: Path, *, limit_bytes: int = MAX_READ_BYTES, start: int = 0) -> bytes:
    """Return what the regular file ``path`` holds, from byte ``start`` on.

    Raises:
        FileNotFoundError: there is nothing there.
        Damaged: it is a symlink, a FIFO, a device, or larger than ``limit_bytes``.
    """
    try:
        # O_NONBLOCK keeps a FIFO without a writer from hanging us; it changes nothing for a regular file.
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError as error:
        if path.is_symlink():
            raise Damaged(f"{path} is a symlink, which is not followed") from error
        raise
    with os.fdopen(descriptor, "rb") as file:
        status = os.fstat(file.fileno())
        if not stat.S_ISREG(status.st_mode):
            raise Damaged(f"{path} is not a regular file")
        if status.st_size - start > limit_bytes:
            raise Damaged(f"{path} has {status.st_size:,} bytes, more than the {limit_bytes:,} that are read")
        file.seek(start)
        return file.read(limit_bytes)


def sync_file(path: Path) -> None:
    """Make what the regular file ``path`` holds, and its length, durable (fsync(2))."""
    descriptor = os.open(path, os.O_WRONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_folder(folder: Path) -> None:
    """Make the names in ``folder`` durable (fsync(2) on the directory)."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_names(path: Path, top: Path) -> None:
    """Make the name of ``path`` durable, and those of the folders on the way to it from ``top``."""
    for folder in reversed([path, *path.parents]):
        if folder != path and folder.is_relative_to(top):
            sync_folder(folder)


def sync_tree(folder: Path) -> None:
    """Make all that is in ``folder`` durable."""
    for path in folder.iterdir():
        if path.is_dir():
            sync_tree(path)
        else:
            sync_file(path)
    sync_folder(folder)


def make_folder(folder: Path) -> None:
    """Make ``folder`` and those above it that are missing, durably; one that is there is left as it is."""
    missing = [path for path in (folder, *folder.parents) if not path.is_dir()]
    for path in reversed(missing):
        path.mkdir(exist_ok=True)
        sync_folder(path.parent)


def _write_all(descriptor: int, content: bytes) -> None:
    view = memoryview(content)
    while view:
        view = view[os.write(descriptor, view) :]
