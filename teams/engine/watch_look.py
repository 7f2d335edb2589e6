"""What is in folders, as one number that differs when anything in them did.

Rule 1: a look reads names, inodes, sizes and times of change, never what is in a file, and follows no symlink.
Rule 2: what is below a folder's own folders does not count, and neither does reading.
Rule 3: a look is bounded: of a folder with more than 100,000 names, names made and removed are seen, and the files of
    the first 100,000.
"""

import os
from collections.abc import Iterable
from itertools import islice
from pathlib import Path

MAX_NAMES = 100_000


def signature(folders: Iterable[Path]) -> int:
    """Return a number for what the folders hold now; one that is missing or may not be read counts as such.

    It is a sum of 64-bit hashes of this process: not kept, and not for others. A write that leaves a file's size, and
    falls into the same tick of its file system's clock as the look before, does not show.
    """
    return hash(tuple(_of(folder) for folder in folders))


def _of(folder: Path) -> int:
    total = 0
    try:
        status = folder.stat()
        total += hash((status.st_dev, status.st_ino, status.st_mtime_ns))
        with os.scandir(folder) as entries:
            for entry in islice(entries, MAX_NAMES):
                total += _of_entry(entry)
    except OSError as error:
        return total + hash(("unreadable", error.errno))
    return total


def _of_entry(entry: "os.DirEntry[str]") -> int:
    try:
        if entry.is_dir(follow_symlinks=False):
            return hash((entry.name, entry.inode()))
        status = entry.stat(follow_symlinks=False)
    except OSError:
        # It went away between the listing and the look at it; the next look says how that ended.
        return hash(entry.name)
    return hash((entry.name, status.st_ino, status.st_size, status.st_mtime_ns))
