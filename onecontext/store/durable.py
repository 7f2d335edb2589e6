"""Folders and files that outlive a power cut, where a name counts as soon as it is there.

Rule 1: a name is durable once its folder was fsynced, and so are the names on the way to it; a file once it was itself.
"""

import os
from pathlib import Path

from onecontext.store.files import sync_folder


def sync_file(path: Path) -> None:
    """Make what the regular file ``path`` holds durable (fsync(2))."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_names(path: Path, top: Path) -> None:
    """Make the name of ``path`` durable, and those of the folders on the way to it from ``top``."""
    for folder in reversed(path.parents):
        if folder.is_relative_to(top):
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
