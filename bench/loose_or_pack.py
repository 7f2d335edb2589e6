"""What nine objects cost as loose files and as one pack, for docs/adr/0005: ``python bench/loose_or_pack.py [FOLDER]``.

Rule 1: nothing but system calls is measured, on content that is neither hashed nor deflated; all take turns in a round.
"""

import os
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from onecontext.store.files import open_new, sync_folder

OBJECTS, ROUNDS = 9, 60
CONTENT = os.urandom(700)


def one_by_one(folder: Path) -> None:
    """Sync each file and its folder before the next one, as libgit2 does."""
    for _ in range(OBJECTS):
        together(folder, count=1)


def together(folder: Path, *, count: int = OBJECTS, early: bool = False, durable: bool = True) -> None:
    """Write ``count`` files, then sync each, then name each, then sync each folder."""
    opened = []
    for _ in range(count):
        descriptor, path = open_new(folder, "tmp_obj_")
        os.write(descriptor, CONTENT)
        if early and hasattr(os, "posix_fadvise"):
            os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)  # starts the writing, waits for nothing
        opened.append((descriptor, path))
    for descriptor, _ in opened:
        if durable:
            os.fsync(descriptor)
        os.close(descriptor)
    homes = [folder / f"{random.randrange(256):02x}" for _ in opened]
    for (_, path), home in zip(opened, homes, strict=True):
        path.replace(home / path.name)
    for home in set(homes) if durable else ():
        sync_folder(home)


def pack(folder: Path) -> None:
    """Write two files with all of it, sync them, and the one folder."""
    for _ in ("pack", "index"):
        descriptor, path = open_new(folder, "tmp_pack_")
        os.write(descriptor, CONTENT * OBJECTS)
        os.fsync(descriptor)
        os.close(descriptor)
        path.replace(folder / "00" / path.name)
    sync_folder(folder / "00")


def append(folder: Path) -> None:
    """The floor: one append and one fsync."""
    descriptor = os.open(folder / "floor", os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    os.write(descriptor, CONTENT)
    os.fsync(descriptor)
    os.close(descriptor)


WAYS: dict[str, Callable[[Path], None]] = {
    "one append + fsync": append,
    "loose, each synced before the next": one_by_one,
    "loose, all written, then each synced": together,
    "the same, writing started early": lambda folder: together(folder, early=True),
    "one pack, one index": pack,
    "loose, not synced": lambda folder: together(folder, durable=False),
}


def main(folder: Path) -> None:
    for number in range(256):
        (folder / f"{number:02x}").mkdir()
    times: dict[str, list[float]] = {name: [] for name in WAYS}
    for _ in range(ROUNDS):
        for name, way in WAYS.items():
            started = time.perf_counter()
            way(folder)
            times[name].append((time.perf_counter() - started) * 1000)
    for name, measured in times.items():
        ratios = [mine / floor for mine, floor in zip(measured, times["one append + fsync"], strict=True)]
        print(f"{name:<40}{statistics.median(measured):>7.2f} ms{statistics.median(ratios):>7.1f} ×")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(dir=sys.argv[1] if len(sys.argv) > 1 else "/var/tmp") as place:
        main(Path(place))
