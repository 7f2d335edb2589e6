"""The memory folder: found, of a version we know, and really written to, locked and read back.

Rule 1: only files and flock(2) are used, so a memory that cannot be opened can still be examined.
Rule 2: the one thing written is a small file of our own in ``.git/onecontext``, and it is taken away again.
"""

import fcntl
import os
import time
from collections.abc import Iterable
from pathlib import Path

from onecontext.doctor.check import Check
from onecontext.errors import Damaged, NoMemory
from onecontext.store.files import read_bytes, replace_bytes
from onecontext.store.layout import Layout
from onecontext.store.surroundings import find_memory

KNOWN_FORMAT = 1
_OLD_S = 60.0
_MAX_NAMES = 3


def checks(cwd: Path) -> Iterable[Check]:
    """Check the memory that serves ``cwd``."""
    try:
        memory = find_memory(cwd)
    except NoMemory as error:
        yield Check("memory", "warn", error.message, error.hint)
        return
    yield _format(memory)
    yield _written(memory)
    yield _left_locks(memory / ".git")


def _format(memory: Path) -> Check:
    try:
        text = read_bytes(memory / "format", limit_bytes=64).decode("ascii").strip()
        number = int(text)
    except (OSError, ValueError, Damaged) as error:
        return Check(
            "memory",
            "fail",
            f"{memory / 'format'} names no version: {error}",
            "it should hold '1'; git log in that folder shows what it was",
        )
    if number > KNOWN_FORMAT:
        return Check(
            "memory",
            "fail",
            f"{memory} has format {number}; this onecontext knows {KNOWN_FORMAT}",
            "install a newer onecontext; nothing was written",
        )
    return Check("memory", "ok", f"{memory}, format {number}")


def _written(memory: Path) -> Check:
    """Write, lock and read back a file of our own where the memory keeps its private files."""
    folder = memory / ".git" / "onecontext"
    probe = folder / f"doctor-{os.getpid()}"
    content = f"onecontext doctor, process {os.getpid()}\n".encode()
    try:
        Layout(memory).check()
        folder.mkdir(exist_ok=True)
        replace_bytes(probe, content, durable=True)
        with probe.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            read = file.read()
        probe.unlink()
    except OSError as error:
        return Check(
            "memory write",
            "fail",
            f"{folder} cannot be written: {error.strerror or error}",
            "check its owner, the room on the disk, and whether the file system knows flock",
        )
    except Damaged as error:
        return Check("memory write", "fail", error.message, error.hint)
    if read != content:
        return Check("memory write", "fail", "what was written there reads back otherwise", "check the disk")
    return Check("memory write", "ok", "a file was written durably, locked and read back")


def _left_locks(git: Path) -> Check:
    """Look for lock files of git that are older than a minute: somebody holds them long, or died."""
    old = [path for path in _lock_files(git) if time.time() - path.lstat().st_mtime > _OLD_S]
    if not old:
        return Check("memory locks", "ok", "no lock is left over")
    names = ", ".join(str(path) for path in old[:_MAX_NAMES]) + (", …" if len(old) > _MAX_NAMES else "")
    return Check(
        "memory locks",
        "warn",
        f"{len(old)} locks are older than a minute: {names}",
        "if neither git nor onecontext is running here, a crash left them; move them aside",
    )


def _lock_files(git: Path) -> Iterable[Path]:
    yield from (path for path in git.glob("*.lock") if path.is_file())
    yield from (path for path in (git / "refs").rglob("*.lock") if path.is_file())
    yield from (path for path in (git / "worktrees").glob("*/*.lock") if path.is_file())
