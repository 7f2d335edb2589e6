"""The board of a team: tasks, and who has them.

Rule 1: a claim carries an epoch. What comes with an older one changes nothing and is recorded as a violation.
Rule 2: this file says what each verb means. Whether a task may change state is decided in :mod:`teams.protocol.states`,
    whether its file is believed in :mod:`teams.protocol.copies`, how it is written in :mod:`teams.protocol.desk`.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from onecontext.errors import Conflict, DependencyCycle, StaleEpoch, UnknownTask, UsageError
from onecontext.names import check_name
from teams.engine.journal import Journal, utc_now
from teams.engine.locks import mkdir_lock
from teams.protocol.desk import WAIT_S, Change, Desk
from teams.protocol.graph import cycle_through
from teams.protocol.states import HELD, Action, State, derived
from teams.protocol.task import Ours, Task
from teams.protocol.taskfiles import Problem, TaskFiles

Tasks = list[Task]


class Board:
    """The tasks of ``team`` under ``root``. Safe for threads and for processes."""

    def __init__(self, root: Path, team: str, journal: Journal, clock: Callable[[], datetime] = utc_now) -> None:
        self._files = TaskFiles(root / "tasks" / team)
        self._journal = journal
        self._clock = clock
        self._desk = Desk(self._files, journal)
        self.problems: tuple[Problem, ...] = ()

    # --- reading: no lock, no journal ---------------------------------------------------------------------------------

    def list(self) -> Tasks:
        """Return all tasks in order of their ids; ``problems`` then says which files could not be read."""
        tasks, problems = self._files.read_all()
        self.problems = tuple(problems)
        states = {task.id: task.state for task in tasks}
        # A blocker that cannot be read may not be done; one that is gone blocks nobody.
        states |= {problem.path.stem: State.BLOCKED for problem in problems}
        return [
            task.seen_as(derived(task.state, [states[name] for name in task.blocked_by if name in states]))
            for task in tasks
        ]

    def get(self, task_id: str) -> Task:
        """Return one task.

        Raises:
            UnknownTask: there is none.
            Damaged: its file stays garbled.
        """
        try:
            return self._desk.copies.with_blockers(self._files.read(task_id))
        except FileNotFoundError as error:
            raise self._unknown(task_id) from error

    def by_key(self, key: str, *, mission: str | None = None) -> Task:
        """Return the task that has ``key``, in ``mission`` if one is named.

        Raises:
            UnknownTask: there is none.
        """
        for task in self.list():
            if task.key == key and not task.is_foreign and mission in (None, task.mission):
                return task
        raise UnknownTask(f"no task has the key {key!r}")

    # --- making and linking -------------------------------------------------------------------------------------------

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
    ) -> Task:
        """Put a new task on the board.

        Args:
            key: its stable name, once in a mission.
            after: ids of tasks that must be done first.

        Raises:
            Conflict: the mission has a task with that key.
            UnknownTask: ``after`` names one that does not exist.
            DependencyCycle: tasks would wait for each other.
        """
        check_name(key, what="task")
        ours = Ours(key=key, role=role, assertions=tuple(assertions), mission=mission)
        self._files.make()
        with mkdir_lock(self._files.list_file, wait_s=WAIT_S):
            self._desk.copies.restore_missing()
            tasks = {task.id: task for task in self.list()}
            for task in tasks.values():
                if (task.key, task.mission, task.is_foreign) == (key, mission, False):
                    raise Conflict(f"task {task.id} has the key {key!r} already")
            blockers = [tasks[name] if name in tasks else self.get(name) for name in dict.fromkeys(after)]
            task_id = self._files.next_id(self._desk.copies.ledger.ids())
            self._refuse_cycle(tasks, task_id, [blocker.id for blocker in blockers])
            task = _new(task_id, subject, description, ours, [blocker.id for blocker in blockers])
            made = self._desk.add(self._desk.copies.with_blockers(task))
            for blocker in blockers:
                self._mirror(blocker.id, task_id, f"comes before {task_id}")
        return made

    def link(self, task_id: str, blocker_id: str) -> Task:
        """Let one task come after another.

        Raises:
            UnknownTask: one of them does not exist.
            DependencyCycle: they would wait for each other; nothing was changed.
        """
        with mkdir_lock(self._files.list_file, wait_s=WAIT_S):
            tasks = {task.id: task for task in self.list()}
            task, blocker = self.get(task_id), self.get(blocker_id)
            self._refuse_cycle(tasks, task.id, [*task.blocked_by, blocker.id])

            def link(task: Task) -> Change:
                return Change(fields={"blocked_by": tuple(dict.fromkeys((*task.blocked_by, blocker_id)))})

            linked = self._desk.act(task_id, Action.LINK, link, reason=f"comes after {blocker_id}")
            self._mirror(blocker_id, task_id, f"comes before {task_id}")
        return linked

    def delete(self, task_id: str, *, reason: str = "") -> None:
        """Take a task off the board; nobody waits for it afterwards.

        Raises:
            InvalidTransition: somebody is working on it.
        """
        with mkdir_lock(self._files.list_file, wait_s=WAIT_S):
            self._desk.act(task_id, Action.DELETE, lambda _: Change(), reason=reason)
            for task in self.list():
                if task_id in task.blocked_by or task_id in task.blocks:
                    self._unlink(task.id, task_id)

    # --- the holder of a claim ----------------------------------------------------------------------------------------

    def claim(self, task_id: str, agent: str, *, lease_s: float) -> Task:
        """Take a ready task, or one whose lease is over; of several who try, one gets it.

        Args:
            lease_s: seconds for which nobody else may take it; renew before.

        Raises:
            Conflict: somebody else has it, or had it and is through.
            InvalidTransition: it waits for others, or is blocked.
        """
        now = self._clock()

        def claim(task: Task) -> Change:
            _refuse_taken(task, agent, now)
            ours = {
                "author": agent,
                "attempt": task.attempt + 1 if task.attempt == 0 or task.verdict == "rejected" else task.attempt,
                "epoch": task.epoch + 1,
                "lease_until": now + timedelta(seconds=lease_s),
                "verdict": None,
                "reason": None,
            }
            return Change(ours, {"owner": agent})

        return self._desk.act(task_id, Action.CLAIM, claim, agent=agent)

    def renew(self, task_id: str, agent: str, epoch: int, lease_s: float) -> Task:
        """Keep a claim for ``lease_s`` more seconds from now.

        Raises:
            StaleEpoch: the claim has passed on; recorded as a violation.
        """
        until = self._clock() + timedelta(seconds=lease_s)
        return self._hold(task_id, Action.RENEW, agent, epoch, lambda _: Change({"lease_until": until}))

    def release(self, task_id: str, agent: str, epoch: int, reason: str = "") -> Task:
        """Give a task back unfinished; the next claim continues the same attempt.

        Raises:
            StaleEpoch: the claim has passed on; recorded as a violation.
        """
        change = Change({"lease_until": None, "reason": reason or None}, {"owner": None})
        return self._hold(task_id, Action.RELEASE, agent, epoch, lambda _: change, reason)

    def submit(self, task_id: str, agent: str, epoch: int, evidence: Mapping[str, Any]) -> Task:
        """Hand an attempt over for review. ``evidence``, JSON values, replaces that of earlier attempts.

        Raises:
            StaleEpoch: the claim has passed on; recorded as a violation.
        """
        change = Change({"lease_until": None, "evidence": dict(evidence)})
        return self._hold(task_id, Action.SUBMIT, agent, epoch, lambda _: change)

    def ask(self, task_id: str, agent: str, epoch: int, question: str) -> Task:
        """Say that the holder cannot go on without a person's answer.

        Raises:
            StaleEpoch: the claim has passed on; recorded as a violation.
        """
        return self._hold(task_id, Action.ASK, agent, epoch, lambda _: Change({"reason": question}), question)

    # --- everybody else -----------------------------------------------------------------------------------------------

    def answer(self, task_id: str, by: str, text: str) -> Task:
        """Let the holder of a task that needs input go on; the answer itself is in the event."""
        return self._desk.act(task_id, Action.ANSWER, lambda _: Change({"reason": None}), agent=by, reason=text)

    def complete(
        self, task_id: str, by: str, evidence: Mapping[str, Any] | None = None, *, epoch: int | None = None
    ) -> Task:
        """Accept the attempt under review: the task is done.

        Args:
            evidence: what validation measured, added to the evidence of the attempt.
            epoch: the attempt that was looked at; None means whichever is there.

        Raises:
            UsageError: ``by`` is its author.
            StaleEpoch: another attempt is there by now; recorded as a violation.
        """
        return self._judge(task_id, Action.COMPLETE, by, epoch, {"verdict": "accepted"}, evidence or {})

    def reject(
        self,
        task_id: str,
        by: str,
        findings: Sequence[str] = (),
        evidence: Mapping[str, Any] | None = None,
        *,
        epoch: int | None = None,
    ) -> Task:
        """Send the attempt under review back; the next claim is a new attempt. Arguments and errors as in complete."""
        ours = {"verdict": "rejected", "reason": "; ".join(findings) or None}
        return self._judge(
            task_id, Action.REJECT, by, epoch, ours, {**(evidence or {}), "findings": list(findings)}, owner=None
        )

    def block(self, task_id: str, reason: str, *, by: str | None = None) -> Task:
        """Stop a task until somebody unblocks it; a claim on it ends."""
        change = Change({"lease_until": None, "reason": reason}, {"owner": None})
        return self._desk.act(task_id, Action.BLOCK, lambda _: change, agent=by, reason=reason)

    def unblock(self, task_id: str, *, by: str | None = None) -> Task:
        """Let a blocked task be claimed again."""
        return self._desk.act(task_id, Action.UNBLOCK, lambda _: Change({"reason": None}), agent=by)

    def reopen(self, task_id: str, reason: str = "", *, by: str | None = None) -> Task:
        """Take acceptance back: the verdict becomes ``rejected`` and the next claim is a new attempt."""
        change = Change({"verdict": "rejected", "reason": reason or None}, {"owner": None})
        return self._desk.act(task_id, Action.REOPEN, lambda _: change, agent=by, reason=reason)

    def repair(self) -> Sequence[str]:
        """Write files anew that are missing, garbled or older than the journal; return what was done, in sentences."""
        self._files.make()
        with mkdir_lock(self._files.list_file, wait_s=WAIT_S):
            return self._desk.copies.restore()

    # --- how it is done -----------------------------------------------------------------------------------------------

    def _hold(
        self,
        task_id: str,
        action: Action,
        agent: str,
        epoch: int,
        decide: Callable[[Task], Change],
        reason: str = "",
    ) -> Task:
        def by_holder(task: Task) -> Change:
            _refuse_stale(task, epoch)
            if task.owner != agent:
                raise StaleEpoch(f"task {task.id} is with {task.owner or 'nobody'}, not with {agent}")
            return decide(task)

        return self._desk.act(task_id, action, by_holder, agent=agent, reason=reason, epoch=epoch)

    def _judge(
        self,
        task_id: str,
        action: Action,
        by: str,
        epoch: int | None,
        ours: Mapping[str, Any],
        evidence: Mapping[str, Any],
        **fields: Any,
    ) -> Task:
        def judge(task: Task) -> Change:
            if by == task.author:
                raise UsageError(f"{by} did the newest attempt at task {task.id} and may not judge it")
            if epoch is not None:
                _refuse_stale(task, epoch)
            return Change({**ours, "evidence": {**task.evidence, **evidence}}, fields)

        return self._desk.act(task_id, action, judge, agent=by, epoch=epoch)

    def _mirror(self, blocker_id: str, task_id: str, reason: str) -> None:
        """Write the other side of a link, for the client; what counts is ``blockedBy`` of the task that waits."""

        def mirror(task: Task) -> Change:
            return Change(fields={"blocks": tuple(dict.fromkeys((*task.blocks, task_id)))})

        self._desk.act(blocker_id, Action.LINK, mirror, reason=reason)

    def _unlink(self, task_id: str, deleted_id: str) -> None:
        def unlink(task: Task) -> Change:
            names = {"blocks": task.blocks, "blocked_by": task.blocked_by}
            return Change(fields={name: tuple(i for i in value if i != deleted_id) for name, value in names.items()})

        self._desk.act(task_id, Action.LINK, unlink, reason=f"{deleted_id} was deleted")

    def _refuse_cycle(self, tasks: Mapping[str, Task], task_id: str, blocked_by: Sequence[str]) -> None:
        edges = {name: task.blocked_by for name, task in tasks.items()} | {task_id: tuple(blocked_by)}
        path = cycle_through(task_id, edges)
        if path:
            raise DependencyCycle(path)

    def _unknown(self, task_id: str) -> UnknownTask:
        known = self._files.ids()
        return UnknownTask(f"no task {task_id!r}; there are {', '.join(known[:20]) or 'none'}")


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


def _refuse_taken(task: Task, agent: str, now: datetime) -> None:
    if task.state in (State.REVIEW, State.DONE):
        raise Conflict(f"task {task.id} is {task.state} already, by {task.author or task.owner or 'somebody else'}")
    if task.state in HELD and (task.lease_until is None or task.lease_until > now):
        until = f" until {task.lease_until:%H:%M:%S} UTC" if task.lease_until else ""
        raise Conflict(f"task {task.id} is with {task.owner or 'somebody else'}{until}")
    if task.state not in HELD and task.owner not in (None, agent):
        raise Conflict(f"task {task.id} is meant for {task.owner}")


def _refuse_stale(task: Task, epoch: int) -> None:
    if epoch != task.epoch:
        raise StaleEpoch(f"task {task.id} is at epoch {task.epoch}; this claim had {epoch}")
