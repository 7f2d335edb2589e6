"""Taking a branch out of sight, and back: nothing is ever lost by it.

Rule 1: the tip is kept under ``refs/onecontext/deleted/<branch>/<time>`` before the branch goes, merged or not.
Rule 2: steps without a milestone are kept by no commit, so a branch that has some is not deleted.
Rule 3: a file of the branch's work tree that its tip does not have is set aside, or left where it is.
Rule 4: every part can be done again: after a kill the branch is there still, or it is gone and its tip is kept.
"""

import shutil
from contextlib import suppress

from onecontext.errors import BranchExists, CurrentBranch, Damaged, PendingSteps, StorageError, UnknownBranch
from onecontext.memory import pending
from onecontext.memory.author import Author
from onecontext.memory.desk import Desk, writing
from onecontext.memory.locking import known_tip
from onecontext.memory.model import Deleted
from onecontext.memory.switching import finish_switch
from onecontext.names import check_name, is_name
from onecontext.store import refs, worktrees
from onecontext.store.files import sync_folder
from onecontext.store.layout import Layout
from onecontext.store.locks import held
from onecontext.store.objects import Objects


def delete(layout: Layout, name: str, author: Author) -> Deleted:
    """Take the branch ``name`` out of sight; :func:`restore` has it back.

    Raises:
        InvalidName: ``name`` cannot name a branch.
        UnknownBranch: there is none of that name.
        CurrentBranch: it is the one that the memory's folder shows.
        PendingSteps: it has steps without a milestone; nothing was changed.
        LockTimeout: somebody else is writing it.
    """
    known_tip(layout, check_name(name, what="branch"))
    finish_switch(layout)
    # A switch takes this lock too, so the branch cannot become the current one meanwhile.
    with held(layout.head_lock()):
        _refuse_current(layout, name)
        with writing(layout, name) as desk:
            desk.take_in_edits(author.at())
            waiting = pending.read(pending.path_in(desk.place, name)).records
            if waiting:
                raise PendingSteps(
                    f"{name!r} has {len(waiting)} pending step{'s' if len(waiting) > 1 else ''} without a milestone",
                    hint=f"onecontext commit --branch {name} '…' keeps them; then run it again",
                )
            merged = _is_merged(desk)
            kept = _kept(layout, name, desk.tip) or refs.deleted_ref(name, author.at())
            refs.put(layout, kept, desk.tip)
            # Its work tree names the commit from here on, so that none ever names a branch that is gone.
            worktrees.park(desk.place, desk.tip)
            refs.delete(layout, f"{refs.HEADS}{name}", expect=desk.tip)
            # The branch is out of sight and its tip kept; files that could not be removed take room and nothing else.
            with suppress(OSError, Damaged, StorageError):
                _take_work_tree_away(desk)
            return Deleted(name, desk.tip, kept, merged)


def restore(layout: Layout, name: str) -> str:
    """Have a deleted branch back at the tip it had when it was last deleted, and return that commit.

    Raises:
        InvalidName: ``name`` cannot name a branch.
        BranchExists: there is a branch or a tag of that name; nothing was changed.
        UnknownBranch: no branch of that name was deleted.
    """
    check_name(name, what="branch")
    kept = refs.under(layout, f"{refs.DELETED}{name}/")
    objects = Objects(layout)
    with held(layout.lock(name)):
        if layout.tip(name) is not None:
            raise BranchExists(f"there is a branch {name!r}", hint="'onecontext log --graph' shows where it is")
        if refs.read(layout, refs.tag_ref(name)) is not None:
            raise BranchExists(f"there is a tag {name!r}", hint="give that commit another tag first")
        if not kept:
            raise UnknownBranch(name, deleted(layout), what="deleted branch")
        tip = objects.peel(kept[max(kept)])
        if tip is None or objects.entry(objects.tree_of(tip), f"branches/{name}/metadata.yaml") is None:
            raise Damaged(
                f"{max(kept)} is no state of a branch {name!r}", hint="'git log' in the memory shows what it is"
            )
        objects.move(name, expect=None, to=tip)
    return tip


def deleted(layout: Layout) -> list[str]:
    """Return the names of the branches that were deleted and are not there, sorted."""
    names = {ref.removeprefix(refs.DELETED).partition("/")[0] for ref in refs.under(layout, refs.DELETED)}
    return sorted(name for name in names if is_name(name) and layout.tip(name) is None)


def _refuse_current(layout: Layout, name: str) -> None:
    shown = layout.main_place().shown()
    if name in (layout.head(), shown.branch if shown else None, *layout.switching()):
        raise CurrentBranch(f"{name!r} is the current branch", hint="'onecontext switch' to another one first")


def _is_merged(desk: Desk) -> bool:
    """Say whether the tip is part of another branch."""
    others = [tip for name in desk.layout.branches() if name != desk.branch and (tip := desk.layout.tip(name))]
    return any(desk.objects.merge_base(desk.tip, other) == desk.tip for other in others)


def _kept(layout: Layout, name: str, tip: str) -> str | None:
    """Return the newest ref that keeps ``tip`` already: a delete that was killed half-way made it."""
    found = [ref for ref, commit in refs.under(layout, f"{refs.DELETED}{name}/").items() if commit == tip]
    return max(found, default=None)


def _take_work_tree_away(desk: Desk) -> None:
    """Remove what the tip has from the work tree; what it does not have is set aside, or left."""
    # First git's notes on that work tree, and ours of what it shows: out of sight in one step, so that whoever starts
    # or restores a branch of this name after a kill finds a folder that shows nothing yet.
    gone = desk.layout.scratch(f"gone-{desk.branch}")
    shutil.rmtree(gone, ignore_errors=True)
    gone.parent.mkdir(parents=True, exist_ok=True)
    desk.place.git_dir.rename(gone)
    sync_folder(desk.place.git_dir.parent)
    worktrees.empty(desk.layout, desk.objects, desk.place, desk.branch, desk.tree)
    shutil.rmtree(gone, ignore_errors=True)
