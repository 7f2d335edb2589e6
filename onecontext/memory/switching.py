"""SWITCH: another branch becomes the one that HEAD names and the memory's own folder shows.

Rule 1: pending steps of both branches survive a kill at any point: copied to their new home first, then HEAD moves,
        then they are removed from where they were.
Rule 2: every part can be done again, so a switch that was cut off is finished by doing all of it, or taken back where
        HEAD had not moved yet.
"""

from onecontext.errors import Damaged, StorageError
from onecontext.memory import pending
from onecontext.memory.author import Author
from onecontext.memory.desk import Desk, writing
from onecontext.memory.locking import both, half_switched, known_tip
from onecontext.store import gitlock, worktrees
from onecontext.store.files import replace_text
from onecontext.store.layout import Layout
from onecontext.store.locks import DEFAULT_WAIT_S, held
from onecontext.store.objects import Objects
from onecontext.store.shown_files import take_away


def switch(layout: Layout, branch: str, author: Author) -> None:
    """Make ``branch`` the current one; nothing happens when it is.

    Raises:
        UnknownBranch: there is none of that name.
        LockTimeout: one of the two branches is being written; nothing has moved.
    """
    known_tip(layout, branch)
    head = layout.head()
    # Edits by hand are taken in where they were made, before the folder shows something else.
    for name in {head, branch} - {None}:
        if name is not None and layout.tip(name) is not None:
            with writing(layout, name) as desk:
                desk.take_in_edits(author.at())
    with held(layout.head_lock()):
        _finish(layout, DEFAULT_WAIT_S)
        shown, head = layout.main_place().shown(), layout.head()
        old = head or (shown.branch if shown else None)
        if head == branch:
            return
        if old is None or old == branch:
            _set_head(layout, branch, expect=head)
            return
        with both(layout, old, branch, wait_s=DEFAULT_WAIT_S):
            try:
                _move(layout, old, branch)
            except (OSError, Damaged, StorageError):
                # Once HEAD names it the switch is made; the note stays, and whoever comes next finishes it.
                if layout.head() != branch:
                    raise


def finish_switch(layout: Layout, *, wait_s: float = DEFAULT_WAIT_S) -> None:
    """Finish a switch that a kill, or git used by hand, left half done; take it back where HEAD had not moved."""
    with held(layout.head_lock(), wait_s=wait_s):
        _finish(layout, wait_s)


def _finish(layout: Layout, wait_s: float) -> None:
    # Twice at most: a switch taken back may show that git, used by hand, has moved HEAD meanwhile.
    while names := half_switched(layout):
        old, new = names
        with both(layout, old, new, wait_s=wait_s):
            if layout.head() == new:
                _move(layout, old, new)
            else:
                _take_back(layout, old, new)


def _move(layout: Layout, old: str, new: str) -> None:
    """Make the memory's own folder show ``new`` instead of ``old``; any part may be done again.

    Pending steps are copied durably to where each branch will be written before HEAD says so, and are removed from
    where they were only after. The note is written first and removed last: in between no writer of either branch goes
    ahead, so a copy can never outlive its original and come back as a second one.
    """
    objects, main = Objects(layout), layout.main_place()
    away, home = layout.linked_place(old), layout.linked_place(new)
    new_tip, old_tip = known_tip(layout, new), layout.tip(old)
    left, arriving = pending.path_in(main, old), pending.path_in(home, new)
    replace_text(layout.switch_note(), f"{old} {new}\n", durable=True)
    if old_tip is not None:
        worktrees.ensure_linked(layout, away, old)
        kept = Desk(layout, objects, away, old, old_tip)
        if not away.is_showing(old, old_tip):
            kept.show()
        pending.unite(layout, old, left, pending.path_in(away, old))
    pending.unite(layout, new, arriving, pending.path_in(main, new))
    head = layout.head()
    if head != new:
        _set_head(layout, new, expect=head)
    if old_tip is not None:
        pending.clear(left)
    pending.clear(arriving)
    worktrees.park(home, new_tip)
    Desk(layout, objects, main, new, new_tip).show()
    layout.switch_note().unlink(missing_ok=True)


def _take_back(layout: Layout, old: str, new: str) -> None:
    """Remove the copies of a switch that was cut off before HEAD moved; the originals are where they were."""
    pending.clear(pending.path_in(layout.linked_place(old), old))
    copy = pending.path_in(layout.main_place(), new)
    pending.clear(copy)
    shown, objects = layout.main_place().shown(), Objects(layout)
    path = f"branches/{new}/log.md"
    if shown is None or objects.entry(objects.tree_of(shown.commit), path) is None:
        take_away(layout.main_place(), path)
    layout.switch_note().unlink(missing_ok=True)


def _set_head(layout: Layout, branch: str, *, expect: str | None) -> None:
    """Make HEAD name ``branch``, if it names ``expect`` still."""
    content = f"ref: refs/heads/{branch}\n".encode()
    gitlock.put(layout.git / "HEAD", content, layout.scratch("head"), still=lambda: layout.head() == expect)
