"""Making, linking and deleting tasks: what touches more than one file.

Rule 1: all of it happens under the list's lock, ``tasks/<team>/.lock.lock``, and takes the locks of single tasks one
    after another inside, never two at once.
Rule 2: the side that counts is ``blockedBy`` of the task that waits; ``blocks`` is written second, for the client.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from onecontext.errors import Conflict, Damaged, DependencyCycle, UnknownTask
from teams.engine.locks import mkdir_lock
from teams.protocol.board import moves
from teams.protocol.board.desk import WAIT_S, Desk
from teams.protocol.board.graph import cycle_through
from teams.protocol.board.moves import Words
from teams.protocol.board.states import Action
from teams.protocol.board.task import Ours, Task
from teams.protocol.board.taskfiles import TaskFiles


class Links:
    """The list of one board as a whole. ``list_tasks`` returns the tasks as they stand."""

    def __init__(self, files: TaskFiles, desk: Desk, list_tasks: Callable[[], Sequence[Task]]) -> None:
        self._files = files
        self._desk = desk
        self._list_tasks = list_tasks

    def create(self, subject: str, description: str, ours: Ours, after: Sequence[str], *, by: str | None) -> Task:
        """Put a new task behind those in ``after``; errors as in ``Board.create``."""
        copies, ledger = self._desk.copies, self._desk.copies.ledger
        with self.locked():
            there = set(self._files.names())
            copies.restore_missing(there)
            if twin := ledger.with_key(ours.key, ours.mission):
                raise Conflict(f"task {twin} has the key {ours.key!r} already")
            blockers = list(dict.fromkeys(after))
            for name in blockers:
                self._must_exist(name)
            task_id = self._files.next_id(there.union(ledger.ids()))
            _refuse_cycle(self._blockers_of, task_id, blockers)
            new = _new(task_id, subject, description, ours, blockers)
            task = self._desk.add(copies.with_blockers(new), by=by)
            for name in blockers:
                reason = f"comes before {task_id}"
                self._desk.act(name, Action.LINK, moves.come_before(task_id), agent=by, reason=reason)
        return task

    def link(self, task_id: str, blocker_id: str, *, by: str | None) -> Task:
        """Let one task wait for another; errors as in ``Board.link``."""
        with self.locked():
            self._must_exist(task_id)
            self._must_exist(blocker_id)
            _refuse_cycle(self._blockers_of, task_id, [*self._blockers_of(task_id), blocker_id])
            task = self._desk.act(
                task_id, Action.LINK, moves.come_after(blocker_id), agent=by, reason=f"comes after {blocker_id}"
            )
            self._desk.act(
                blocker_id, Action.LINK, moves.come_before(task_id), agent=by, reason=f"comes before {task_id}"
            )
        return task

    def revise(self, task_id: str, words: Words, after: Sequence[str], reason: str, *, by: str | None) -> Task:
        """Say anew what a task is and what it comes after; errors as in ``Board.revise``."""
        with self.locked():
            blockers = list(dict.fromkeys(after))
            for name in (task_id, *blockers):
                self._must_exist(name)
            _refuse_cycle(self._blockers_of, task_id, blockers)
            left = [name for name in self._blockers_of(task_id) if name not in blockers]
            task = self._desk.act(task_id, Action.REVISE, moves.revise(words, blockers), agent=by, reason=reason)
            for name in (name for name in left if self._find(name) is not None):
                self._desk.act(name, Action.LINK, moves.forget(task_id), agent=by, reason=f"no longer before {task_id}")
            for name in blockers:
                reason = f"comes before {task_id}"
                self._desk.act(name, Action.LINK, moves.come_before(task_id), agent=by, reason=reason)
        return task

    def delete(self, task_id: str, reason: str, *, by: str | None) -> None:
        """Take a task off the board and out of the lists of others."""
        with self.locked():
            self._desk.act(task_id, Action.DELETE, moves.always(moves.Change()), agent=by, reason=reason)
            for task in self._list_tasks():
                if task_id in task.blocked_by or task_id in task.blocks:
                    why = f"{task_id} was deleted"
                    self._desk.act(task.id, Action.LINK, moves.forget(task_id), agent=by, reason=why)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the list's lock, the folder made when missing in a team that is there."""
        self._desk.see_team()
        self._files.make()
        with mkdir_lock(self._files.list_file, wait_s=WAIT_S):
            yield

    def _must_exist(self, task_id: str) -> None:
        if self._find(task_id) is None:
            raise UnknownTask(f"no task {task_id!r}; there are {', '.join(self._files.ids()[:20]) or 'none'}")

    def _blockers_of(self, task_id: str) -> Sequence[str]:
        task = self._find(task_id)
        return task.blocked_by if task else ()

    def _find(self, task_id: str) -> Task | None:
        """Return the task as its file has it, as the journal has it where that cannot be read; None: there is none."""
        try:
            return self._files.glance(task_id)
        except UnknownTask:
            return None
        except (FileNotFoundError, Damaged):
            return self._desk.copies.recorded(task_id)


def _refuse_cycle(blockers_of: Callable[[str], Sequence[str]], task_id: str, blocked_by: Sequence[str]) -> None:
    path = cycle_through(task_id, lambda name: blocked_by if name == task_id else blockers_of(name))
    if path:
        raise DependencyCycle(path)


def _new(task_id: str, subject: str, description: str, ours: Ours, blocked_by: Sequence[str]) -> Task:
    document = {
        "id": task_id,
        "subject": subject,
        "description": description,
        "status": "pending",
        "blocks": [],
        "blockedBy": list(blocked_by),
        "metadata": {"onecontext": ours.model_dump(mode="json")},
    }
    return Task.parse(document, source="a new task")
