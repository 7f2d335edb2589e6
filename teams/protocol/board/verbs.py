"""What the verbs of a board share: the people, the clock, and what no verb takes.

Rule 1: what cannot be stored as it is said is refused before anything is looked at: a name that can be nobody's, a
    lease that has no end, evidence that is no JSON.
"""

import json
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from onecontext.errors import InvalidName, UsageError
from teams.protocol.board.desk import Desk
from teams.protocol.board.people import People
from teams.protocol.config import is_file_name

LONGEST_LEASE_S = 366 * 24 * 3600.0


class Verbs:
    """Actions on single tasks; each is made and recorded at ``desk``, and asks ``people`` who is who and who lives."""

    def __init__(self, desk: Desk, clock: Callable[[], datetime], people: People) -> None:
        self._desk = desk
        self._clock = clock
        self._people = people

    def _until(self, lease_s: float) -> datetime:
        """Return when a lease taken now is over.

        Raises:
            UsageError: it would be over before it began, or never.
        """
        if not 0 < lease_s <= LONGEST_LEASE_S:
            raise UsageError(f"a lease of {lease_s:g} s cannot be: it is more than 0 s, and at most a year")
        return self._clock() + timedelta(seconds=lease_s)


def check_agent(name: str) -> str:
    """Return ``name`` unchanged if a member, ours or another program's, can be called so.

    Raises:
        InvalidName: nobody can.
    """
    if not is_file_name(name):
        raise InvalidName(f"{name[:80]!r} can be nobody's name", hint="'onecontext team show' names who is in a team")
    return name


def json_values(evidence: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return a copy of ``evidence``, {} for None.

    Raises:
        UsageError: JSON cannot say it: a number that is none, an object of Python's own.
    """
    copy = dict(evidence or {})
    try:
        json.dumps(copy, allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        raise UsageError(f"evidence is JSON values, and this is none: {error}") from error
    return copy
