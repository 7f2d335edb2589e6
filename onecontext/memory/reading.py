"""Before files are read: see that they show the branch's tip.

Rule 1: three small files tell; only when they disagree (a commit going on, a killed writer, a fetch) is a lock taken.
"""

from onecontext.memory.locking import known_tip
from onecontext.store.files import read_bytes
from onecontext.store.layout import Layout


def ensure_shown(layout: Layout, branch: str) -> None:
    """Bring the work tree of ``branch`` up to date where it is not, so that its files can be read."""
    if layout.place(branch).shown() != (branch, known_tip(layout, branch)):
        from onecontext.memory.desk import writing

        with writing(layout, branch):
            pass


def read_main(layout: Layout, branch: str) -> str:
    """Return the roadmap as it stands, edits by hand included; empty when there is none."""
    ensure_shown(layout, branch)
    try:
        return read_bytes(layout.place(branch).folder / "main.md").decode("utf-8", "replace")
    except FileNotFoundError:
        return ""
