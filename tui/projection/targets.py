"""Where in a recording somebody wants to go, as they write it: an event, a share, a time.

Rule 1: where a place cannot be told yet, since the recording is still being read, there is none yet.
"""

import re
from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta, tzinfo
from typing import NamedTuple, Protocol

from onecontext.errors import UsageError

_NUMBER = re.compile(r"#?(\d{1,15})", re.ASCII)
_SHARE = re.compile(r"(\d{1,3}(?:\.\d{1,6})?) ?%", re.ASCII)
_CLOCK = re.compile(r"(\d{1,2}):(\d\d)(?::(\d\d))?", re.ASCII)
FORMS = "an event (312), a share (50%), a time of day (14:02, 14:02:11) or a time (2026-01-31T12:00:00Z)"


class Run(Protocol):
    """A recording: how many events were read, whether that is all, and when they were (seconds since 1970, rising)."""

    @property
    def count(self) -> int: ...
    @property
    def complete(self) -> bool: ...
    def time_s(self, seq: int) -> float: ...
    def seq_at(self, time_s: float) -> int: ...


class Target(NamedTuple):
    """A place, as :func:`parse` read it; ``place`` finds its event, None while that cannot be told."""

    text: str
    place: Callable[[Run], int | None]


def parse(text: str, *, zone: tzinfo | None) -> Target:
    """Return where ``text`` points; a time without a zone is one in ``zone``, None: that of this machine.

    Raises:
        UsageError: it is none of :data:`FORMS`.
    """
    words = text.strip()
    if found := _NUMBER.fullmatch(words):
        return Target(words, _event(int(found[1])))
    if found := _SHARE.fullmatch(words):
        return Target(words, _share(float(found[1]) / 100))
    try:
        if found := _CLOCK.fullmatch(words):
            hour, minute, second = (int(part or 0) for part in found.groups())
            return Target(words, _clock(time(hour, minute, second), zone))
        at = datetime.fromisoformat(words)
        return Target(words, _time((at if at.tzinfo or zone is None else at.replace(tzinfo=zone)).timestamp()))
    except (ValueError, OverflowError, OSError) as error:
        raise UsageError(f"{words[:40]!r} is no place in a recording", hint=f"give {FORMS}") from error


def end(run: Run) -> int | None:
    """Return the last event, as soon as it is known."""
    return run.count if run.complete else None


def event(seq: int, run: Run) -> int | None:
    """Return ``seq``, or the event nearest to it."""
    if seq <= run.count or run.complete:
        return max(min(seq, run.count), min(1, run.count))
    return None


def _event(seq: int) -> Callable[[Run], int | None]:
    return lambda run: event(seq, run)


def _share(share: float) -> Callable[[Run], int | None]:
    return lambda run: event(round(share * run.count), run) if run.complete else None


def _time(time_s: float) -> Callable[[Run], int | None]:
    def place(run: Run) -> int | None:
        known = run.complete or (run.count and run.time_s(run.count) > time_s)
        return event(run.seq_at(time_s), run) if known else None

    return place


def _clock(clock: time, zone: tzinfo | None) -> Callable[[Run], int | None]:
    """Return the place of a time of day: on the first day of the run, or the next one where the run is then."""

    def place(run: Run) -> int | None:
        if not run.count:
            return None
        first = datetime.fromtimestamp(run.time_s(1), UTC).astimezone(zone)
        wanted = datetime.combine(first.date(), clock, first.tzinfo)
        next_day = wanted + timedelta(days=1)
        if wanted < first.replace(second=0, microsecond=0):
            if not run.complete and run.time_s(run.count) <= next_day.timestamp():
                return None
            if run.time_s(run.count) >= next_day.timestamp():
                wanted = next_day
        return _time(wanted.timestamp())(run)

    return place
