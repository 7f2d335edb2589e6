"""Stories that went wrong: values of events replaced by others, and bytes of journals; the same for the same seed."""

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from teams.engine.event import Event

VALUES: tuple[Any, ...] = (
    None,
    True,
    "",
    0,
    -1,
    10**30,
    1e308,
    float("inf"),
    float("nan"),
    [],
    {},
    [None],
    {"": None},
    [[[]]],
    "\x00",
    "\ud800",
    "\x1b[2J\u202e",
    "日" * 300,
    "{",
    '{"type":1}',
    "[" * 2000,
    {"id": ["1"], "metadata": "x", "blockedBy": {"a": 1}},
)
"""What nobody foresaw in the place of a value, and still can be written as JSON."""
TIMES = (
    datetime(1, 1, 1, tzinfo=UTC),
    datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC),
    datetime(1970, 1, 1, tzinfo=UTC),
)


def mutated(events: list[Event], chance: random.Random) -> list[Event]:
    """Return the story with a few of its events left out, said twice, moved, or with another value somewhere."""
    story = list(events)
    for _ in range(chance.randint(1, 6)):
        at = chance.randrange(len(story))
        what = chance.random()
        if what < 0.1 and len(story) > 1:
            del story[at]
        elif what < 0.2:
            story.insert(chance.randrange(len(story)), story[at])
        elif what < 0.3:
            story[at] = replace(story[at], at=_time(story[at].at, chance))
        elif what < 0.4:
            name = chance.choice(("agent", "task", "mission", "attempt", "epoch"))
            story[at] = replace(story[at], **{name: _other(name, chance)})
        elif what < 0.45:
            story[at] = replace(story[at], type=chance.choice(("", "mission.started", "task.created", "no.such")))
        else:
            story[at] = replace(story[at], data=_with_another_value(story[at].data, chance))
    return [replace(event, seq=number) for number, event in enumerate(story, 1)]


def spoilt(journal: bytes, chance: random.Random) -> bytes:
    """Return a journal with bytes changed, cut out, put in or doubled."""
    data = bytearray(journal)
    for _ in range(chance.randint(1, 4)):
        at, size = chance.randrange(len(data) + 1), chance.choice((1, 7, 300))
        how = chance.randrange(5)
        if how == 0:
            data[at : at + size] = bytes(chance.randrange(256) for _ in range(size))
        elif how == 1:
            del data[at : at + size]
        elif how == 2:
            data[at:at] = data[max(0, at - size) : at]
        elif how == 3:
            data[at:at] = chance.choice((b"\0" * size, b"\n", b"\r\n", b"\xff\xfe", b"{}\n", b"null\n"))
        else:
            del data[at:]
    return bytes(data)


def _time(at: datetime, chance: random.Random) -> datetime:
    return chance.choice((*TIMES, at - timedelta(days=400), at + timedelta(days=400)))


def _other(name: str, chance: random.Random) -> Any:
    if name in ("attempt", "epoch"):
        return chance.choice((None, 0, -3, 10**20))
    return chance.choice((None, "", "../..", "\x00", "日" * 100, "\u202eb", "x" * 5000))


def _with_another_value(data: Any, chance: random.Random) -> Any:
    """Return ``data`` with one value in it, at any depth, replaced or gone."""
    places = list(_places(data))
    if not places:
        return {chance.choice(("task", "config", "reason")): chance.choice(VALUES)}
    way = chance.choice(places)
    return _replaced(data, way, chance.choice(VALUES), gone=chance.random() < 0.2)


def _places(value: Any, way: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if way:
        yield way
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in pairs:
        yield from _places(inner, (*way, key))


def _replaced(value: Any, way: tuple[Any, ...], other: Any, *, gone: bool) -> Any:
    if not way:
        return other
    copy = dict(value) if isinstance(value, dict) else list(value)
    if gone and len(way) == 1 and isinstance(copy, dict):
        del copy[way[0]]
    else:
        copy[way[0]] = _replaced(copy[way[0]], way[1:], other, gone=gone)
    return copy
