"""The task files as copies of the journal: which to believe, and what to write anew.

Rule 1: a file whose ``rev`` is below the journal's is an older copy (a crash between journal and file, or a writer that
    slept): the journal wins and the file is written anew.
Rule 2: a file with the journal's ``rev`` and other content was changed by another program. Its words stand (subject,
    description, links, an owner it assigned to an open task); state, claim and verdict stay what the journal says.
Rule 3: a task that another program made is what its file says, until one of our verbs touches it; what its file says is
    ours is not (``metadata.onecontext`` comes from the journal alone).
"""

from collections.abc import Set
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from onecontext.checksum import crc32c
from onecontext.errors import Damaged, NewerFormat, UnknownTask
from onecontext.store.files import read_bytes, replace_bytes
from onecontext.store.ways import check_kinds
from teams.engine.event import Event
from teams.engine.journal import Journal
from teams.protocol.board.ledger import DELETED, Ledger
from teams.protocol.board.states import State, derived
from teams.protocol.board.task import Metadata, Task
from teams.protocol.board.taskfiles import TaskFiles
from teams.protocol.wire import dumps


@dataclass(frozen=True)
class Standing:
    """A task as it is now. ``rev``: how many events the journal has of it; ``foreign``: what others changed, or ""."""

    task: Task
    rev: int
    foreign: str = ""


class Copies:
    """The files of one board beside its journal."""

    def __init__(self, files: TaskFiles, journal: Journal) -> None:
        self._files = files
        self._journal = journal
        self.ledger = Ledger(journal)
        self._parsed: dict[str, tuple[dict[str, Any], Task]] = {}

    def current(self, task_id: str) -> Standing:
        """Return the task as it stands, its file brought up to date. The caller holds the task's lock.

        Raises:
            UnknownTask: there is none.
            Damaged: the file is garbled and the journal does not know the task.
        """
        self.ledger.catch_up()
        standing = self._believe(task_id)
        return Standing(self.with_blockers(standing.task), standing.rev, standing.foreign)

    def recorded(self, task_id: str) -> Task | None:
        """Return the task as the journal has it now, None where it has none; no file is read."""
        self.ledger.catch_up()
        document = self.ledger.get(task_id)
        return None if document is None else self.parsed(task_id, document)

    def parsed(self, task_id: str, document: dict[str, Any]) -> Task:
        """Return the task in a document of the ledger, taken apart once: neither is ever changed."""
        if (kept := self._parsed.get(task_id)) is not None and kept[0] is document:
            return kept[1]
        task = Task.parse(document, source="journal")
        self._parsed[task_id] = (document, task)
        return task

    def seen(self, task_id: str) -> Task:
        """Return the task as it stands: words as its file has them, the rest as the journal; nothing is written.

        Raises:
            FileNotFoundError: there is no file, nor will there be one.
            UnknownTask, Damaged, NewerFormat: it is none, or cannot be read.
        """
        try:
            file = self._files.read(task_id)
        except FileNotFoundError:
            known = self.recorded(task_id)
            if known is None or known.is_foreign or self.deleted_by_client(task_id):
                raise
            return self.with_blockers(known)
        self.ledger.catch_up()
        task = self.view(file)
        if task is None:
            raise UnknownTask(f"task {task_id} was deleted")
        return self.with_blockers(task)

    def unwritten(self, there: Set[str]) -> list[Task]:
        """Return the tasks of the journal that should have a file, and are not in ``there``: their files are to come.

        The caller read ``there`` first and the journal after it.
        """
        missing = {task_id: document for task_id, document in self.ledger.documents().items() if task_id not in there}
        tasks = [self.parsed(task_id, document) for task_id, document in missing.items()]
        return [task for task in tasks if not (task.is_foreign or self.deleted_by_client(task.id))]

    def with_blockers(self, task: Task) -> Task:
        """Return ``task`` with ``waiting`` or ``ready`` as its blockers stand now; one that is gone blocks nobody."""
        if task.state not in (State.WAITING, State.READY):
            return task
        states = [state for name in task.blocked_by if (state := self._state_of(name)) is not None]
        return task.seen_as(derived(task.state, states))

    def restore(self) -> list[str]:
        """Write anew what is missing, older or garbled; return sentences. The caller holds the list's lock."""
        done = self.restore_missing(set(self._files.names()))
        for task_id in self._files.ids():
            known, rev = self.ledger.get(task_id), self.ledger.rev(task_id)
            try:
                task = self._files.read(task_id)
            except NewerFormat:
                raise
            except Damaged as error:
                if known is None:
                    done.append(f"task {task_id} is garbled and the journal does not know it: {error.message}")
                    continue
                self._keep_garbled(task_id)
                self._files.write(task_id, known)
                done.append(f"task {task_id} was garbled; written anew from the journal")
                continue
            if known is None and rev and not task.is_foreign:
                self._files.remove(task_id)
                done.append(f"task {task_id} was deleted before; its file is gone now")
            elif known is not None and task.ours.rev < rev:
                self._files.write(task_id, known)
                done.append(f"task {task_id} was older than the journal; written anew")
        return done

    def restore_missing(self, there: Set[str]) -> list[str]:
        """Write files that a crash kept from being written, and record deletions by other programs.

        Args:
            there: the ids of the files there are, looked up under the list's lock.
        """
        self.ledger.catch_up()
        done = []
        for task_id, document in self.ledger.documents().items():
            if task_id in there:
                continue
            # What another program made is its own to take away, with or without a word about it.
            if self.deleted_by_client(task_id) or self.parsed(task_id, document).is_foreign:
                self.record_deletion(task_id, document)
                done.append(f"task {task_id} was deleted by another program")
            else:
                self._files.write(task_id, document)
                done.append(f"task {task_id} was missing; written anew from the journal")
        return done

    def _believe(self, task_id: str) -> Standing:
        known, rev = self.ledger.get(task_id), self.ledger.rev(task_id)
        try:
            task = self._files.read(task_id)
        except FileNotFoundError as error:
            if known is None or self.deleted_by_client(task_id):
                raise UnknownTask(f"there is no task {task_id}") from error
            return self._from_journal(task_id, known, rev)
        except NewerFormat:
            raise
        except Damaged:
            if known is None:
                raise
            self._keep_garbled(task_id)
            return self._from_journal(task_id, known, rev, foreign="the file was garbled; taken from the journal")
        if known is None:
            if rev and not task.is_foreign:
                raise UnknownTask(f"task {task_id} was deleted")
            return Standing(task.without_ours(), rev)
        if task.is_copy_of(known) and not task.is_foreign:
            return Standing(task, rev)
        ours = self.parsed(task_id, known)
        if is_older(ours, task, rev):
            return self._from_journal(task_id, known, rev)
        return Standing(believed(ours, task, rev), rev, _changes(ours, task))

    def view(self, task: Task) -> Task | None:
        """Return what ``task``, read from its file before the ledger caught up, stands for; None if it was deleted."""
        known, rev = self.ledger.get(task.id), self.ledger.rev(task.id)
        if known is not None:
            recorded = self.parsed(task.id, known)
            if task is not recorded and is_same(task, recorded):
                # Two of each would be held, and compared with each look at the board.
                self._files.keep_as(task, recorded)
                task = recorded
            return believed(recorded, task, rev)
        return None if rev and not task.is_foreign else task.without_ours()

    def _from_journal(self, task_id: str, known: dict[str, Any], rev: int, *, foreign: str = "") -> Standing:
        with suppress(OSError):  # a copy: a full disk, or a folder in its place, keeps nobody from the task
            self._files.write(task_id, known)
        return Standing(self.parsed(task_id, known), rev, foreign)

    def _state_of(self, task_id: str) -> State | None:
        known = self.ledger.get(task_id)
        try:
            seen = self.view(self._files.read(task_id))
        except FileNotFoundError:
            return self.parsed(task_id, known).state if known else None
        except (Damaged, UnknownTask):
            # Whether it is done cannot be seen, so whoever comes after it waits.
            return self.parsed(task_id, known).state if known else State.BLOCKED
        return seen.state if seen else None

    def deleted_by_client(self, task_id: str) -> bool:
        """Say whether the number of a task without file is one that another program has deleted."""
        return task_id.isdecimal() and int(task_id) <= self._files.highest_deleted()

    def record_deletion(self, task_id: str, document: dict[str, Any]) -> Event:
        """Record that another program took the task away; the caller holds a lock that keeps it from coming back."""
        rev, seq = self.ledger.rev(task_id), self.ledger.seq(task_id)
        task = self.parsed(task_id, document)
        gone = task.changed(ours={"rev": rev + 1}).to_document()
        data = {"task": gone, "from": task.state, "to": None, "reason": "deleted by another program"}
        return self._journal.append(DELETED, data, task=task_id, guard=lambda: self.ledger.expect_seq(task_id, seq))

    def _keep_garbled(self, task_id: str) -> None:
        """Keep the bytes of a garbled file beside the journal, under a name that says which bytes they are."""
        path = self._files.path(task_id)
        if path.is_symlink() or not path.is_file():
            return
        content = read_bytes(path)
        folder = self._journal.folder / "garbled"
        check_kinds([str(folder)], ())
        folder.mkdir(exist_ok=True)
        replace_bytes(folder / f"{task_id}-{crc32c(content)}", content)


