"""The documents in a place: one folder a skill, one level deep.

Rule 1: what a symlink brings in from outside the searched places is refused; one that leads to a skill of another
        searched place is that skill, which is found there.
Rule 2: hidden folders and files that are no folders are none of ours; a folder without a document is something else's.
Rule 3: a place gives at most :data:`MAX_SKILLS` skills; that there are more is a problem, not a silence.
"""

import os
import stat
from collections.abc import Collection, Iterator
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from skills.finding.places import Place
from skills.format.document import document_of
from skills.format.skill import FILE_NAME, Problem

MAX_SKILLS = 10_000


class Seen(NamedTuple):
    """A document that was seen: its skill's folder, its own path, and what stat(2) says of it."""

    folder: str
    path: str
    status: os.stat_result


def documents(place: Place, roots: Collection[str]) -> Iterator[Seen | Problem]:
    """Yield the documents of ``place`` by the names of their folders, and what cannot be taken.

    Args:
        roots: all places that are searched, as paths without symlinks.
    """
    root = str(place.root)
    if place.single:
        yield from _in_folder(root, roots)
        return
    try:
        with os.scandir(root) as scan:
            entries = sorted(islice(scan, 2 * MAX_SKILLS), key=lambda entry: entry.name)
    except OSError as error:
        yield Problem(place.root, f"cannot be read: {error.strerror}", None, "check its owner and mode")
        return
    folders = [entry for entry in entries if not entry.name.startswith(".") and _may_be(entry)]
    if len(folders) > MAX_SKILLS:
        reason = f"it has more than {MAX_SKILLS:,} folders, and only the first are read"
        yield Problem(place.root, reason, None, "move some to another place", used=True)
    for entry in folders[:MAX_SKILLS]:
        if entry.is_symlink():
            yield from _linked(entry, root, roots)
        else:
            yield from _in_folder(entry.path, roots)


def _may_be(entry: os.DirEntry[str]) -> bool:
    return entry.is_symlink() or entry.is_dir(follow_symlinks=False)


def _linked(entry: os.DirEntry[str], root: str, roots: Collection[str]) -> Iterator[Seen | Problem]:
    real = os.path.realpath(entry.path)
    parent = os.path.dirname(real)  # noqa: PTH120 - texts all the way: there may be thousands
    if parent in roots:
        return  # found in its own place
    if not _is_in(real, root):
        mend = "put the folder itself there, or name its place with --path"
        reason = f"a symlink leads out of {os.path.basename(root)}, which is not followed"  # noqa: PTH119
        yield Problem(Path(entry.path), reason, None, mend)
    elif os.path.isdir(real):  # noqa: PTH112
        yield from _in_folder(real, roots)


def _in_folder(folder: str, roots: Collection[str]) -> Iterator[Seen | Problem]:
    path = f"{folder}/{FILE_NAME}"
    try:
        status = os.lstat(path)
        if stat.S_ISREG(status.st_mode):
            yield Seen(folder, path, status)
            return
        found = document_of(Path(folder))
    except FileNotFoundError:
        found = document_of(Path(folder))
    except OSError as error:
        yield Problem(Path(path), f"cannot be read: {error.strerror}", None, "check its owner and mode")
        return
    if found is not None:
        yield from _other(folder, found)


def _other(folder: str, found: Path) -> Iterator[Seen | Problem]:
    try:
        yield Seen(folder, str(found), os.lstat(found))
    except OSError as error:
        yield Problem(found, f"cannot be read: {error.strerror}", None, "check its owner and mode")


def _is_in(path: str, folder: str) -> bool:
    return path.startswith(f"{folder.rstrip('/')}/")
