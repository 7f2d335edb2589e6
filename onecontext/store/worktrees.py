"""Work trees that show what a branch's tip has, each branch in a folder of its own.

The branch that HEAD names is shown by the memory's own folder; any other by a linked work tree, made by the rules of
gitrepository-layout(5): ``.git/worktrees/<branch>/{HEAD,commondir,gitdir}`` and a ``.git`` file in the folder. Which
files of the tree a linked one has is in :mod:`onecontext.store.view`.

Rule 1: everything here can be done again after a kill at any point, and ends in the same state.
Rule 2: a file that somebody changed is set aside before it is written over or taken away.
Rule 3: the note of what a folder shows is written last, so that an unfinished refresh is seen and done again.
Rule 4: the caller holds the lock of the branch.
"""

import shutil
import stat
from collections.abc import Callable, Mapping
from pathlib import Path

from onecontext.errors import REPAIR, Damaged
from onecontext.store import indexes
from onecontext.store.durable import make_folder, sync_names
from onecontext.store.files import read_bytes, replace_bytes, replace_name, replace_text, sync_folder
from onecontext.store.layout import Layout
from onecontext.store.objects import Objects
from onecontext.store.place import Place
from onecontext.store.quarantine import set_aside
from onecontext.store.view import View, view
from onecontext.store.ways import check_kinds, check_way

Changed = Mapping[str, tuple[str | None, str | None]]


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
    new, seen = objects.tree_of(tip), view(place, branch)
    # An index is brought from one tree to another by all that changed, also in files that are not here.
    changed = objects.changed(old, new, has=None if old else seen.has)
    unsure = shown is not None and not place.is_showing(*shown)
    if unsure and old is not None:
        mend_torn(layout, objects, place, old, seen, keep=keep)
    made: set[Path] = set()
    for path, (before, after) in changed.items():
        if path == keep or seen.hides(path):
            continue
        by_hand = _is_by_hand(path, keep)
        if before is None and after is not None and _is_made(place.folder, (place.folder / path).parent, made):
            # A folder that is new may have hundreds of files, none of which can be there yet.
            replace_bytes(place.folder / path, objects.blob(after), durable=by_hand and layout.durability != "none")
            continue
        _show(layout, objects, place, path, before, after, mine=path in taken, by_hand=by_hand)
    target = place.folder / keep
    if not target.exists():
        _real_folder(place.folder, target.parent)
        replace_bytes(target, b"")
        # Steps are appended to it, and durable is what its name is.
        sync_names(target, place.folder)
    before_noting(objects.changed(None, new, has=seen.has) if unsure else changed)
    blobs = {path: after for path, (_, after) in changed.items()}
    if indexes.refresh(layout, objects, place, branch, None if unsure else old, new, blobs, seen):
        replace_text(place.note(), place.note_text(branch, tip))


def mend_torn(layout: Layout, objects: Objects, place: Place, tree: str, seen: View, *, keep: str) -> None:
    """Put back the files of ``tree`` that a power cut took or tore: the work tree is not fsynced, as git has it all.

    What differs otherwise was changed by hand, and stays.
    """
    for path, (_, blob) in objects.changed(None, tree, has=seen.has).items():
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


def empty(layout: Layout, objects: Objects, place: Place, branch: str, tree: str) -> None:
    """Remove the files that ``tree`` has, setting aside what was changed; files that it has not are left."""
    for path, (_, blob) in objects.changed(None, tree, has=view(place, branch).has).items():
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


def _put(path: Path, text: str) -> None:
    """Write one of git's pointers; its bytes are durable, so that after a power cut it is the old one or the new."""
    if _current(path) != text.encode("utf-8", "surrogateescape"):
        replace_name(path, text.encode("utf-8", "surrogateescape"), durable=True)
