"""SWITCH: another branch becomes the one that HEAD names and the memory's own folder shows.

Rule 1: pending steps of both branches survive a kill at any point: copied to their new home first, then HEAD moves,
        then they are removed from where they were.
Rule 2: every part can be done again, so a half-done switch is finished by doing all of it.
"""

from onecontext.memory import pending
from onecontext.memory.desk import Desk, writing
from onecontext.memory.locking import both, half_switched, known_tip
from onecontext.memory.model import Author
from onecontext.store import gitlock, worktrees
from onecontext.store.layout import Layout
from onecontext.store.locks import DEFAULT_WAIT_S, held
from onecontext.store.objects import Objects


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
        shown, head = layout.main_place().shown(), layout.head()
        old = head or (shown.branch if shown else None)
        if half := half_switched(layout):
            with both(layout, *half, wait_s=DEFAULT_WAIT_S):
                move_head(layout, *half)
        if head == branch:
            return
        if old is None or old == branch:
            set_head(layout, branch, expect=head)
            return
        with both(layout, old, branch, wait_s=DEFAULT_WAIT_S):
            move_head(layout, old, branch)


def finish_switch(layout: Layout, *, wait_s: float = DEFAULT_WAIT_S) -> None:
    """Finish a switch that a kill, or git used by hand, left half done."""
    with held(layout.head_lock(), wait_s=wait_s):
        if names := half_switched(layout):
            with both(layout, *names, wait_s=wait_s):
                move_head(layout, *names)


def move_head(layout: Layout, old: str, new: str) -> None:
    """Make the memory's own folder show ``new`` instead of ``old``; any step may be done again.

    Pending steps are copied durably to where each branch will be written before HEAD says so, and are removed from
    where they were only after. The note of what the folder shows comes last: until then the switch counts as half done
    and no writer of either branch goes ahead.
    """
    objects, main = Objects(layout), layout.main_place()
    away, home = layout.linked_place(old), layout.linked_place(new)
    new_tip = known_tip(layout, new)
    left, arriving = pending.path_in(main, old), pending.path_in(home, new)
    gone = layout.tip(old) is None
    if not gone:
        worktrees.ensure_linked(away, old)
        kept = Desk(layout, objects, away, old, known_tip(layout, old))
        if away.shown() != (old, kept.tip):
            kept.show()
        pending.unite(layout, old, left, pending.path_in(away, old))
    pending.unite(layout, new, arriving, pending.path_in(main, new))
    head = layout.head()
    if head != new:
        set_head(layout, new, expect=head)
    if not gone:
        pending.clear(left)
    pending.clear(arriving)
    worktrees.park(home, new_tip)
    Desk(layout, objects, main, new, new_tip).show()


def set_head(layout: Layout, branch: str, *, expect: str | None) -> None:
    """Make HEAD name ``branch``, if it names ``expect`` still."""
    content = f"ref: refs/heads/{branch}\n".encode()
    gitlock.put(layout.git / "HEAD", content, layout.scratch("head"), still=lambda: layout.head() == expect)
