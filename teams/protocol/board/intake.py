"""What other programs did to the task files, taken into the journal.

Rule 1: each thing is recorded once: an event is appended only if the task's newest event is still the one it was
    computed from, and a violation only if it is not open.
Rule 2: what may stand is taken in as ``task.imported``, ``task.edited`` and ``task.deleted``, with the whole document:
    a board rebuilt from the journal has it. What breaks a rule is recorded as ``violation``, and left as it is.
Rule 3: files are read before the journal, which is written before them: what the journal does not know then is foreign.
    Before anything is recorded of a task, it is looked at again under its lock, where none of our verbs is half done.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from onecontext.errors import Conflict, Damaged, LockTimeout
from onecontext.text.redact import redact_all
from teams.engine.event import Event
from teams.engine.journal import Journal
from teams.engine.locks import mkdir_lock
from teams.protocol.board.breaches import Breach, lasting, passing, shown
from teams.protocol.board.copies import Copies, believed, is_older
from teams.protocol.board.graph import cycles
from teams.protocol.board.states import State
from teams.protocol.board.task import Task
from teams.protocol.board.taskfiles import Problem, TaskFiles
from teams.protocol.config import is_file_name
from teams.protocol.violations import GARBLED, Violation, Violations

IMPORTED = "task.imported"
EDITED = "task.edited"
WAIT_S = 1.0
_LONGEST_WAY = 50
Views = Mapping[str, Task | None]
_MOVED = ("status", "owner")


class Intake:
    """Takes in what others did to one board. Safe for threads and for processes."""

    def __init__(self, files: TaskFiles, copies: Copies, journal: Journal) -> None:
        self._files = files
        self._copies = copies
        self._journal = journal
        self._violations = Violations(journal)
        self._folder = f"tasks/{files.folder.name}/"

    def take_in(self) -> list[Event]:
        """Record what others did since the last time, and return the events; twice in a row, the second has none.

        A task whose lock stays held for a second is left for the next time.

        Raises:
            Damaged: the journal cannot be read.
        """
        try:
            tasks, problems = self._files.read_all()
        except Damaged as error:
            found = [Violation(self._folder, GARBLED, error.message)]
            return self._violations.settle(found, looked_at=lambda path: path == self._folder)
        self._copies.ledger.catch_up()
        events: list[Event] = []
        busy: set[str] = set()
        for task in tasks:
            if self._story(task) is not None:
                events += self._locked(task.id, self._changed, busy)
        there = {*(task.id for task in tasks), *(problem.path.stem for problem in problems)}
        for task_id in self._gone(there):
            events += self._locked(task_id, self._deleted, busy)
        if events or busy:
            tasks, problems = self._files.read_all()
            self._copies.ledger.catch_up()
        return [*events, *self._settle(tasks, problems, busy)]

    def violations(self) -> list[Violation]:
        """Return which rules the files break now, in order of the tasks; nothing is written."""
        tasks, problems = self._files.read_all()
        self._copies.ledger.catch_up()
        return [*self._found(tasks, problems, self._views(tasks, problems))]

    # --- events -------------------------------------------------------------------------------------------------------

    def _locked(self, task_id: str, record: Callable[[str], list[Event]], busy: set[str]) -> list[Event]:
        """Call ``record`` under the task's lock; somebody who was first has told what there was to tell."""
        try:
            with mkdir_lock(self._files.path(task_id), wait_s=WAIT_S):
                return record(task_id)
        except LockTimeout:
            busy.add(task_id)
        except Conflict:
            pass
        return []

    def _changed(self, task_id: str) -> list[Event]:
        ledger = self._copies.ledger
        try:
            file = self._files.read(task_id)
        except (FileNotFoundError, Damaged):
            # It was there a moment ago: the next look finds it gone or garbled.
            return []
        ledger.catch_up()
        seq, known, document = ledger.seq(task_id), ledger.get(task_id), self._story(file)
        if document is None:
            return []
        before = Task.parse(known, source="journal") if known else None
        after = Task.parse(document, source=str(self._files.path(task_id)))
        data = {"task": document, "from": before.state if before else None, "to": after.state}
        event = self._journal.append(
            EDITED if before else IMPORTED,
            data | ({"what": _told(known, document)} if known else {}),
            mission=after.mission,
            task=task_id,
            guard=lambda: ledger.expect_seq(task_id, seq),
        )
        return [event, *(self._tell(task_id, breach, event) for breach in (passing(before, file) if before else ()))]

    def _deleted(self, task_id: str) -> list[Event]:
        self._copies.ledger.catch_up()
        document = self._copies.ledger.get(task_id)
        if document is None or task_id in self._files.ids():
            return []
        event = self._copies.record_deletion(task_id, document)
        known = Task.parse(document, source="journal")
        return [event, *(self._tell(task_id, breach, event) for breach in passing(known, None))]

    def _story(self, file: Task) -> dict[str, Any] | None:
        """Return the document that the journal should have of a task, None where it has it."""
        ledger = self._copies.ledger
        known, rev = ledger.get(file.id), ledger.rev(file.id)
        if known is None:
            # With something of ours in it, it is what was left of a task that was deleted.
            return None if rev and not file.is_foreign else file.without_ours().to_document()
        if file.is_copy_of(known):
            return None
        document = believed(self._copies.parsed(file.id, known), file, rev).to_document()
        return document if redact_all(document) != known else None

    def _gone(self, there: Iterable[str]) -> list[str]:
        """Return the tasks that another program took away; one of ours that is merely missing is written anew later."""
        missing = {
            task_id: document for task_id, document in self._copies.ledger.documents().items() if task_id not in there
        }
        return [
            task_id
            for task_id, document in missing.items()
            if self._copies.deleted_by_client(task_id) or self._copies.parsed(task_id, document).is_foreign
        ]

    # --- violations ---------------------------------------------------------------------------------------------------

    def _settle(self, tasks: Sequence[Task], problems: Sequence[Problem], busy: set[str]) -> list[Event]:
        views = self._views(tasks, problems)
        self._violations.catch_up()
        found = []
        for violation in self._found(tasks, problems, views):
            if violation.task in busy:
                continue
            if self._violations.is_open(violation) or self._is_so(violation, views, busy):
                found.append(violation)
        spared = {self._path(task_id) for task_id in busy}
        return self._violations.settle(
            found, looked_at=lambda path: path.startswith(self._folder) and path not in spared
        )

    def _is_so(self, violation: Violation, views: Views, busy: set[str]) -> bool:
        """Look again under the task's lock: without, a file may be just behind one of our own verbs."""
        if violation.rule in (GARBLED, "cycle") or violation.task is None:
            return True
        try:
            with mkdir_lock(self._files.path(violation.task), wait_s=WAIT_S):
                file = self._files.read(violation.task)
                self._copies.ledger.catch_up()
                return violation in self._of_task(file, {**views, file.id: self._copies.view(file)})
        except LockTimeout:
            busy.add(violation.task)
        except (FileNotFoundError, Damaged):
            # It was there a moment ago: the next look finds it gone or garbled.
            pass
        return False

    def _found(self, tasks: Sequence[Task], problems: Sequence[Problem], views: Views) -> Iterator[Violation]:
        for task in tasks:
            yield from self._of_task(task, views)
        for path in cycles({name: task.blocked_by for name, task in views.items() if task}):
            yield self._violation(path[0], Breach("cycle", _way(path)))
        for problem in problems:
            yield self._violation(problem.path.stem, Breach(GARBLED, problem.what))

    def _of_task(self, file: Task, views: Views) -> Iterator[Violation]:
        ledger = self._copies.ledger
        document = ledger.get(file.id)
        known = self._copies.parsed(file.id, document) if document else None
        if known is None and ledger.rev(file.id) and not file.is_foreign:
            return
        if known is not None and is_older(known, file, ledger.rev(file.id)):
            return
        view = views.get(file.id)
        waits_for = (
            [name for name in view.blocked_by if name != file.id and _is_waited_for(name, views)] if view else []
        )
        for breach in lasting(known, file, waits_for):
            yield self._violation(file.id, breach)

    def _views(self, tasks: Iterable[Task], problems: Iterable[Problem]) -> dict[str, Task | None]:
        """Return each task as it stands; None for one of which nobody can say how it stands."""
        views: dict[str, Task | None] = {}
        for problem in problems:
            document = self._copies.ledger.get(problem.path.stem)
            views[problem.path.stem] = Task.parse(document, source="journal") if document else None
        for task in tasks:
            if (seen := self._copies.view(task)) is not None:
                views[task.id] = seen
        return views

    def _violation(self, task_id: str, breach: Breach) -> Violation:
        who = breach.who if breach.who and is_file_name(breach.who) else None
        return Violation(self._path(task_id), breach.rule, breach.what, task=task_id, who=who)

    def _tell(self, task_id: str, breach: Breach, event: Event) -> Event:
        return self._violations.tell_past(self._violation(task_id, breach), cause=event.id)

    def _path(self, task_id: str) -> str:
        return f"{self._folder}{task_id}.json"


def _is_waited_for(task_id: str, views: Views) -> bool:
    if task_id not in views:
        return False
    view = views[task_id]
    return view is None or view.state is not State.DONE


def _way(path: Sequence[str]) -> str:
    if len(path) == 2:
        return "comes after itself"
    names = [*path] if len(path) <= _LONGEST_WAY else [*path[:_LONGEST_WAY], "…", path[-1]]
    return f"tasks wait for each other: {' → '.join(names)}"


def _told(known: Mapping[str, Any], document: Mapping[str, Any]) -> str:
    """Say what was changed: status and owner with their values, of everything else the name."""
    changed = sorted(name for name in {*known, *document} if known.get(name) != document.get(name))
    words = [
        f"{name} from {shown(known.get(name) or 'nobody')} to {shown(document.get(name) or 'nobody')}"
        for name in _MOVED
        if name in changed
    ]
    return ", ".join([*words, *(name for name in changed if name not in _MOVED)])
