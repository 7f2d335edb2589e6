"""From what is to be recorded to what goes on the disk.

Rule 1: secrets are taken out of every string.
Rule 2: a line has a limit, so that a reader needs no more memory than that.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from onecontext.errors import UsageError
from onecontext.text.redact import redact
from teams.engine.event import Draft, Event
from teams.engine.line import MAX_LINE_BYTES, encode

_TOO_SHORT = 8


def without_secrets(draft: Draft) -> Draft:
    """Return the draft as it may be written."""
    return replace(draft, data=_clean(draft.data))


def line_of(event: Event) -> bytes:
    """Return the event's line.

    Raises:
        UsageError: it has more than 16 MiB.
    """
    line = encode(event)
    if len(line) > MAX_LINE_BYTES:
        raise UsageError(f"an event of {len(line):,} bytes is more than the {MAX_LINE_BYTES:,} of a line")
    return line


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        # No shape of a secret is so short, and most of what a task holds is.
        return redact(value) if len(value) > _TOO_SHORT else value
    if isinstance(value, Mapping):
        return {str(key): _clean(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_clean(part) for part in value]
    return value
