"""What the journal says about the tasks: the truth that the task files are copies of.

Rule 1: each board event carries the whole document, so the newest event of a task is the task.
Rule 2: ``rev`` in the document counts a task's events; a file with a lower one is an older copy.
"""

from typing import Any

from onecontext.errors import Conflict
from teams.engine.event import Event
from teams.engine.journal import Journal

DELETED = "task.deleted"


class Ledger:
    """The newest document of each task, kept up to date from the journal. Safe for threads."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._documents: dict[str, dict[str, Any] | None] = {}
        self._revs: dict[str, int] = {}
        journal.follow(self._apply)

    def catch_up(self) -> None:
        """Read what was appended since the last time."""
        self._journal.catch_up()

    def get(self, task_id: str) -> dict[str, Any] | None:
        """Return the newest document, None for a task that was deleted or never recorded."""
        return self._documents.get(task_id)

    def rev(self, task_id: str) -> int:
        """Return how many events the task has, 0 when the journal does not know it."""
        return self._revs.get(task_id, 0)

    def ids(self) -> list[str]:
        """Return the ids of all tasks the journal has ever known."""
        return list(self._documents)

    def documents(self) -> dict[str, dict[str, Any]]:
        """Return id to document of the tasks that there are."""
        return {task_id: document for task_id, document in self._documents.copy().items() if document is not None}

    def expect(self, task_id: str, rev: int) -> None:
        """Refuse to go on unless the task's newest event is number ``rev``: the compare of compare-and-set.

        Raises:
            Conflict: somebody changed the task since it was read.
        """
        self.catch_up()
        if self.rev(task_id) != rev:
            raise Conflict(f"task {task_id} was changed at the same moment; what the other did stands")

    def _apply(self, event: Event) -> None:
        document = event.data.get("task")
        if event.task is None or not event.type.startswith("task.") or not isinstance(document, dict):
            return
        self._documents[event.task] = None if event.type == DELETED else document
        self._revs[event.task] = rev_of(document)


def rebuild(journal: Journal) -> dict[str, dict[str, Any]]:
    """Return id to document of every task, from the journal alone; equal to the task files.

    Raises:
        Damaged, NewerFormat: the journal cannot be read.
    """
    ledger = Ledger(journal)
    ledger.catch_up()
    return ledger.documents()


def rev_of(document: dict[str, Any]) -> int:
    """Return the ``rev`` in a recorded document, 0 where there is none."""
    ours = (document.get("metadata") or {}).get("onecontext") or {}
    rev = ours.get("rev", 0)
    return rev if isinstance(rev, int) else 0
