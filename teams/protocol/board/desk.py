"""How one task is changed: lock, look, decide, journal, file.

Rule 1: the journal decides: a change is made when its event is appended, and that only when the task's newest event is
    still the one the change was computed from. The directory lock is for other programs, who honour nothing else.
Rule 2: the file follows, under the same lock. A file that the disk refuses then undoes nothing: it is a copy, and is
    written anew when its task is next touched.
Rule 3: what is refused for an old epoch is recorded as a violation.
"""

from collections.abc import Callable
from contextlib import suppress
from typing import Any

from onecontext.errors import StaleEpoch, UnknownTask, UsageError
from teams.engine.journal import Journal
from teams.engine.locks import HeldLock, mkdir_lock
from teams.protocol.board.copies import Copies, Standing
from teams.protocol.board.ledger import DELETED
from teams.protocol.board.moves import Move
from teams.protocol.board.states import EVENTS, OPEN, Action, after
from teams.protocol.board.task import Task
from teams.protocol.board.taskfiles import TaskFiles
from teams.protocol.reading import LIMIT_BYTES as LIMIT_READ_BYTES
from teams.protocol.wire import dumps

WAIT_S = 15.0  # longer than the lock of a killed holder lasts
# Below the 4 MiB that are read, with room for what redaction may add.
LIMIT_BYTES = LIMIT_READ_BYTES - 64 * 1024
# A document of so many characters fits, however it is escaped and indented.
_SMALL_CHARACTERS = 16 * 1024


class Desk:
    """Where the changes of one board are made."""

    def __init__(self, files: TaskFiles, journal: Journal) -> None:
        self._files = files
        self._journal = journal
        self.copies = Copies(files, journal)

    def see_team(self) -> None:
        """Raise NoTeam where the team is gone, before anything is made for it."""
        self._journal.make_folder()

    def act(
        self,
        task_id: str,
        action: Action,
        move: Move,
        *,
        agent: str | None = None,
        reason: str = "",
        epoch: int | None = None,
        taken: Callable[[Task], object] | None = None,
        wait_s: float = WAIT_S,
    ) -> Task:
        """Do ``action`` to a task and return it as it is afterwards.

        Args:
            move: returns what to set, or raises what stands against it.
            epoch: what the claim carried, for the record of a violation.
            taken: raises if the task as the journal has it is somebody else's already: then nobody waits for its lock.
            wait_s: how long to wait for whoever changes the task now; 0 tries once.
        """
        path = self._files.path(task_id)
        if not path.parent.is_dir():
            raise UnknownTask(f"there is no task {task_id}: the board is empty")

        def look() -> None:
            if taken is not None and (known := self.copies.recorded(task_id)) is not None:
                taken(known)

        look()
        with mkdir_lock(path, wait_s=wait_s, while_waiting=look) as lock:
            standing = self.copies.current(task_id)
            task = standing.task
            try:
                change = move(task)
            except StaleEpoch as error:
                self._violation(task, action, error, agent, epoch)
                raise
            state = after(action, task.state, task_id=task_id)
            changed = task.changed(ours={**change.ours, "state": state}, **change.fields)
            if state is OPEN:
                changed = self.copies.with_blockers(changed)
            return self._record(lock, standing, changed, EVENTS[action], agent=agent, reason=reason)

    def add(self, task: Task, *, by: str | None = None) -> Task:
        """Record a new task, made by ``by``. The caller holds the list's lock."""
        with mkdir_lock(self._files.path(task.id), wait_s=WAIT_S) as lock:
            return self._record(lock, None, task, "task.created", agent=by, reason="")

    def _record(
        self, lock: HeldLock, before: Standing | None, task: Task, event_type: str, *, agent: str | None, reason: str
    ) -> Task:
        if before and before.foreign:
            self._note("foreign.write", task, {"what": before.foreign})
        rev = before.rev if before else 0
        newest = max(rev, before.task.ours.rev) if before else 0
        task = task.changed(ours={"rev": newest + 1, "state": task.state})
        document = task.to_document()
        _refuse_large(document)
        data: dict[str, Any] = {
            "task": document,
            "from": before.task.state if before else None,
            "to": None if event_type == DELETED else task.state,
        }
        event = self._journal.append(
            event_type,
            data | ({"reason": reason} if reason else {}),
            mission=task.mission,
            task=task.id,
            attempt=task.attempt or None,
            epoch=task.epoch or None,
            agent=agent,
            guard=lambda: self.copies.ledger.expect(task.id, rev),
        )
        # If the lock passed on while this process slept, its new holder has read our event and writes the file.
        with suppress(OSError):  # rule 2; who made the change must not be told that it was not made
            if lock.is_ours() and event_type == DELETED:
                self._files.remove(task.id)
            elif lock.is_ours():
                self._files.write(task.id, event.data["task"])
        return Task.parse(event.data["task"], source=f"event {event.seq}")

    def _violation(self, task: Task, action: Action, error: StaleEpoch, agent: str | None, epoch: int | None) -> None:
        self._note("violation", task, {"what": f"{action} refused: {error.message}"}, agent=agent, epoch=epoch)

    def _note(
        self, event_type: str, task: Task, data: dict[str, Any], *, agent: str | None = None, epoch: int | None = None
    ) -> None:
        self._journal.append(
            event_type,
            {"path": f"tasks/{self._files.folder.name}/{task.id}.json", **data},
            mission=task.mission,
            task=task.id,
            attempt=task.attempt or None,
            epoch=epoch,
            agent=agent,
        )


def _refuse_large(document: dict[str, Any]) -> None:
    """Refuse a task whose file nobody would read.

    Raises:
        UsageError: it is larger than what is read; nothing was written.
    """
    if len(str(document)) <= _SMALL_CHARACTERS:
        return
    size_bytes = len(dumps(document).encode("utf-8"))
    if size_bytes > LIMIT_BYTES:
        raise UsageError(
            f"the task would have {size_bytes:,} bytes, more than the {LIMIT_BYTES:,} that fit",
            hint="put what is long into a file, and its path into the task",
        )
