"""What lies at a path, told without opening it and without following a link.

Rule 1: every name on the way is looked at, so that a link in the middle of a path is seen as well.
"""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

FILE, FOLDER = "a file", "a folder"
_OTHERS = {
    stat.S_IFLNK: "a symlink",
    stat.S_IFIFO: "a FIFO",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}


def kind_of(path: Path) -> str | None:
    """Return what lies at ``path``, as a noun; None when there is nothing."""
    try:
        mode = path.lstat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        return None
    if stat.S_ISREG(mode):
        return FILE
    return FOLDER if stat.S_ISDIR(mode) else _OTHERS.get(stat.S_IFMT(mode), "something odd")


def is_file(path: Path) -> bool:
    """Say whether a regular file lies there."""
    return kind_of(path) == FILE


def is_folder(path: Path) -> bool:
    """Say whether a folder lies there."""
    return kind_of(path) == FOLDER


def is_hard_linked(path: Path) -> bool:
    """Say whether the regular file at ``path`` has another name, through which somebody else could write it."""
    return is_file(path) and path.lstat().st_nlink > 1


def not_files(folder: Path) -> list[Path]:
    """Return what in ``folder`` itself is no regular file, without a call for each; empty where there is no folder."""
    try:
        with os.scandir(folder) as found:
            return [Path(entry.path) for entry in found if not entry.is_file(follow_symlinks=False)]
    except (FileNotFoundError, NotADirectoryError):
        return []


def way_to(top: Path, path: str) -> Iterator[tuple[str, str]]:
    """Yield each part of ``path`` below ``top`` that should be a folder and is something else, with what it is."""
    parts = path.split("/")
    for n in range(1, len(parts)):
        kind = kind_of(top / "/".join(parts[:n]))
        if kind not in (FOLDER, None):
            yield "/".join(parts[:n]), kind
            return


def files_below(top: Path, folder: str = "") -> Iterator[tuple[str, str]]:
    """Yield all that is not a folder below ``top``/``folder``: its path from ``top`` and what it is, sorted by name.

    A folder that cannot be read is passed over; a link to a folder is yielded and not entered.
    """
    start = top / folder if folder else top
    if not is_folder(start):
        return
    with os.scandir(start) as found:
        entries = sorted(found, key=lambda entry: entry.name)
    for entry in entries:
        path = f"{folder}/{entry.name}" if folder else entry.name
        if entry.is_dir(follow_symlinks=False):
            yield from files_below(top, path)
        elif kind := kind_of(top / path):
            yield path, kind
