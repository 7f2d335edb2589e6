"""What a member asks whoever does its thinking: a model, a command, a function.

Rule 1: a mind is asked one thing at a time; :meth:`Mind.stop` alone may be called while it works, from another thread.
Rule 2: that a mind cannot do what it was asked is an answer (``missing``), not an exception. Exceptions are for what no
    asker could mend: the disk, a lock, a claim that passed on.
"""

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from teams.protocol.board.task import Task
from teams.protocol.config import Member
from teams.protocol.mail.message import Message, as_prompt

INTERRUPTED = (
    "You were interrupted while you worked on this message. Find out what is done already before you do anything again."
)


@dataclass(frozen=True, slots=True)
class Asked:
    """A message to be answered. ``task`` is the task it assigns, claimed already; None when it assigns none.

    ``interrupted``: this member worked on it before and was killed.
    """

    message: Message
    task: Task | None = None
    interrupted: bool = False

    @property
    def prompt(self) -> str:
        """The text for a model: the message framed as data of others, and behind it what only the host knows."""
        return "\n".join([as_prompt(self.message), *([INTERRUPTED] if self.interrupted else [])])


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of it: ``text`` goes to who asked, ``missing`` says what is not done; "" is nothing."""

    text: str = ""
    missing: str = ""


@runtime_checkable
class Mind(Protocol):
    """Thinks for a member."""

    def begin(self, me: Member) -> None:
        """Be told for whom, once, before the first message."""
        ...

    def answer(self, asked: Asked) -> Answer:
        """Answer a message, or do the task that it assigns."""
        ...

    def stay(self, asked: Asked) -> str:
        """Return why the member must not end now, as it was asked to; "" lets it end."""
        ...

    def stop(self) -> None:
        """Let the answer under way end soon; it may say in ``missing`` that it did. Called again until it has."""
        ...
