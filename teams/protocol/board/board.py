"""The board of a team: tasks, and who has them.

Rule 1: this file and those of its verbs, :mod:`teams.protocol.board.holding` and :mod:`teams.protocol.board.judging`,
    say what one may ask of a board. What a verb sets is in :mod:`teams.protocol.board.moves`, whether the state allows
    it in :mod:`teams.protocol.board.states`, how it is written in :mod:`teams.protocol.board.desk`.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from operator import is_
from pathlib import Path
from typing import NamedTuple

from onecontext.errors import UnknownTask
from onecontext.names import check_name
from teams.engine.event import Event
from teams.engine.journal import Journal, utc_now
from teams.protocol.board.desk import Desk
from teams.protocol.board.holding import Holding
from teams.protocol.board.intake import Intake
from teams.protocol.board.judging import Judging
from teams.protocol.board.links import Links
from teams.protocol.board.moves import Words
from teams.protocol.board.people import People
from teams.protocol.board.states import State, derived
from teams.protocol.board.task import Ours, Task
from teams.protocol.board.taskfiles import Problem, TaskFiles, order
from teams.protocol.config import check_role
from teams.protocol.violations import Violation

Tasks = list[Task]
Violations = list[Violation]


class _Looked(NamedTuple):
    """What a look at the board found: the files as read, how far the ledger was, and the tasks."""

    files: Tasks
    changes: int
    tasks: Tasks


def _same(files: Tasks, others: Tasks) -> bool:
    """Say whether both are the very same tasks, none of which was read anew."""
    return len(files) == len(others) and all(map(is_, files, others))


class Board(Holding, Judging):
    """The tasks of ``team`` under ``root``. Safe for threads and for processes.

    ``problems`` says which files the last :meth:`list` could not read.
    """

    def __init__(
        self,
        root: Path,
        team: str,
        journal: Journal,
        clock: Callable[[], datetime] = utc_now,
        *,
        people: People | None = None,
    ) -> None:
        self._files = TaskFiles(root / "tasks" / team)
        super().__init__(Desk(self._files, journal), clock, people or People())
        self._links = Links(self._files, self._desk, self.list)
        self._intake = Intake(self._files, self._desk.copies, journal)
        self.problems: tuple[Problem, ...] = ()
        self._looked: _Looked | None = None

    # --- reading: no lock, nothing written ----------------------------------------------------------------------------

    def list(self) -> Tasks:
        """Return all tasks in order of their ids; a garbled file costs about 0.1 s and goes to ``problems``.

        What another program wrote counts as far as it may: state, claim and verdict are the journal's. A task of the
        journal whose file is not written yet is there, too.
        """
        files, problems = self._files.read_all()
        ledger = self._desk.copies.ledger
        ledger.catch_up()
        looked = self._looked
        if not problems and looked is not None and looked.changes == ledger.changes and _same(looked.files, files):
            self.problems = ()
            return looked.tasks.copy()
        changes = ledger.changes
        tasks = [task for file in files if (task := self._desk.copies.view(file)) is not None]
        there = {*(file.id for file in files), *(problem.path.stem for problem in problems)}
        if late := self._desk.copies.unwritten(there):
            tasks = sorted([*tasks, *late], key=lambda task: order(task.id))
        self.problems = tuple(problems)
        states = {task.id: task.state for task in tasks}
        # A blocker that cannot be read may not be done; one that is gone blocks nobody.
        states |= {problem.path.stem: State.BLOCKED for problem in problems}
        seen = [
            task.seen_as(derived(task.state, [states[name] for name in task.blocked_by if name in states]))
            for task in tasks
        ]
        # Of a file that is still to be written, or cannot be read, more than its stamp says how it stands.
        self._looked = None if late or problems else _Looked(files, changes, seen.copy())
        return seen

    def get(self, task_id: str) -> Task:
        """Return one task.

        Raises:
            UnknownTask: there is none.
            Damaged: its file stays garbled.
        """
        try:
            return self._desk.copies.seen(task_id)
        except FileNotFoundError as error:
            known = self._files.ids()
            raise UnknownTask(f"no task {task_id!r}; there are {', '.join(known[:20]) or 'none'}") from error

    def by_key(self, key: str, *, mission: str | None = None) -> Task:
        """Return the task that has ``key``, in ``mission`` if one is named.

        Raises:
            UnknownTask: there is none.
        """
        for task in self.list():
            if task.key == key and not task.is_foreign and mission in (None, task.mission):
                return task
        raise UnknownTask(f"no task has the key {key!r}")

    def violations(self) -> Violations:
        """Return which of our rules the files break now; what was broken and put right is in the journal."""
        return self._intake.violations()

    # --- other programs ----------------------------------------------------------------------------------------------

    def take_in(self) -> Sequence[Event]:
        """Record what other programs did to the files; return the events, none when nothing new is there.

        Tasks they made, changed and deleted become events with the whole document; what breaks our rules becomes a
        ``violation``, once for each time it happens, and stays as it is.
        """
        return self._intake.take_in()

    # --- the list -----------------------------------------------------------------------------------------------------

    def create(
        self,
        subject: str,
        description: str = "",
        *,
        key: str,
        role: str = "worker",
        after: Sequence[str] = (),
        assertions: Sequence[str] = (),
        mission: str | None = None,
        review: bool = True,
        by: str | None = None,
    ) -> Task:
        """Put a new task on the board.

        Args:
            key: its stable name, once in a mission.
            role: who may claim it: ``worker`` is everybody but validators and orchestrators, another word those whose
                role in the roster it is. The lead, and who is not in the roster, may do anything.
            after: ids of tasks that must be done first.
            assertions: ids of what it owns of the contract.
            review: whether somebody else accepts it before it is done; False lets the holder finish it.
            by: who does it, for the record; None is nobody that we know.

        Raises:
            InvalidName: the key is none. UsageError: the role is no word, or the task is larger than 4 MiB.
            Conflict: the mission has a task with that key.
            UnknownTask: ``after`` names one that does not exist.
            DependencyCycle: tasks would wait for each other; nothing was written.
        """
        check_name(key, what="task")
        ours = Ours(key=key, role=check_role(role), assertions=tuple(assertions), mission=mission, review=review)
        return self._links.create(subject, description, ours, after, by=by)

    def revise(
        self, task_id: str, words: Words, *, after: Sequence[str] = (), reason: str = "", by: str | None = None
    ) -> Task:
        """Say anew what a task is; its attempts are counted from here on, and what they left is evidence no more.

        Args:
            after: ids of all tasks that must be done first, in place of those it waited for.

        Raises:
            InvalidTransition: somebody has it, or it is done.
            UnknownTask: it, or one in ``after``, does not exist.
            DependencyCycle: tasks would wait for each other. Nothing was written by any of these.
        """
        return self._links.revise(task_id, words, after, reason, by=by)

    def link(self, task_id: str, blocker_id: str, *, by: str | None = None) -> Task:
        """Let one task come after another.

        Raises:
            UnknownTask: one of them does not exist.
            DependencyCycle: they would wait for each other; nothing was written.
        """
        return self._links.link(task_id, blocker_id, by=by)

    def delete(self, task_id: str, *, reason: str = "", by: str | None = None) -> None:
        """Take a task off the board; nobody waits for it afterwards.

        Raises:
            InvalidTransition: somebody has it.
        """
        self._links.delete(task_id, reason, by=by)

    def repair(self) -> Sequence[str]:
        """Write files anew that are missing, garbled or older than the journal; return what was done, in sentences.

        Whoever goes on after a crash calls this first.
        """
        with self._links.locked():
            return self._desk.copies.restore()
