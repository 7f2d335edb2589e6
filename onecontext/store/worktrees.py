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
from collections.abc import Callable, Mapping
from pathlib import Path

from onecontext.store import indexes
from onecontext.store.durable import make_folder, sync_names
from onecontext.store.files import replace_bytes, replace_name, replace_text, sync_folder
from onecontext.store.layout import Layout
from onecontext.store.objects import Objects
from onecontext.store.place import Place
from onecontext.store.power_cut import mend_torn, set_unknown_aside
from onecontext.store.quarantine import set_aside
from onecontext.store.shown_files import current, is_by_hand, real_folder, take_away
from onecontext.store.view import view
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
        by_hand = is_by_hand(path, keep)
        if before is None and after is not None and _is_made(place.folder, (place.folder / path).parent, made):
            # A folder that is new may have hundreds of files, none of which can be there yet.
            replace_bytes(place.folder / path, objects.blob(after), durable=by_hand and layout.durability != "none")
            continue
        _show(layout, objects, place, path, before, after, mine=path in taken, by_hand=by_hand)
    if unsure or shown is None:
        set_unknown_aside(layout, objects, place, new)
    target = place.folder / keep
    if not target.exists():
        real_folder(place.folder, target.parent)
        replace_bytes(target, b"")
        # Steps are appended to it, and durable is what its name is.
        sync_names(target, place.folder)
    before_noting(objects.changed(None, new, has=seen.has) if unsure else changed)
    blobs = {path: after for path, (_, after) in changed.items()}
    if indexes.refresh(layout, objects, place, branch, None if unsure else old, new, blobs, seen):
        replace_text(place.note(), place.note_text(branch, tip))


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
    there = current(target)
    found = objects.blob_id(there) if there is not None else None
    if found == after:
        return
    if there is not None and found != before and not mine:
        set_aside(layout, path, there)
    if after is None:
        take_away(place, path)
        return
    real_folder(place.folder, target.parent)
    # A roadmap or metadata file torn by a power cut would look like a person's edit, so these are fsynced.
    replace_bytes(target, objects.blob(after), durable=by_hand and layout.durability != "none")


def empty(layout: Layout, objects: Objects, place: Place, branch: str, tree: str) -> None:
    """Remove the files that ``tree`` has, setting aside what was changed; files that it has not are left."""
    for path, (_, blob) in objects.changed(None, tree, has=view(place, branch).has).items():
        _show(layout, objects, place, path, blob, None, mine=False)
    (place.folder / ".git").unlink(missing_ok=True)
    if not any(place.folder.iterdir()):
        place.folder.rmdir()


def _is_made(top: Path, folder: Path, made: set[Path]) -> bool:
    """Say whether ``folder`` was made by this very refresh (``made``), so that nothing is in it but what that wrote.

    It is made where it is missing; each name on the way to it is looked at, as in :func:`real_folder`.
    """
    if folder not in made and not folder.exists():
        real_folder(top, folder.parent)
        folder.mkdir()
        made.add(folder)
    return folder in made


def _put(path: Path, text: str) -> None:
    """Write one of git's pointers; its bytes are durable, so that after a power cut it is the old one or the new."""
    if current(path) != text.encode("utf-8", "surrogateescape"):
        replace_name(path, text.encode("utf-8", "surrogateescape"), durable=True)