def is_same(task: Task, known: Task) -> bool:
    """Say whether a file says what the journal does, in the same order, in which it is written again."""
    return task.is_copy_of(known._source) and not known.is_foreign and dumps(task._source) == dumps(known._source)


def is_older(known: Task, task: Task, rev: int) -> bool:
    """Say whether the file is a copy from before the journal's newest event.

    Without anything of ours in it, it is one unless status and owner are those of the newest: then ours was dropped.
    """
    if known.is_foreign:
        return False
    if task.is_foreign:
        return (task.status, task.owner) != (known.status, known.owner)
    return task.ours.rev < rev


def believed(known: Task, task: Task, rev: int) -> Task:
    """Return what the file ``task`` says where it may, and what the journal (``known``) says where it must."""
    if task is known:
        return known
    if known.is_foreign:
        return task.without_ours()
    if is_older(known, task, rev):
        return known
    if task.is_copy_of(known._source):
        return task
    is_open = known.state in (State.WAITING, State.READY)
    return task.model_copy(
        update={
            "metadata": (task.metadata or Metadata()).model_copy(update={"onecontext": known.ours}),
            "status": known.status,
            "owner": task.owner if is_open else known.owner,
        }
    )


def _changes(known: Task, task: Task) -> str:
    """Say what another program changed in the file, or ``""``."""
    ours, theirs = known.to_document(), task.to_document()
    changed = sorted(name for name in {*ours, *theirs} if ours.get(name) != theirs.get(name))
    return f"changed: {', '.join(changed)}" if changed else ""
