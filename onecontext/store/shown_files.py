"""The files of a work tree, one at a time: how each stands, the way to it, and how it goes.

Rule 1: each name on the way to a file that is written is looked at, so that a planted symlink cannot lead out.
"""

import stat
from pathlib import Path

from onecontext.errors import REPAIR, Damaged
from onecontext.store.files import read_bytes
from onecontext.store.place import Place
from onecontext.store.ways import check_way


def is_by_hand(path: str, keep: str) -> bool:
    """Say whether a person's edit of ``path`` is taken in from the work tree whose pending log is ``keep``."""
    return path in ("main.md", keep.removesuffix("log.md") + "metadata.yaml")


def current(target: Path) -> bytes | None:
    """Return what the regular file ``target`` holds; None when it is not there."""
    try:
        return read_bytes(target)
    except (FileNotFoundError, NotADirectoryError):
        return None


def real_folder(top: Path, folder: Path) -> None:
    """Make ``folder`` below ``top`` and those on the way to it, as far as they are missing.

    Raises:
        Damaged: one of them is no folder of its own; nothing was made behind it.
    """
    at = top
    for part in folder.relative_to(top).parts:
        at = at / part
        try:
            mode = at.lstat().st_mode
        except FileNotFoundError:
            at.mkdir(exist_ok=True)
            continue
        if not stat.S_ISDIR(mode):
            raise Damaged(f"{at} should be a folder", hint=REPAIR)


def take_away(place: Place, path: str) -> None:
    """Remove a file of a work tree, and the folders that it leaves empty."""
    target = place.folder / path
    check_way(place.folder, target)
    target.unlink(missing_ok=True)
    _drop_empty(target.parent, place.folder)


def _drop_empty(folder: Path, top: Path) -> None:
    while folder != top and folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()
        folder = folder.parent
