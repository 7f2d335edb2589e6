"""What one may do who has a task, and to get one.

Rule 1: a claim carries an epoch. What comes with an older one changes nothing and is recorded as a violation.
"""

import random
from collections.abc import Mapping
from typing import Any

from onecontext.errors import Conflict, LockTimeout, UsageError
from teams.protocol.board import moves
from teams.protocol.board.desk import WAIT_S
from teams.protocol.board.moves import NOBODY, Change
from teams.protocol.board.states import Action
from teams.protocol.board.task import Task
from teams.protocol.board.verbs import Verbs, check_agent, json_values

_CROWD = 32


class Holding(Verbs):
    """The verbs of the holder of a claim."""

    # Among how many of the first tasks to look for the next one: 1 unless others who claim are met.
    _crowd = 1

    def claim(self, task_id: str, agent: str, *, lease_s: float) -> Task:
        """Take a ready task, or one whose lease is over and whose holder is not known to live; of several, one gets it.

        Args:
            lease_s: seconds for which nobody else may take it, above 0 and at most a year; renew before.

        Raises:
            Conflict: somebody else has it, or had it and is through.
            InvalidTransition: it waits for others, or is blocked.
            UsageError: it is for another role, or there is no such lease. InvalidName: nobody is called so.
        """
        return self._take(task_id, agent, lease_s, wait_s=WAIT_S)

    def claim_next(self, agent: str, *, lease_s: float) -> Task | None:
        """Take the first ready task that ``agent`` may have, as the journal has them; None when there is none.

        A task whose file somebody changes just now is passed over: of many who ask at once each gets another, then
        not the very first.
        """
        # What is wrong with every task is said, not taken for "not to be had".
        self._until(lease_s)
        check_agent(agent)
        self._desk.copies.ledger.catch_up()
        left = self._desk.copies.ledger.open_ids()
        while left:
            try:
                task = self._take(left.pop(random.randrange(min(self._crowd, len(left)))), agent, lease_s, wait_s=0)
            except LockTimeout:
                # Others are at work here: whoever comes next would meet them at the next one, too.
                self._crowd = min(self._crowd * 2, _CROWD)
            except (Conflict, UsageError):
                # Not to be had: by role, by owner, by state, or taken just now.
                continue
            else:
                self._crowd = max(self._crowd - 1, 1)
                return task
        return None

    def renew(self, task_id: str, agent: str, epoch: int, lease_s: float) -> Task:
        """Keep a claim for ``lease_s`` more seconds from now, also one whose lease is over and that nobody took.

        Raises:
            StaleEpoch: the claim has passed on; recorded as a violation. So for the other verbs of a holder.
        """
        until = self._until(lease_s)
        task = self._hold(task_id, Action.RENEW, agent, epoch, Change({"lease_until": until}))
        self._people.beat(agent)
        return task

    def release(self, task_id: str, agent: str, epoch: int, reason: str = "") -> Task:
        """Give a task back unfinished; the next claim goes on with the same attempt."""
        change = Change({"lease_until": None, "reason": reason or None}, NOBODY)
        return self._hold(task_id, Action.RELEASE, agent, epoch, change, reason)

    def submit(self, task_id: str, agent: str, epoch: int, evidence: Mapping[str, Any]) -> Task:
        """Hand an attempt over for review. ``evidence``, JSON values, replaces that of earlier attempts."""
        change = Change({"lease_until": None, "evidence": json_values(evidence), "reviewer": None})
        return self._hold(task_id, Action.SUBMIT, agent, epoch, change)

    def finish(self, task_id: str, agent: str, epoch: int, evidence: Mapping[str, Any] | None = None) -> Task:
        """End a task that nobody wants to review: one made with ``review=False``, or by another program.

        Raises:
            UsageError: it is to be reviewed; submit it.
        """
        move = moves.finish(agent, epoch, json_values(evidence))
        return self._desk.act(task_id, Action.FINISH, move, agent=agent, epoch=epoch)

    def ask(self, task_id: str, agent: str, epoch: int, question: str) -> Task:
        """Say that the holder cannot go on without a person's answer; the lease runs on."""
        return self._hold(task_id, Action.ASK, agent, epoch, Change({"reason": question}), question)

    def _take(self, task_id: str, agent: str, lease_s: float, *, wait_s: float) -> Task:
        now = self._clock()
        lives = self._people.lives
        until = self._until(lease_s)
        move = moves.claim(check_agent(agent), role=self._people.role_of(agent), now=now, until=until, lives=lives)

        def taken(known: Task) -> None:
            moves.refuse_taken(known, now=self._clock(), lives=lives)

        task = self._desk.act(task_id, Action.CLAIM, move, agent=agent, taken=taken, wait_s=wait_s)
        self._people.beat(agent)
        return task

    def _hold(self, task_id: str, action: Action, agent: str, epoch: int, change: Change, reason: str = "") -> Task:
        move = moves.held(agent, epoch, change)
        return self._desk.act(task_id, action, move, agent=agent, epoch=epoch, reason=reason)
