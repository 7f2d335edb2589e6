"""The folder ``tasks/<team>/``: one file a task, beside files of the client's own.

Rule 1: a garbled file never hides its neighbours: it is reported and the rest is read.
Rule 2: what other programs keep in the folder under names that are no ids is passed over.
Rule 3: an id is never used twice: ``.highwatermark`` remembers the highest that was deleted.
"""

import os
import re
import time
from collections.abc import Iterable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from onecontext.errors import Damaged, UnknownTask
from onecontext.store.files import replace_text
from teams.engine.stamp import KeptEach
from teams.protocol.board.task import Task
from teams.protocol.reading import RETRIES, RETRY_S, may_change, read_json, read_whole, remember
from teams.protocol.wire import dumps

_NUMBER = re.compile(r"[0-9]{1,15}", re.ASCII)
_ID = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)


class Problem(NamedTuple):
    """A file that could not be read as what it should be."""

    path: Path
    error: Damaged

    @property
    def what(self) -> str:
        """What stands in the way, in a sentence."""
        return self.error.message


class TaskFiles:
    """The task files of one team."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._top = str(folder)
        self.list_file = folder / ".lock"
        self._kept = KeptEach[Task]()

    def make(self) -> None:
        """Make the folder and its empty ``.lock``, as the client does.

        Raises:
            Damaged: something else stands in the folder's place.
        """
        self._check_folder()
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except FileExistsError as error:
            raise Damaged(f"{self.folder} is no folder") from error
        # Not touch(), which makes the file that a dangling symlink points to.
        with suppress(FileExistsError):
            os.close(os.open(self.list_file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644))

    def _check_folder(self) -> None:
        if self.folder.is_symlink():
            raise Damaged(f"{self.folder} is a symlink, which is not followed")

    def path(self, task_id: str) -> Path:
        """Return where the task lies.

        Raises:
            UnknownTask: no task can have that id.
        """
        return Path(self._name(task_id))

    def _name(self, task_id: str) -> str:
        if not _ID.fullmatch(task_id):
            raise UnknownTask(f"{task_id[:80]!r} is no task's id")
        return f"{self._top}/{task_id}.json"

    def ids(self) -> list[str]:
        """Return the ids of the files there are: numbers first, in order.

        Raises:
            Damaged: something else than a folder of its own stands in the folder's place.
        """
        return sorted(self.names(), key=order)

    def names(self) -> list[str]:
        """Return what :meth:`ids` returns, in no order: what making a task looks at each time."""
        self._check_folder()
        try:
            there = os.listdir(self.folder)  # noqa: PTH208 - paths would take ten times as long
        except FileNotFoundError:
            return []
        except OSError as error:
            raise Damaged(f"{self.folder} cannot be read: {error.strerror}") from error
        return [name[:-5] for name in there if name.endswith(".json") and _ID.fullmatch(name, 0, len(name) - 5)]

    def read(self, task_id: str, *, retries: int = RETRIES) -> Task:
        """Return one task.

        Raises:
            FileNotFoundError: there is no such file.
            Damaged, NewerFormat: it cannot be read.
        """
        path = self.path(task_id)

        def parse(document: Any) -> Task:
            task = Task.parse(document, source=str(path))
            if task.id != task_id:
                raise Damaged(f"{path} holds a task with the id {task.id!r}")
            return task

        task: Task = read_json(path, retries=retries, parse=parse)
        return task

    def glance(self, task_id: str) -> Task:
        """Return what :meth:`read` returns, read again only where the file has changed since."""
        return self._kept.get(self._name(task_id), partial(self.read, task_id))

    def keep_as(self, task: Task, same: Task) -> None:
        """Hold ``same`` for as long as the file stays as ``task`` was read from it; it must say the same."""
        self._kept.exchange(self._name(task.id), task, same)

    def read_all(self) -> tuple[list[Task], list[Problem]]:
        """Return the tasks that can be read, and what stands in the way of the others."""
        tasks: dict[str, Task] = {}
        problems: dict[str, Problem] = {}
        there = self.ids()
        self._kept.keep_only(self._name(task_id) for task_id in there)
        self._read_some(there, tasks, problems)
        deadline = time.monotonic() + RETRIES * RETRY_S
        # Another program may be rewriting them in place just now.
        while pending := [task_id for task_id in problems if may_change(self.path(task_id))]:
            if time.monotonic() >= deadline:
                break
            time.sleep(RETRY_S)
            self._read_some(pending, tasks, problems)
        for task_id in pending:
            remember(self.path(task_id), problems[task_id].error)
        return sorted(tasks.values(), key=lambda task: order(task.id)), list(problems.values())

    def _read_some(self, task_ids: Iterable[str], into: dict[str, Task], problems: dict[str, Problem]) -> None:
        for task_id in task_ids:
            problems.pop(task_id, None)
            try:
                into[task_id] = self._kept.get(self._name(task_id), partial(self.read, task_id, retries=0))
            except FileNotFoundError:
                continue
            except Damaged as error:
                problems[task_id] = Problem(self.path(task_id), error)

    def write(self, task_id: str, document: Any) -> None:
        """Put ``document`` into the task's file in one step. Not fsynced: the journal is, and comes first."""
        replace_text(self.path(task_id), dumps(document))

    def remove(self, task_id: str) -> None:
        """Take the file away and remember its number."""
        if _NUMBER.fullmatch(task_id):
            replace_text(self.folder / ".highwatermark", str(max(self.highest_deleted(), int(task_id))))
        self.path(task_id).unlink(missing_ok=True)

    def highest_deleted(self) -> int:
        """Return the highest number a deleted task had, 0 when none is known."""
        try:
            text = read_whole(self.folder / ".highwatermark", limit_bytes=64).decode("ascii", "replace").strip()
        except (FileNotFoundError, Damaged):
            # What is no number is no word about deletions; the journal knows the ids that it has seen.
            return 0
        return int(text) if _NUMBER.fullmatch(text) else 0

    def next_id(self, known: Iterable[str]) -> str:
        """Return a number no deleted task had and no id in ``known``: of the files and of the journal.

        The caller holds the list's lock.
        """
        # A file named by more digits than a client can count is nobody's to go on from.
        numbers = [int(name) for name in known if _NUMBER.fullmatch(name)]
        return str(max([0, self.highest_deleted(), *numbers]) + 1)


def order(name: str) -> tuple[int, int, str]:
    """Return what puts ids in order: numbers first."""
    return (0, int(name), name) if name.isdecimal() else (1, 0, name)
