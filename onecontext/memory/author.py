"""Who writes, and where the time and new ids come from."""

import os
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from onecontext.names import check_name
from onecontext.records import check_text


@dataclass(frozen=True)
class Author:
    """Who writes: agent and session, and where the time and new ids come from."""

    agent: str
    session: str
    now: Any
    new_id: Any

    def at(self) -> datetime:
        """Return the time, as the caller's clock has it."""
        at: datetime = self.now()
        return at


def author(agent: str, session: str, now: Any, new_id: Any) -> Author:
    """Return who writes; ``now`` and ``new_id`` None are the clock of this machine and 32 random bits.

    Raises:
        InvalidName: ``agent`` cannot name one.
        InvalidText: ``session`` cannot be stored losslessly.
    """
    if session:
        # Its patterns take a tenth of a command's time to compile, and who only reads needs none of them.
        from onecontext.text.redact import redact

        session = redact(check_text(session, what="session"))
    name = check_name(agent, what="agent")
    return Author(name, session, now or (lambda: datetime.now(UTC)), new_id or (lambda: os.urandom(4).hex()))
