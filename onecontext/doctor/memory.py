"""The memory folder: found, of a version we know, and really written to, locked and read back.

Rule 1: only files and flock(2) are used, so a memory that cannot be opened can still be examined.
Rule 2: the one thing written is a small file of our own in ``.git/onecontext``, and it is taken away again.
"""

import fcntl
import os
from collections.abc import Iterable
from pathlib import Path

from onecontext.doctor.check import Check
from onecontext.errors import Damaged, NoMemory
from onecontext.store.files import read_bytes, replace_bytes
from onecontext.store.layout import Layout
from onecontext.store.surroundings import find_memory

KNOWN_FORMAT = 1


def checks(cwd: Path) -> Iterable[Check]:
    """Check the memory that serves ``cwd``."""
    try:
        memory = find_memory(cwd)
    except NoMemory as error:
        yield Check("memory", "warn", error.message, error.hint)
        return
    yield _format(memory)
    yield _written(memory)


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
