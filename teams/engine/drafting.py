"""From what is to be recorded to what goes on the disk.

Rule 1: secrets are taken out of every string.
Rule 2: a line has a limit, so that a reader needs no more memory than that.
"""

from dataclasses import replace
from datetime import UTC, datetime

from onecontext.errors import UsageError
from onecontext.text.redact import redact_all
from teams.engine.event import Draft, Event
from teams.engine.line import MAX_LINE_BYTES, encode


def without_secrets(draft: Draft) -> Draft:
    """Return the draft as it may be written."""
    return replace(draft, data=redact_all(draft.data), agent=redact_all(draft.agent))


def event_of(draft: Draft, seq: int, *, id: str, at: datetime, team: str) -> Event:  # noqa: A002 - the field's name
    """Return the event that the draft becomes."""
    return Event(
        seq=seq,
        id=id,
        at=at.astimezone(UTC),
        type=draft.type,
        team=team,
        data=draft.data,
        mission=draft.mission,
        task=draft.task,
        attempt=draft.attempt,
        epoch=draft.epoch,
        agent=draft.agent,
        cause=draft.cause,
    )


def line_of(event: Event) -> bytes:
    """Return the event's line.

    Raises:
        UsageError: it has more than 16 MiB.
    """
    line = encode(event)
    if len(line) > MAX_LINE_BYTES:
        raise UsageError(f"an event of {len(line):,} bytes is more than the {MAX_LINE_BYTES:,} of a line")
    return line
