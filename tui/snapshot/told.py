"""What is said, logged, remembered and wants a look."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from tui.snapshot.value import value

LEAD = "team-lead"
"""In whose name a person speaks, and who leads a mission."""


@value
class Message:
    """A message between agents. ``form`` is the type of a structured one, ``idle`` marks mere idle notices.

    ``about`` is the task (``#3``) or the request that a structured one is about, ``in_reply_to`` the message that it
    answers; "" for none. ``posted``: it is in the inbox of another program, which does not tell when it reads.
    """

    id: str
    at: datetime
    sender: str
    to: str
    text: str
    summary: str
    form: str
    idle: bool
    delivered: bool = False
    posted: bool = False
    delivered_at: datetime | None = None
    about: str = ""
    in_reply_to: str = ""

    @property
    def other(self) -> str:
        """Whom a word of the lead's about it goes to: who sent it, or, where the lead did, who got it."""
        return self.to if self.sender == LEAD else self.sender

    @property
    def waits(self) -> bool:
        """Whether its reader does not have it yet."""
        return not (self.delivered or self.posted)


@value
class MemoryCommit:
    """A milestone, as the journal tells it. ``task`` "": it is of the mission as a whole."""

    at: datetime
    agent: str
    branch: str
    commit: str
    record: str
    contribution: str
    task: str = ""


@value
class GraphLine:
    """One line of the memory's graph, as the memory itself tells it. ``id`` is empty on lines of lanes alone."""

    lanes: str
    id: str = ""
    refs: tuple[str, ...] = ()
    parents: tuple[str, ...] = ()
    subject: str = ""
    author: str = ""
    at: datetime | None = None


@value
class Attention:
    """Something a person may want to look at. It closes when what it is about was put right.

    ``until``: from then on nobody can do anything about it, so it is over by itself; None: never.
    """

    number: int
    at: datetime
    kind: str
    text: str
    task: str | None
    agent: str
    open: bool = True
    until: datetime | None = None


@value
class Violation:
    """A rule of ours that a file of the team breaks now. ``agent`` is who it seems to be, "" when nobody can say."""

    at: datetime
    path: str
    rule: str
    what: str
    task: str | None
    agent: str


@value
class LogLine:
    """One event, told in a line. ``tone`` is a name of :data:`tui.words.TONES`."""

    seq: int
    at: datetime
    type: str
    agent: str
    text: str
    tone: str
    data: Mapping[str, Any]
    task: str | None = None
