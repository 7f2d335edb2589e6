"""One span as a value, and the ids it has.

Rule 1: ids are made of the event that a span begins with, so whoever reads the same journal names the same spans.

Source: OpenTelemetry, Trace API (SpanContext: 16 bytes for a trace, 8 for a span, neither of them all zero).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Literal, NamedTuple

from teams.engine.event import Event

Value = str | bool | int | float
Kind = Literal["internal", "client"]
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Place(NamedTuple):
    """Where a span stands: its trace and itself, as numbers."""

    trace: int
    span: int


@dataclass(frozen=True, slots=True)
class Span:
    """A span that is over. Times are nanoseconds since 1970; ``error`` "" is none, else its type and ``why`` says more.

    ``parent`` None is the root of its trace; ``link`` is a root that this one goes on from.
    """

    name: str
    kind: Kind
    place: Place
    parent: Place | None
    start_ns: int
    end_ns: int
    attributes: Mapping[str, Value]
    error: str = ""
    why: str = ""
    link: Place | None = None


def new_trace(event: Event) -> int:
    """Return the number of the trace that begins with ``event``."""
    return int.from_bytes(sha256(f"trace {event.id}".encode()).digest()[:16]) or 1


def new_span(event: Event, what: str) -> int:
    """Return the number of the span that begins with ``event``; ``what`` tells several of them apart."""
    return int.from_bytes(sha256(f"span {what} {event.id}".encode()).digest()[:8]) or 1


def nanoseconds(at: datetime) -> int:
    """Return ``at`` as nanoseconds since 1970, exactly."""
    return (at - _EPOCH) // timedelta(microseconds=1) * 1000
