"""Git's index of a work tree, brought up to date where no git command holds it.

Rule 1: it is changed in the entries that differ; where that cannot be done it is made anew from the tree.
Rule 2: it lists every file of the tree, as git commits what it lists; those that the work tree does not have on disk
        are hidden in it, so a commit made there by hand takes nothing away.
Rule 3: the caller holds the lock of the branch. Git's own lock is waited for, a second at most.
"""

from collections.abc import Mapping
from functools import partial
from pathlib import Path

from onecontext.errors import Conflict, LockTimeout
from onecontext.store import gitlock, index
from onecontext.store.files import read_bytes, replace_name
from onecontext.store.layout import Layout
from onecontext.store.objects import Objects
from onecontext.store.place import Place
from onecontext.store.view import View, view

_ATTEMPTS = 5
_Stamp = tuple[int, int, int]


def refresh(
    layout: Layout,
    objects: Objects,
    place: Place,
    branch: str,
    old: str | None,
    new: str,
    blobs: Mapping[str, str | None],
    seen: View,
) -> bool:
    """Bring the index from the tree ``old`` to ``new``.

    Args:
        old: None makes it anew.
        blobs: the paths in which the two differ, to their blobs in ``new``.
        seen: what the work tree has on disk.

    Returns:
        False when a git command holds it: then it is for the next writer.
    """
    path, scratch = place.git_dir / "index", layout.scratch(f"index-{branch}")
    scratch.parent.mkdir(parents=True, exist_ok=True)
    for _ in range(_ATTEMPTS):
        gitlock.clear_dead_lock(path, scratch)
        scratch.unlink(missing_ok=True)
        # A killed pygit2 leaves its own lock beside the scratch, which only the holder of our lock ever writes.
        scratch.with_name(scratch.name + ".lock").unlink(missing_ok=True)
        stamp = _stamp(path)

        def unchanged(stamp: _Stamp | None = stamp) -> bool:
            return _stamp(path) == stamp

        patched = None if old is None else _patched(path, objects, old, blobs, seen)
        if patched is not None:
            replace_name(scratch, patched)
        else:
            _make(scratch, objects, new, seen)
        try:
            gitlock.install(path, scratch, still=unchanged, wait_s=1.0)
        except Conflict as error:
            if isinstance(error, LockTimeout):
                return False
            continue
        return True
    return False


def remake(layout: Layout, objects: Objects, place: Place, branch: str, tree: str) -> bool:
    """Make the index of a work tree anew from ``tree``; False when a git command holds it."""
    return refresh(layout, objects, place, branch, None, tree, {}, view(place, branch))


def _patched(path: Path, objects: Objects, old: str, blobs: Mapping[str, str | None], seen: View) -> bytes | None:
    try:
        found = read_bytes(path)
    except (FileNotFoundError, NotADirectoryError):
        return None
    if not index.is_index(found):
        return None
    return index.patched(found, blobs, partial(objects.file_before, old), seen.hides)


def _make(scratch: Path, objects: Objects, tree: str, seen: View) -> None:
    objects.new_index(str(scratch), tree)
    if seen.folders is not None:
        replace_name(scratch, index.hidden(read_bytes(scratch), seen.hides))


def _stamp(path: Path) -> _Stamp | None:
    try:
        status = path.stat()
    except FileNotFoundError:
        return None
    return status.st_ino, status.st_size, status.st_mtime_ns
