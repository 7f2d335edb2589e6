"""Work trees that show what a branch's tip has, each branch in a folder of its own.

The branch that HEAD names is shown by the memory's own folder; any other by a linked work tree, made by the rules of
gitrepository-layout(5): ``.git/worktrees/<branch>/{HEAD,commondir,gitdir}`` and a ``.git`` file in the folder.

Rule 1: everything here can be done again after a kill at any point, and ends in the same state.
Rule 2: a file that somebody changed is set aside before it is written over or taken away.
Rule 3: the note of what a folder shows is written last, so that an unfinished refresh is seen and done again.
Rule 4: the caller holds the lock of the branch.
"""

import hashlib
import stat
from collections.abc import Callable, Mapping
from pathlib import Path

from onecontext.errors import REPAIR, Conflict, Damaged, LockTimeout
from onecontext.store import gitlock
from onecontext.store.files import read_bytes, replace_bytes, replace_text
from onecontext.store.layout import Layout, Place
from onecontext.store.objects import Objects
from onecontext.store.quarantine import set_aside

Changed = Mapping[str, tuple[str | None, str | None]]
_INDEX_ATTEMPTS = 5
_Stamp = tuple[int, int, int]


def ensure_linked(place: Place, branch: str) -> None:
    """Make the linked work tree of ``branch``, or mend its pointers when the memory was moved to another folder."""
    place.git_dir.mkdir(parents=True, exist_ok=True)
    place.folder.mkdir(parents=True, exist_ok=True)
    _put(place.git_dir / "commondir", "../..\n")
    _put(place.git_dir / "gitdir", f"{place.folder / '.git'}\n")
    _put(place.git_dir / "HEAD", f"ref: refs/heads/{branch}\n")
    _put(place.folder / ".git", f"gitdir: {place.git_dir}\n")


def park(place: Place, commit: str) -> None:
    """Leave a linked work tree be while its branch is shown elsewhere: its HEAD then names a commit, not the branch."""
    if place.folder.is_dir():
        _put(place.git_dir / "HEAD", f"{commit}\n")


def refresh(
    layout: Layout,
    objects: Objects,
    place: Place,
    branch: str,
    tip: str,
    *,
    keep: str,
    taken: frozenset[str] = frozenset(),
    before_noting: Callable[[Changed], None],
) -> None:
    """Make ``place`` show ``tip``: its files, its index, and the note of it.

    Args:
        keep: the one path that is not the tree's to write (the pending log); it is only created when missing.
        taken: paths whose content was just taken in, so that nothing need be set aside.
        before_noting: called with what has changed, after the files and before the note.
    """
    shown = place.shown()
    old = objects.tree_of(shown.commit) if shown and objects.has(shown.commit) else None
    new = objects.tree_of(tip)
    changed = objects.changed(old, new)
    for path, (before, after) in changed.items():
        if path == keep:
            continue
        _show(layout, objects, place, path, before, after, mine=path in taken)
    target = place.folder / keep
    if not target.exists():
        _real_folder(place.folder, target.parent)
        replace_bytes(target, b"")
    before_noting(changed)
    blobs = {path: after for path, (_, after) in changed.items()}
    if _refresh_index(layout, objects, place, branch, None if old else new, blobs if old else {}):
        replace_text(place.git_dir / "onecontext-shown", f"{branch} {tip}\n")


def _show(
    layout: Layout, objects: Objects, place: Place, path: str, before: str | None, after: str | None, *, mine: bool
) -> None:
    target = place.folder / path
    current = _current(target)
    found = objects.blob_id(current) if current is not None else None
    if found == after:
        return
    if current is not None and found != before and not mine:
        set_aside(layout, path, current)
    if after is None:
        take_away(place, path)
        return
    _real_folder(place.folder, target.parent)
    by_hand = target.suffix == ".yaml" or target.name == "main.md"
    # A roadmap or metadata file emptied by a power cut would look like a person's edit, so these are fsynced.
    replace_bytes(target, objects.blob(after), durable=by_hand and layout.durability != "none")


