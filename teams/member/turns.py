"""The turns of a member, on record: which message is being answered, and what the answer was.

Rule 1: ``turn.started`` is on the disk before the mind is asked, ``turn.ended`` with its answer before that is sent,
    and the message is acknowledged last. So after a kill the mind is told that it was interrupted, or not asked again.
"""

import threading
from dataclasses import dataclass
from typing import Literal

from teams.engine.event import Event
from teams.engine.journal import Journal
from teams.protocol.mail.message import Message

Outcome = Literal["answered", "failed", "approved", "rejected"]


@dataclass(frozen=True, slots=True)
class Ended:
    """What came of a turn; ``text`` is what goes to who asked, "" nothing."""

    outcome: Outcome
    text: str


class Turns:
    """The turns of member ``name``, kept up to date from the journal. Safe for threads."""

    def __init__(self, journal: Journal, name: str) -> None:
        self._journal = journal
        self._name = name
        self._lock = threading.Lock()
        self._started: set[str] = set()
        self._ended: dict[str, Ended] = {}
        journal.follow(self._apply, ("turn.started", "turn.ended"))

    def is_started(self, message: Message) -> bool:
        """Say whether this member began to work on ``message`` before."""
        self._journal.catch_up()
        return message.msg_id in self._started

    def ended(self, message: Message) -> Ended | None:
        """Return what came of the turn; None while it is not over."""
        self._journal.catch_up()
        return self._ended.get(message.msg_id)

    def start(self, message: Message) -> None:
        """Record that the mind is asked."""
        self._journal.append("turn.started", {"msg_id": message.msg_id, "from": message.sender}, agent=self._name)

    def end(self, message: Message, outcome: Outcome, text: str) -> Ended:
        """Record what the mind said and return it, without secrets."""
        data = {"msg_id": message.msg_id, "outcome": outcome, "text": text}
        event = self._journal.append("turn.ended", data, agent=self._name)
        return Ended(outcome, event.data["text"])

    def _apply(self, event: Event) -> None:
        if event.agent != self._name:
            return
        with self._lock:
            if event.type == "turn.started":
                self._started.add(event.data["msg_id"])
            elif event.type == "turn.ended":
                self._ended[event.data["msg_id"]] = Ended(event.data["outcome"], event.data["text"])
