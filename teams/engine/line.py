"""One line of the journal as bytes (docs/formats.md, part 2).

Rule 1: ``crc`` is the last member; it is the CRC-32C of the line without that member and without the line feed.
Rule 2: types we do not know are events like any other; a higher ``v`` is refused.
"""

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache, partial
from typing import Any

from onecontext.checksum import crc32c
from onecontext.errors import Damaged, NewerFormat
from teams.engine.event import Event

VERSION = 1
MAX_LINE_BYTES = 16 * 1024 * 1024
_OPTIONAL = ("mission", "task", "attempt", "epoch", "agent", "cause")
_CRC_BYTES = len(b',"crc":"00000000"}')
_early = iter(range(5_000))
"""The first lines that a process reads: to import pydantic's parser takes as long as it saves on so many."""
_SURROGATE = re.compile("[\ud800-\udfff]")


def encode(event: Event) -> bytes:
    """Return the line of ``event``, with its line feed."""
    body: dict[str, Any] = {
        "v": VERSION,
        "seq": event.seq,
        "id": event.id,
        "at": event.at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z"),
        "type": event.type,
        "team": event.team,
    }
    body |= {name: getattr(event, name) for name in _OPTIONAL if getattr(event, name) is not None}
    body["data"] = event.data
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    # A lone surrogate has no UTF-8; other programs write it as an escape, and so do we.
    line = _SURROGATE.sub(lambda match: f"\\u{ord(match.group()):04x}", text).encode("utf-8")
    return line[:-1] + f',"crc":"{crc32c(line)}"}}\n'.encode("ascii")


def decode(line: bytes, *, place: str | Callable[[], str]) -> Event:
    """Return the event in ``line`` (without its line feed); ``place`` says in errors where it stands.

    Raises:
        NewerFormat: written by a newer version.
        Damaged: no event, or its checksum does not agree.
    """
    try:
        return _event(_checked(line))
    except (Damaged, NewerFormat) as error:
        where = place if isinstance(place, str) else place()
        raise type(error)(f"{where} {error.message}") from error


def _checked(line: bytes) -> dict[str, Any]:
    try:
        body = _parsed(line)
    except (ValueError, RecursionError) as error:
        raise Damaged(f"is not a line of a journal: {error}") from error
    if not isinstance(body, dict) or type(body.get("v")) is not int:
        raise Damaged("is not a line of a journal: it has no version")
    if body["v"] > VERSION:
        raise NewerFormat(f"has version {body['v']}; this program knows {VERSION}")
    _agrees(line)
    return body


def check_whole(line: bytes, *, place: Callable[[], str]) -> None:
    """See that ``line`` (without its line feed) agrees with its checksum, whatever it says.

    Raises:
        Damaged: it does not.
    """
    try:
        _agrees(line)
    except Damaged as error:
        raise Damaged(f"{place()} {error.message}") from error


def _agrees(line: bytes) -> None:
    checksum = crc32c(line[:-_CRC_BYTES] + b"}")
    if line[-_CRC_BYTES:] != f',"crc":"{checksum}"}}'.encode("ascii"):
        raise Damaged("does not agree with its checksum")


def _parsed(line: bytes) -> Any:
    if next(_early, None) is not None:
        return json.loads(line)
    try:
        # Half the time of json.loads, which is most of the time of reading a long journal.
        return _fast_parser()(line)
    except ValueError:
        # It refuses escapes of lone surrogates and deep nesting, which a line may hold.
        return json.loads(line)


@cache
def _fast_parser() -> Callable[[bytes], Any]:
    # Kept: an import statement costs a microsecond each time, of the ten that a line takes.
    from pydantic_core import from_json

    # Names of fields come again and again, what they hold does not.
    return partial(from_json, cache_strings="keys")


def _event(body: dict[str, Any]) -> Event:
    try:
        get = body.get
        return Event(
            body["seq"],
            body["id"],
            datetime.fromisoformat(body["at"]),
            body["type"],
            body["team"],
            body["data"],
            get("mission"),
            get("task"),
            get("attempt"),
            get("epoch"),
            get("agent"),
            get("cause"),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise Damaged(f"lacks what every event has: {error}") from error