def empty(layout: Layout, objects: Objects, place: Place, tree: str) -> None:
    """Remove the files that ``tree`` has, setting aside what was changed; files that it has not are left."""
    for path, (_, blob) in objects.changed(None, tree).items():
        _show(layout, objects, place, path, blob, None, mine=False)
    (place.folder / ".git").unlink(missing_ok=True)
    if not any(place.folder.iterdir()):
        place.folder.rmdir()


def take_away(place: Place, path: str) -> None:
    """Remove a file of a work tree, and the folders that it leaves empty."""
    target = place.folder / path
    target.unlink(missing_ok=True)
    _drop_empty(target.parent, place.folder)


def _current(target: Path) -> bytes | None:
    try:
        return read_bytes(target)
    except (FileNotFoundError, NotADirectoryError):
        return None


def _real_folder(top: Path, folder: Path) -> None:
    # Each name on the way is looked at, so that a planted symlink cannot lead a write out of the memory.
    current = top
    for part in folder.relative_to(top).parts:
        current = current / part
        try:
            mode = current.lstat().st_mode
        except FileNotFoundError:
            current.mkdir(exist_ok=True)
            continue
        if not stat.S_ISDIR(mode):
            raise Damaged(f"{current} should be a folder", hint=REPAIR)


def _drop_empty(folder: Path, top: Path) -> None:
    while folder != top and folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()
        folder = folder.parent


def _refresh_index(
    layout: Layout, objects: Objects, place: Place, branch: str, tree: str | None, blobs: Mapping[str, str | None]
) -> bool:
    """Bring the git index up to date; False when a git command holds it, and the next writer must do it."""
    index, scratch = place.git_dir / "index", layout.scratch(f"index-{branch}")
    scratch.parent.mkdir(parents=True, exist_ok=True)
    for _ in range(_INDEX_ATTEMPTS):
        gitlock.clear_dead_lock(index, scratch)
        scratch.unlink(missing_ok=True)
        # A killed pygit2 leaves its own lock beside the scratch, which only the holder of our lock ever writes.
        scratch.with_name(scratch.name + ".lock").unlink(missing_ok=True)
        seen = _stamp(index)

        def unchanged(seen: _Stamp | None = seen) -> bool:
            return _stamp(index) == seen

        old = _current(index)
        if tree is None and old is not None and is_index(old):
            replace_bytes(scratch, old)
            objects.update_index(str(scratch), None, blobs)
        else:
            objects.update_index(str(scratch), tree or objects.tree_of(_tip(layout, branch)), {})
        try:
            gitlock.install(index, scratch, still=unchanged, wait_s=1.0)
        except Conflict as error:
            if isinstance(error, LockTimeout):
                return False
            continue
        return True
    return False


def remake_index(layout: Layout, objects: Objects, place: Place, branch: str, tree: str) -> bool:
    """Make git's index of a work tree anew from ``tree``; False when a git command holds it."""
    return _refresh_index(layout, objects, place, branch, tree, {})


def is_index(content: bytes) -> bool:
    """Say whether ``content`` is a whole index of git."""
    # gitformat-index(5): a signature first and the checksum of all before it last. Anything else is made anew.
    return content[:4] == b"DIRC" and hashlib.sha1(content[:-20], usedforsecurity=False).digest() == content[-20:]


def _tip(layout: Layout, branch: str) -> str:
    tip = layout.tip(branch)
    if tip is None:
        raise Conflict(f"the branch {branch!r} has just gone", hint="see 'onecontext branch'")
    return tip


def _stamp(path: Path) -> _Stamp | None:
    try:
        status = path.stat()
    except FileNotFoundError:
        return None
    return status.st_ino, status.st_size, status.st_mtime_ns


def _put(path: Path, text: str) -> None:
    if _current(path) != text.encode("utf-8", "surrogateescape"):
        replace_bytes(path, text.encode("utf-8", "surrogateescape"))
