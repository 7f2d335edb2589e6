"""Making, linking and deleting tasks: what touches more than one file.

Rule 1: all of it happens under the list's lock, ``tasks/<team>/.lock.lock``, and takes the locks of single tasks one
    after another inside, never two at once.
Rule 2: the side that counts is ``blockedBy`` of the task that waits; ``blocks`` is written second, for the client.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from onecontext.errors import Conflict, DependencyCycle, UnknownTask
from teams.engine.locks import mkdir_lock
from teams.protocol.board import moves
from teams.protocol.board.desk import WAIT_S, Desk
from teams.protocol.board.graph import cycle_through
from teams.protocol.board.states import Action
from teams.protocol.board.task import Ours, Task
from teams.protocol.board.taskfiles import TaskFiles


class Links:
    """The list of one board as a whole. ``list_tasks`` returns the tasks as they stand."""

    def __init__(self, files: TaskFiles, desk: Desk, list_tasks: Callable[[], Sequence[Task]]) -> None:
        self._files = files
        self._desk = desk
        self._list_tasks = list_tasks

    def create(self, subject: str, description: str, ours: Ours, after: Sequence[str]) -> Task:
        """Put a new task behind those in ``after``; errors as in ``Board.create``."""
        with self.locked():
            self._desk.copies.restore_missing()
            tasks = {task.id: task for task in self._list_tasks()}
            _refuse_twin(tasks.values(), ours)
            blockers = list(dict.fromkeys(after))
            for name in blockers:
                self._must_exist(tasks, name)
            task_id = self._files.next_id(self._desk.copies.ledger.ids())
            _refuse_cycle(tasks, task_id, blockers)
            new = _new(task_id, subject, description, ours, blockers)
            task = self._desk.add(self._desk.copies.with_blockers(new))
            for name in blockers:
                self._desk.act(name, Action.LINK, moves.come_before(task_id), reason=f"comes before {task_id}")
        return task

    def link(self, task_id: str, blocker_id: str) -> Task:
        """Let one task wait for another; errors as in ``Board.link``."""
        with self.locked():
            tasks = {task.id: task for task in self._list_tasks()}
            self._must_exist(tasks, task_id)
            self._must_exist(tasks, blocker_id)
            _refuse_cycle(tasks, task_id, [*tasks[task_id].blocked_by, blocker_id])
            task = self._desk.act(
                task_id, Action.LINK, moves.come_after(blocker_id), reason=f"comes after {blocker_id}"
            )
            self._desk.act(blocker_id, Action.LINK, moves.come_before(task_id), reason=f"comes before {task_id}")
        return task

    def delete(self, task_id: str, reason: str) -> None:
        """Take a task off the board and out of the lists of others."""
        with self.locked():
            self._desk.act(task_id, Action.DELETE, moves.always(moves.Change()), reason=reason)
            for task in self._list_tasks():
                if task_id in task.blocked_by or task_id in task.blocks:
                    self._desk.act(task.id, Action.LINK, moves.forget(task_id), reason=f"{task_id} was deleted")

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the list's lock, the folder made when missing."""
        self._files.make()
        with mkdir_lock(self._files.list_file, wait_s=WAIT_S):
            yield

    def _must_exist(self, tasks: Mapping[str, Task], task_id: str) -> None:
        if task_id not in tasks:
            raise UnknownTask(f"no task {task_id!r}; there are {', '.join([*tasks][:20]) or 'none'}")


def _refuse_twin(tasks: Iterable[Task], ours: Ours) -> None:
    for task in tasks:
        if (task.key, task.mission, task.is_foreign) == (ours.key, ours.mission, False):
            raise Conflict(f"task {task.id} has the key {ours.key!r} already")


def _refuse_cycle(tasks: Mapping[str, Task], task_id: str, blocked_by: Sequence[str]) -> None:
    edges = {name: task.blocked_by for name, task in tasks.items()} | {task_id: tuple(blocked_by)}
    path = cycle_through(task_id, edges)
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
