"""What stands behind the last whole line of a journal: kept aside, and cut off, in place.

Rule 1: the caller holds the journal's lock.
"""

import os
from pathlib import Path

from onecontext.checksum import crc32c
from onecontext.store.files import replace_bytes


def set_aside(path: Path, offset: int, torn: bytes) -> None:
    """Move what stands in the journal at ``path`` from ``offset`` on to ``journal.torn/``, durably."""
    folder = path.parent / "journal.torn"
    folder.mkdir(exist_ok=True)
    replace_bytes(folder / f"{offset}-{crc32c(torn)}", torn, durable=True)
    cut(path, offset)


def cut(path: Path, offset: int) -> None:
    """Have the journal at ``path`` end at ``offset``, durably."""
    descriptor = os.open(path, os.O_WRONLY | os.O_NOFOLLOW)
    try:
        os.ftruncate(descriptor, offset)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
