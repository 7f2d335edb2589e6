"""The board of a team: tasks, and who has them.

Rule 1: a claim carries an epoch. What comes with an older one changes nothing and is recorded as a violation.
Rule 2: this file says what one may ask of a board. What a verb sets is in :mod:`teams.protocol.board.moves`, whether
    the state allows it in :mod:`teams.protocol.board.states`, how it is written in :mod:`teams.protocol.board.desk`.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from onecontext.errors import Conflict, InvalidTransition, UnknownTask, UsageError
from onecontext.names import check_name
from teams.engine.event import Event
from teams.engine.journal import Journal, utc_now
from teams.protocol.board import moves
from teams.protocol.board.desk import WAIT_S, Desk
from teams.protocol.board.intake import Intake
from teams.protocol.board.links import Links
from teams.protocol.board.moves import NOBODY, Change
from teams.protocol.board.people import People
from teams.protocol.board.states import Action, State, derived
from teams.protocol.board.task import Ours, Task
from teams.protocol.board.taskfiles import Problem, TaskFiles
from teams.protocol.violations import Violation

Tasks = list[Task]
Violations = list[Violation]


class Board:
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
        self._clock = clock
        self._people = people or People()
        self._desk = Desk(self._files, journal)
        self._links = Links(self._files, self._desk, self.list)
        self._intake = Intake(self._files, self._desk.copies, journal)
        self.problems: tuple[Problem, ...] = ()

    # --- reading: no lock, nothing written ----------------------------------------------------------------------------

    def list(self) -> Tasks:
        """Return all tasks in order of their ids; a garbled file costs about 0.1 s and goes to ``problems``.

        What another program wrote counts as far as it may: state, claim and verdict are the journal's.
        """
        files, problems = self._files.read_all()
        self._desk.copies.ledger.catch_up()
        tasks = [task for file in files if (task := self._desk.copies.view(file)) is not None]
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
    ) -> Task:
        """Put a new task on the board.

        Args:
            key: its stable name, once in a mission.
            role: who may claim it: ``worker`` is everybody but validators and orchestrators, another word those whose
                role in the roster it is. The lead, and who is not in the roster, may do anything.
            after: ids of tasks that must be done first.
            assertions: ids of what it owns of the contract.
            review: whether somebody else accepts it before it is done; False lets the holder finish it.

        Raises:
            Conflict: the mission has a task with that key.
            UnknownTask: ``after`` names one that does not exist.
            DependencyCycle: tasks would wait for each other; nothing was written.
        """
        check_name(key, what="task")
        ours = Ours(key=key, role=role, assertions=tuple(assertions), mission=mission, review=review)
        return self._links.create(subject, description, ours, after)

    def link(self, task_id: str, blocker_id: str) -> Task:
        """Let one task come after another.

        Raises:
            UnknownTask: one of them does not exist.
            DependencyCycle: they would wait for each other; nothing was written.
        """
        return self._links.link(task_id, blocker_id)

    def delete(self, task_id: str, *, reason: str = "") -> None:
        """Take a task off the board; nobody waits for it afterwards.

        Raises:
            InvalidTransition: somebody has it.
        """
        self._links.delete(task_id, reason)

    def repair(self) -> Sequence[str]:
        """Write files anew that are missing, garbled or older than the journal; return what was done, in sentences.

        Whoever goes on after a crash calls this first.
        """
        with self._links.locked():
            return self._desk.copies.restore()

    # --- the holder of a claim ----------------------------------------------------------------------------------------

    def claim(self, task_id: str, agent: str, *, lease_s: float) -> Task:
        """Take a ready task, or one whose lease is over and whose holder is not known to live; of several, one gets it.

        Args:
            lease_s: seconds for which nobody else may take it; renew before.

        Raises:
            Conflict: somebody else has it, or had it and is through.
            InvalidTransition: it waits for others, or is blocked.
            UsageError: it is for another role.
        """
        return self._take(task_id, agent, lease_s, wait_s=WAIT_S)

    def claim_next(self, agent: str, *, lease_s: float) -> Task | None:
        """Take the first ready task that ``agent`` may have, as the journal has them; None when there is none.

        A task whose file somebody changes just now is passed over: of many who ask at once each gets another.
        """
        self._desk.copies.ledger.catch_up()
        for task_id in self._desk.copies.ledger.open_ids():
            # Refusals here mean that this one is not to be had: by role, by owner, by state, or taken just now.
            with suppress(Conflict, UsageError):
                return self._take(task_id, agent, lease_s, wait_s=0)
        return None

    def renew(self, task_id: str, agent: str, epoch: int, lease_s: float) -> Task:
        """Keep a claim for ``lease_s`` more seconds from now, also one whose lease is over and that nobody took.

        Raises:
            StaleEpoch: the claim has passed on; recorded as a violation. So for the other verbs of a holder.
        """
        until = self._clock() + timedelta(seconds=lease_s)
        task = self._hold(task_id, Action.RENEW, agent, epoch, Change({"lease_until": until}))
        self._people.beat(agent)
        return task

    def release(self, task_id: str, agent: str, epoch: int, reason: str = "") -> Task:
        """Give a task back unfinished; the next claim goes on with the same attempt."""
        change = Change({"lease_until": None, "reason": reason or None}, NOBODY)
        return self._hold(task_id, Action.RELEASE, agent, epoch, change, reason)

    def submit(self, task_id: str, agent: str, epoch: int, evidence: Mapping[str, Any]) -> Task:
        """Hand an attempt over for review. ``evidence``, JSON values, replaces that of earlier attempts."""
        change = Change({"lease_until": None, "evidence": dict(evidence), "reviewer": None})
        return self._hold(task_id, Action.SUBMIT, agent, epoch, change)

    def finish(self, task_id: str, agent: str, epoch: int, evidence: Mapping[str, Any] | None = None) -> Task:
        """End a task that nobody wants to review: one made with ``review=False``, or by another program.

        Raises:
            UsageError: it is to be reviewed; submit it.
        """
        move = moves.finish(agent, epoch, evidence or {})
        return self._desk.act(task_id, Action.FINISH, move, agent=agent, epoch=epoch)

    def ask(self, task_id: str, agent: str, epoch: int, question: str) -> Task:
        """Say that the holder cannot go on without a person's answer; the lease runs on."""
        return self._hold(task_id, Action.ASK, agent, epoch, Change({"reason": question}), question)

    # --- everybody else -----------------------------------------------------------------------------------------------

    def answer(self, task_id: str, by: str, text: str) -> Task:
        """Let the holder of a task that needs input go on; the answer itself is in the event, as ``reason``."""
        return self._desk.act(task_id, Action.ANSWER, moves.always(Change({"reason": None})), agent=by, reason=text)

    def inspect(self, task_id: str, agent: str, *, lease_s: float) -> Task:
        """Take the review of a task: until the lease is over nobody else gives the verdict.

        Raises:
            UsageError: ``agent`` is the author of the work, or neither validator nor lead.
            Conflict: somebody else is judging it.
        """
        now = self._clock()
        until = now + timedelta(seconds=lease_s)
        role = self._people.role_of(agent)
        move = moves.inspect(agent, role=role, now=now, until=until, lives=self._people.lives)
        task = self._desk.act(task_id, Action.INSPECT, move, agent=agent)
        self._people.beat(agent)
        return task

    def reap(self) -> Tasks:
        """Free what the dead hold, claims and reviews; return those tasks as they are afterwards.

        Dead is whose process is seen to be gone with its children, or whose lease is over and who is silent. What a
        slow one holds that beats stays with it, past the lease as well; so does what another program holds.
        """
        ledger = self._desk.copies.ledger
        ledger.catch_up()
        freed = []
        for task_id in ledger.documents():
            if (task := self._desk.copies.recorded(task_id)) is None or not (why := self._why_free(task)):
                continue
            # Whoever came before us, or woke up and renewed: then there is nothing to free.
            with suppress(Conflict, InvalidTransition, UnknownTask):
                freed.append(self._desk.act(task_id, Action.REAP, moves.reap(self._why_free), reason=why))
        return freed

    def complete(
        self, task_id: str, by: str, evidence: Mapping[str, Any] | None = None, *, epoch: int | None = None
    ) -> Task:
        """Accept the attempt under review: the task is done.

        Args:
            evidence: what validation measured, added to the evidence of the attempt.
            epoch: of the attempt that was looked at; None means whichever is there.

        Raises:
            UsageError: ``by`` is its author.
            StaleEpoch: another attempt is there by now; recorded as a violation.
        """
        move = moves.judge(by, "accepted", evidence or {}, epoch=epoch)
        return self._desk.act(task_id, Action.COMPLETE, move, agent=by, epoch=epoch)

    def reject(
        self,
        task_id: str,
        by: str,
        findings: Sequence[str] = (),
        evidence: Mapping[str, Any] | None = None,
        *,
        epoch: int | None = None,
    ) -> Task:
        """Send the attempt under review back with ``findings``; the next claim is a new attempt.

        ``findings`` become ``evidence["findings"]`` where there are any. The rest as in :meth:`complete`.
        """
        reason = "; ".join(findings)
        told = {**(evidence or {}), **({"findings": [*findings]} if findings else {})}
        move = moves.judge(by, "rejected", told, epoch=epoch, reason=reason or None, fields=NOBODY)
        return self._desk.act(task_id, Action.REJECT, move, agent=by, epoch=epoch, reason=reason)

    def block(self, task_id: str, reason: str, *, by: str | None = None) -> Task:
        """Stop a task until somebody unblocks it; a claim on it ends."""
        change = Change({"lease_until": None, "reason": reason}, NOBODY)
        return self._desk.act(task_id, Action.BLOCK, moves.always(change), agent=by, reason=reason)

    def unblock(self, task_id: str, *, by: str | None = None) -> Task:
        """Let a blocked task be claimed again."""
        return self._desk.act(task_id, Action.UNBLOCK, moves.always(Change({"reason": None})), agent=by)

    def reopen(self, task_id: str, reason: str = "", *, by: str | None = None) -> Task:
        """Take acceptance back: the verdict becomes ``rejected`` and the next claim is a new attempt."""
        change = Change({"verdict": "rejected", "reason": reason or None}, NOBODY)
        return self._desk.act(task_id, Action.REOPEN, moves.always(change), agent=by, reason=reason)

    def _take(self, task_id: str, agent: str, lease_s: float, *, wait_s: float) -> Task:
        now = self._clock()
        lives = self._people.lives
        until = now + timedelta(seconds=lease_s)
        move = moves.claim(agent, role=self._people.role_of(agent), now=now, until=until, lives=lives)

        def taken(known: Task) -> None:
            moves.refuse_taken(known, now=self._clock(), lives=lives)

        task = self._desk.act(task_id, Action.CLAIM, move, agent=agent, taken=taken, wait_s=wait_s)
        self._people.beat(agent)
        return task

    def _why_free(self, task: Task) -> str:
        taken_at = self._desk.copies.ledger.taken_at(task.id)
        return self._people.why_free(task, now=self._clock(), taken_at=taken_at)

    def _hold(self, task_id: str, action: Action, agent: str, epoch: int, change: Change, reason: str = "") -> Task:
        move = moves.held(agent, epoch, change)
        return self._desk.act(task_id, action, move, agent=agent, epoch=epoch, reason=reason)
