"""Before anything is read: see that git has what is on record, and that files show the branch's tip.

Rule 1: three small files tell; only when they disagree (a commit going on, a killed writer, a fetch) is a lock taken.
"""

from contextlib import suppress

from onecontext.errors import InvalidName, LockTimeout, StorageError, UnknownBranch
from onecontext.memory.locking import known_tip
from onecontext.store import ahead
from onecontext.store.files import read_bytes
from onecontext.store.layout import Layout
from onecontext.store.ways import check_way

_WAIT_S = 1.0


def settled(layout: Layout) -> Layout:
    """Return ``layout`` once what is on record is in git, where that can be had soon.

    A live process that was stopped while it wrote, or a disk that is full, must not stop a reader. Files are then read
    as they will be (:func:`onecontext.recall.files.folder_of`), and git has what it had before.
    """
    for name in ahead.waiting(layout):
        from onecontext.memory.recording import settle

        with suppress(LockTimeout, StorageError, UnknownBranch, InvalidName, OSError):
            settle(layout, name, wait_s=_WAIT_S)
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
