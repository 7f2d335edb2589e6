"""A task in hand: claimed when it is assigned, kept while the mind works, completed or given back.

Rule 1: a claim that this member had before it was killed goes on; one that passed to somebody else is let go.
Rule 2: a task that somebody wants to review is handed over; any other is done when its holder says so, as the client's
    members do it.
"""

import re
from typing import Any

from onecontext.errors import Conflict, InvalidTransition, StaleEpoch, UnknownTask, UsageError
from teams.agent.tools import cut
from teams.member.mind import Answer
from teams.protocol.board.states import HELD, State
from teams.protocol.board.task import Task
from teams.protocol.team import Team

SUMMARY_CHARACTERS = 4000
_UNSAID = ("commands", "claims", "undone", "discovered", "skills")
_COMMIT = re.compile(r"(?:\A|\n)Commit:[ \t]*([0-9a-f]{7,64})\Z", re.IGNORECASE)


class Refused(Exception):
    """The task cannot be taken; the message says why, for who assigned it."""


class Work:
    """The tasks of member ``name``. ``lease_s``: seconds for which a claim is safe without being renewed."""

    def __init__(self, team: Team, name: str, *, lease_s: float) -> None:
        self._board = team.board
        self._name = name
        self._lease_s = lease_s

    def take(self, task_id: str) -> Task:
        """Claim a task that was assigned.

        Raises:
            Refused: it is not there, somebody else has it, or it waits for others.
        """
        try:
            task = self._board.get(task_id)
            if task.state in HELD and task.owner == self._name:
                # Ours from before a kill, or given to us as begun by another program: nobody else has it.
                return self.renew(task)
            if task.author == self._name and task.state in (State.REVIEW, State.DONE):
                return task
            return self._board.claim(task_id, self._name, lease_s=self._lease_s)
        except (UsageError, Conflict) as error:
            raise Refused(error.message) from error

    def is_over(self, task: Task) -> bool:
        """Say whether this member did the task already, before it was killed."""
        return task.state in (State.REVIEW, State.DONE)

    def renew(self, task: Task) -> Task:
        """Keep the claim; raises StaleEpoch when it has passed on."""
        return self._board.renew(task.id, self._name, task.epoch, self._lease_s)

    def finish(self, task: Task, answer: Answer) -> str:
        """Complete the task, or give it back, and return the letter to who assigned it."""
        about = f"Task #{task.id} ({task.subject})"
        try:
            if answer.missing:
                self._board.release(task.id, self._name, task.epoch, cut(answer.missing, SUMMARY_CHARACTERS))
                told = f"{about} is not done, and open again: {answer.missing}"
            else:
                told = f"{about} {self._hand_in(task, answer)}"
        except (UnknownTask, StaleEpoch, InvalidTransition) as error:
            told = f"{about} went to others while I had it: {error.message}"
        return "\n\n".join(part for part in (told, answer.text) if part)

    def give_back(self, reason: str) -> list[str]:
        """Release every task that this member holds and return their ids."""
        back = []
        for task in self._board.list():
            if task.state in HELD and task.owner == self._name:
                self._board.release(task.id, self._name, task.epoch, reason)
                back.append(task.id)
        return back

    def _evidence(self, task: Task, answer: Answer) -> dict[str, Any]:
        """Return what is handed in: the answer, and for a mission the handoff of the commit that its last line names.

        The handoff is docs/formats.md's, part 4; one of a member is its own word.
        """
        summary = cut(answer.text, SUMMARY_CHARACTERS)
        named = _COMMIT.search(answer.text.rstrip())
        if named is None or task.mission is None:
            return {"summary": summary}
        handoff = {"version": 1, "task": task.key, "attempt": task.attempt, "epoch": task.epoch, "commit": named[1]}
        unsaid: dict[str, Any] = {name: [] for name in _UNSAID}
        return {"summary": summary, "handoff": {**handoff, "summary": summary, **unsaid}}

    def _hand_in(self, task: Task, answer: Answer) -> str:
        evidence = self._evidence(task, answer)
        if task.state in HELD and task.ours.review:
            task = self._board.submit(task.id, self._name, task.epoch, evidence)
        elif task.state in HELD:
            task = self._board.finish(task.id, self._name, task.epoch, evidence)
        return "is handed over for review." if task.state is State.REVIEW else "is done."
