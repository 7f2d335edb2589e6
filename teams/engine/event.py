"""One line of a team's journal, as a value: a draft until it is appended, then an event.

The types of events and their data are listed in docs/formats.md.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Draft:
    """An event to be appended; it gets its number, id and time then. None means that it has no such thing."""

    type: str
    data: Mapping[str, Any]
    mission: str | None = None
    task: str | None = None
    attempt: int | None = None
    epoch: int | None = None
    agent: str | None = None
    cause: str | None = None


@dataclass(slots=True)
class Event:
    """Something that happened in a team.

    ``seq`` counts from 1 within the journal; ``at`` is aware UTC; ``task`` is the task's id on the board;
    None means that the event has no such thing. An event is never changed; it is not frozen because that would be a
    fifth of the time of reading a journal.
    """

    seq: int
    id: str
    at: datetime
    type: str
    team: str
    data: Mapping[str, Any]
    mission: str | None = None
    task: str | None = None
    attempt: int | None = None
    epoch: int | None = None
    agent: str | None = None
    cause: str | None = None
