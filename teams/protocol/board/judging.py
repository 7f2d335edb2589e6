"""What others may do with a task that somebody has or had: answer, judge, free, stop and reopen it.

Rule 1: nobody judges work of his own.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from onecontext.errors import Conflict, InvalidTransition, UnknownTask
from teams.protocol.board import moves
from teams.protocol.board.moves import NOBODY, Change
from teams.protocol.board.states import Action
from teams.protocol.board.task import Task
from teams.protocol.board.verbs import Verbs, check_agent, json_values


class Judging(Verbs):
    """The verbs of everybody but the holder."""

    def answer(self, task_id: str, by: str, text: str) -> Task:
        """Let the holder of a task that needs input go on; the answer itself is in the event, as ``reason``."""
        return self._desk.act(task_id, Action.ANSWER, moves.always(Change({"reason": None})), agent=by, reason=text)

    def inspect(self, task_id: str, agent: str, *, lease_s: float) -> Task:
        """Take the review of a task: until the lease is over nobody else gives the verdict.

        Raises:
            UsageError: ``agent`` is the author of the work, or neither validator nor lead; or there is no such lease.
            Conflict: somebody else is judging it.
        """
        now = self._clock()
        until = self._until(lease_s)
        role = self._people.role_of(check_agent(agent))
        move = moves.inspect(agent, role=role, now=now, until=until, lives=self._people.lives)
        task = self._desk.act(task_id, Action.INSPECT, move, agent=agent)
        self._people.beat(agent)
        return task

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
        move = moves.judge(check_agent(by), "accepted", json_values(evidence), epoch=epoch)
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
        told = {**json_values(evidence), **({"findings": [*findings]} if findings else {})}
        move = moves.judge(check_agent(by), "rejected", told, epoch=epoch, reason=reason or None, fields=NOBODY)
        return self._desk.act(task_id, Action.REJECT, move, agent=by, epoch=epoch, reason=reason)

    def reap(self) -> Sequence[Task]:
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

    def block(self, task_id: str, reason: str, *, by: str | None = None) -> Task:
        """Stop a task until somebody unblocks it; a claim on it ends."""
        change = Change({"lease_until": None, "reason": reason}, NOBODY)
        return self._desk.act(task_id, Action.BLOCK, moves.always(change), agent=by, reason=reason)

    def unblock(self, task_id: str, *, by: str | None = None, anew: bool = True) -> Task:
        """Let a blocked task be claimed again; its attempts are counted from here on, unless ``anew`` is False."""
        return self._desk.act(task_id, Action.UNBLOCK, moves.again(Change({"reason": None}), anew=anew), agent=by)

    def reopen(self, task_id: str, reason: str = "", *, by: str | None = None) -> Task:
        """Take acceptance back: the verdict becomes ``rejected``, and the next claim is a first attempt again."""
        change = Change({"verdict": "rejected", "reason": reason or None}, NOBODY)
        return self._desk.act(task_id, Action.REOPEN, moves.again(change), agent=by, reason=reason)

    def _why_free(self, task: Task) -> str:
        taken_at = self._desk.copies.ledger.taken_at(task.id)
        return self._people.why_free(task, now=self._clock(), taken_at=taken_at)
