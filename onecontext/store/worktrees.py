"""Work trees that show what a branch's tip has, each branch in a folder of its own.

The branch that HEAD names is shown by the memory's own folder; any other by a linked work tree, made by the rules of
gitrepository-layout(5): ``.git/worktrees/<branch>/{HEAD,commondir,gitdir}`` and a ``.git`` file in the folder.

Rule 1: everything here can be done again after a kill at any point, and ends in the same state.
Rule 2: a file that somebody changed is set aside before it is written over or taken away.
Rule 3: the note of what a folder shows is written last, so that an unfinished refresh is seen and done again.
Rule 4: the caller holds the lock of the branch.
"""

import shutil
import stat
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from onecontext.errors import REPAIR, Conflict, Damaged, LockTimeout
from onecontext.store import gitlock, index
from onecontext.store.durable import make_folder, sync_names
from onecontext.store.files import (
    check_kinds,
    check_way,
    read_bytes,
    replace_bytes,
    replace_name,
    replace_text,
    sync_folder,
)
from onecontext.store.layout import Layout
from onecontext.store.objects import Objects
from onecontext.store.place import Place
from onecontext.store.quarantine import set_aside

Changed = Mapping[str, tuple[str | None, str | None]]
_INDEX_ATTEMPTS = 5
_Stamp = tuple[int, int, int]


def ensure_linked(layout: Layout, place: Place, branch: str) -> None:
    """Make the linked work tree of ``branch``, or mend its pointers when the memory was moved to another folder."""
    _check(place)
    if not (place.git_dir / "HEAD").exists():
        # Made aside, because git complains of one that is half made.
        making = layout.scratch(f"worktree-{branch}")
        _link(making, place, branch)
        sync_folder(making)
        place.git_dir.parent.mkdir(exist_ok=True)
        shutil.rmtree(place.git_dir, ignore_errors=True)
        making.rename(place.git_dir)
    _link(place.git_dir, place, branch)
    make_folder(place.folder)
    _put(place.folder / ".git", f"gitdir: {place.git_dir}\n")


def _link(git_dir: Path, place: Place, branch: str) -> None:
    git_dir.mkdir(parents=True, exist_ok=True)
    _put(git_dir / "commondir", "../..\n")
    _put(git_dir / "gitdir", f"{place.folder / '.git'}\n")
    _put(git_dir / "HEAD", f"ref: refs/heads/{branch}\n")


def park(place: Place, commit: str) -> None:
    """Leave a linked work tree be while its branch is shown elsewhere: its HEAD then names a commit, not the branch."""
    _check(place)
    if place.git_dir.is_dir():
        _put(place.git_dir / "HEAD", f"{commit}\n")
        sync_folder(place.git_dir)


def _check(place: Place) -> None:
    check_kinds([str(path) for own in (place.git_dir, place.folder) for path in (own.parent, own)], ())


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
    unsure = shown is not None and not place.is_showing(*shown)
    if unsure and old is not None:
        mend_torn(layout, objects, place, old, keep=keep)
    made: set[Path] = set()
    for path, (before, after) in changed.items():
        if path == keep:
            continue
        by_hand = _is_by_hand(path, keep)
        if before is None and after is not None and _is_made(place.folder, (place.folder / path).parent, made):
            # A new work tree has hundreds of files of other branches, none of which can be there yet.
            replace_bytes(place.folder / path, objects.blob(after), durable=by_hand and layout.durability != "none")
            continue
        _show(layout, objects, place, path, before, after, mine=path in taken, by_hand=by_hand)
    target = place.folder / keep
    if not target.exists():
        _real_folder(place.folder, target.parent)
        replace_bytes(target, b"")
        # Steps are appended to it, and durable is what its name is.
        sync_names(target, place.folder)
    before_noting(objects.changed(None, new) if unsure else changed)
    blobs = {path: after for path, (_, after) in changed.items()}
    if _refresh_index(layout, objects, place, branch, None if unsure else old, new, blobs):
        replace_text(place.note(), place.note_text(branch, tip))


