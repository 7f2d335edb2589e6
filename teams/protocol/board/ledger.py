"""What the journal says about the tasks: the truth that the task files are copies of.

Rule 1: each board event carries the whole document, so the newest event of a task is the task.
Rule 2: ``rev`` in the document counts a task's events; a file with a lower one is an older copy.
"""

from typing import Any

from onecontext.errors import Conflict
from teams.engine.event import Event
from teams.engine.journal import Journal
from teams.protocol.board.states import FOREIGN_STATE, State

DELETED = "task.deleted"
TAKING = ("task.claimed", "task.renewed", "task.inspected")


class Ledger:
    """The newest document of each task, kept up to date from the journal. Safe for threads."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._documents: dict[str, dict[str, Any] | None] = {}
        self._revs: dict[str, int] = {}
        self._seqs: dict[str, int] = {}
        self._taken_at: dict[str, float] = {}
        self._keys: dict[tuple[str | None, str], str] = {}
        self._open: dict[str, None] = {}
        self.changes = 0
        """How many events of tasks there were: as long as it stays, so does all that is said here."""
        journal.follow(self._apply, ("task.",))

    def catch_up(self) -> None:
        """Read what was appended since the last time."""
        self._journal.catch_up()

    def get(self, task_id: str) -> dict[str, Any] | None:
        """Return the newest document, None for a task that was deleted or never recorded."""
        return self._documents.get(task_id)

    def rev(self, task_id: str) -> int:
        """Return how many events the task has, 0 when the journal does not know it."""
        return self._revs.get(task_id, 0)

    def seq(self, task_id: str) -> int:
        """Return the journal's number of the task's newest event, 0 when the journal does not know it."""
        return self._seqs.get(task_id, 0)

    def taken_at(self, task_id: str) -> float:
        """Return when the task was last taken or renewed, seconds since 1970; 0 for never."""
        return self._taken_at.get(task_id, 0.0)

    def with_key(self, key: str, mission: str | None) -> str | None:
        """Return the id of the task of ``mission`` (None: of none) that has ``key``, None when there is none."""
        return self._keys.get((mission, key))

    def open_ids(self) -> list[str]:
        """Return the ids of tasks that nobody has and that were not done, in order of creation."""
        return list(self._open)

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

    def expect_seq(self, task_id: str, seq: int) -> None:
        """Refuse to go on unless the task's newest event has the number ``seq``; foreign tasks have no ``rev``.

        Raises:
            Conflict: somebody recorded something of the task since it was read.
        """
        self.catch_up()
        if self.seq(task_id) != seq:
            raise Conflict(f"task {task_id} was changed at the same moment; what the other did stands")

    def _apply(self, event: Event) -> None:
        document = event.data.get("task")
        if event.task is None or not event.type.startswith("task.") or not isinstance(document, dict):
            return
        gone = event.type == DELETED
        self.changes += 1
        self._documents[event.task] = None if gone else document
        self._revs[event.task] = rev_of(document)
        self._seqs[event.task] = event.seq
        if event.type in TAKING:
            self._taken_at[event.task] = event.at.timestamp()
        self._index(event.task, document, gone=gone)

    def _index(self, task_id: str, document: dict[str, Any], *, gone: bool) -> None:
        ours = _ours(document)
        if isinstance(name := ours.get("key"), str):
            key = (ours.get("mission"), name)
            if not gone:
                self._keys[key] = task_id
            elif self._keys.get(key) == task_id:
                del self._keys[key]
        if not gone and ours.get("state", FOREIGN_STATE.get(document.get("status", ""))) in (
            State.READY,
            State.WAITING,
        ):
            self._open[task_id] = None
        else:
            self._open.pop(task_id, None)


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
    rev = _ours(document).get("rev", 0)
    return rev if isinstance(rev, int) else 0


def _ours(document: dict[str, Any]) -> dict[str, Any]:
    return (document.get("metadata") or {}).get("onecontext") or {}
