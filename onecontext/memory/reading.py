"""Before anything is read: see that git has what is on record, and that files show the branch's tip.

Rule 1: three small files tell; only when they disagree (a commit going on, a killed writer, a fetch) is a lock taken.
"""

from contextlib import suppress

from onecontext.errors import InvalidName, LockTimeout, UnknownBranch
from onecontext.memory.locking import known_tip
from onecontext.store import ahead
from onecontext.store.files import check_way, read_bytes
from onecontext.store.layout import Layout

_OTHERS_WAIT_S = 1.0


def settled(layout: Layout, branch: str) -> Layout:
    """Return ``layout`` once all that is on record is in git: of ``branch``, and of others unless they are held long.

    A live process that was stopped while it wrote another branch must not stop a reader of this one, who then sees that
    branch as it was before.

    Raises:
        LockTimeout: somebody has been writing ``branch`` all the time we waited.
    """
    for name in ahead.waiting(layout):
        from onecontext.memory.recording import settle

        if name == branch:
            settle(layout, name)
        else:
            with suppress(LockTimeout, UnknownBranch, InvalidName):
                settle(layout, name, wait_s=_OTHERS_WAIT_S)
    return layout


def ensure_shown(layout: Layout, branch: str) -> None:
    """Bring the work tree of ``branch`` up to date where it is not, so that its files can be read."""
    if not layout.place(branch).is_showing(branch, known_tip(layout, branch)):
        from onecontext.memory.desk import writing

        with writing(layout, branch):
            pass


def read_main(layout: Layout, branch: str) -> str:
    """Return the roadmap as it stands, edits by hand included; empty when there is none."""
    ensure_shown(layout, branch)
    path = layout.place(branch).folder / "main.md"
    check_way(path.parent, path)
    try:
        return read_bytes(path).decode("utf-8", "replace")
    except FileNotFoundError:
        return ""