def mend_torn(layout: Layout, objects: Objects, place: Place, tree: str, *, keep: str) -> None:
    """Put back the files of ``tree`` that a power cut took or tore: the work tree is not fsynced, as git has it all.

    What differs otherwise was changed by hand, and stays.
    """
    for path, (_, blob) in objects.changed(None, tree).items():
        target = place.folder / path
        current = _current(target)
        if path == keep or blob is None or (current is not None and objects.blob_id(current) == blob):
            continue
        content = objects.blob(blob)
        if current is None or _is_torn(current, content, by_hand=_is_by_hand(path, keep)):
            if current:
                set_aside(layout, path, current)
            _real_folder(place.folder, target.parent)
            replace_bytes(target, content)


def _is_torn(current: bytes, content: bytes, *, by_hand: bool) -> bool:
    written = current.rstrip(b"\0")
    if not written:
        return True
    # Of a roadmap or metadata that was shortened by hand the rest is a beginning, too.
    return content.startswith(written) and (len(written) < len(current) or not by_hand)


def _is_by_hand(path: str, keep: str) -> bool:
    """Say whether a person's edit of ``path`` is taken in from the work tree whose pending log is ``keep``."""
    return path in ("main.md", keep.removesuffix("log.md") + "metadata.yaml")


def _show(
    layout: Layout,
    objects: Objects,
    place: Place,
    path: str,
    before: str | None,
    after: str | None,
    *,
    mine: bool,
    by_hand: bool = False,
) -> None:
    target = place.folder / path
    check_way(place.folder, target)
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
    # A roadmap or metadata file torn by a power cut would look like a person's edit, so these are fsynced.
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
    check_way(place.folder, target)
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


def _is_made(top: Path, folder: Path, made: set[Path]) -> bool:
    """Say whether ``folder`` was made by this very refresh (``made``), so that nothing is in it but what that wrote.

    It is made where it is missing; each name on the way to it is looked at, as in :func:`_real_folder`.
    """
    if folder not in made and not folder.exists():
        _real_folder(top, folder.parent)
        folder.mkdir()
        made.add(folder)
    return folder in made


def _drop_empty(folder: Path, top: Path) -> None:
    while folder != top and folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()
        folder = folder.parent


def _refresh_index(
    layout: Layout,
    objects: Objects,
    place: Place,
    branch: str,
    old: str | None,
    new: str,
    blobs: Mapping[str, str | None],
) -> bool:
    """Bring the git index from the tree ``old`` to ``new``; False when a git command holds it: then the next writer."""
    path, scratch = place.git_dir / "index", layout.scratch(f"index-{branch}")
    scratch.parent.mkdir(parents=True, exist_ok=True)
    for _ in range(_INDEX_ATTEMPTS):
        gitlock.clear_dead_lock(path, scratch)
        scratch.unlink(missing_ok=True)
        # A killed pygit2 leaves its own lock beside the scratch, which only the holder of our lock ever writes.
        scratch.with_name(scratch.name + ".lock").unlink(missing_ok=True)
        seen = _stamp(path)

        def unchanged(seen: _Stamp | None = seen) -> bool:
            return _stamp(path) == seen

        found = _current(path)
        patched = None
        if old is not None and found is not None and index.is_index(found):
            patched = index.patched(found, blobs, partial(objects.file_before, old))
        if patched is not None:
            replace_name(scratch, patched)
        else:
            objects.new_index(str(scratch), new)
        try:
            gitlock.install(path, scratch, still=unchanged, wait_s=1.0)
        except Conflict as error:
            if isinstance(error, LockTimeout):
                return False
            continue
        return True
    return False


def remake_index(layout: Layout, objects: Objects, place: Place, branch: str, tree: str) -> bool:
    """Make git's index of a work tree anew from ``tree``; False when a git command holds it."""
    return _refresh_index(layout, objects, place, branch, None, tree, {})


def _stamp(path: Path) -> _Stamp | None:
    try:
        status = path.stat()
    except FileNotFoundError:
        return None
    return status.st_ino, status.st_size, status.st_mtime_ns


def _put(path: Path, text: str) -> None:
    """Write one of git's pointers; its bytes are durable, so that after a power cut it is the old one or the new."""
    if _current(path) != text.encode("utf-8", "surrogateescape"):
        replace_name(path, text.encode("utf-8", "surrogateescape"), durable=True)
