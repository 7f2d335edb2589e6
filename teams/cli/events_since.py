"""``--since``: from which event on.

Rule 1: a bare number is an event's number, a number with a unit a time ago, everything else a time in ISO 8601.
Rule 2: a time without a zone is the clock on this wall.
"""

import re
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from onecontext.errors import UsageError
from teams.engine.event import Event

_UNIT_S = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_AGO = re.compile(r"(\d{1,9}(?:\.\d{1,6})?)([smhd])", re.ASCII)
_NUMBER = re.compile(r"\d{1,18}", re.ASCII)


class Since(NamedTuple):
    """Events with a number above ``seq``, and not before ``at`` (None: whenever)."""

    seq: int = 0
    at: datetime | None = None

    def includes(self, event: Event) -> bool:
        """Say whether the event is asked for; a time without a zone in a journal counts as UTC."""
        at = event.at if event.at.tzinfo else event.at.replace(tzinfo=UTC)
        return event.seq > self.seq and (self.at is None or at >= self.at)


def parse_since(text: str, *, now: datetime) -> Since:
    """Return what ``text`` asks for: ``120``, ``10m``, ``2026-01-31T12:00:00Z``.

    Raises:
        UsageError: it is none of the three.
    """
    text = text.strip()
    if _NUMBER.fullmatch(text):
        return Since(seq=int(text))
    try:
        if ago := _AGO.fullmatch(text):
            return Since(at=now - timedelta(seconds=float(ago[1]) * _UNIT_S[ago[2]]))
        return Since(at=datetime.fromisoformat(text).astimezone(UTC))
    except (ValueError, OverflowError) as error:
        raise UsageError(
            f"{text[:40]!r} is no point in a journal",
            hint="give the number of an event (120), a time ago (90s, 10m, 2h, 1d) or a time (2026-01-31T12:00:00Z)",
        ) from error
