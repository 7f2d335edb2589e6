"""One line of the journal as bytes (docs/formats.md, part 2).

Rule 1: ``crc`` is the last member; it is the CRC-32C of the line without that member and without the line feed.
Rule 2: types we do not know are events like any other; a higher ``v`` is refused.
"""

import json
import re
from datetime import UTC, datetime
from typing import Any

from onecontext.checksum import crc32c
from onecontext.errors import Damaged, NewerFormat
from teams.engine.event import Event

VERSION = 1
_OPTIONAL = ("mission", "task", "attempt", "epoch", "agent", "cause")
_CRC_BYTES = len(b',"crc":"00000000"}')
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


def decode(line: bytes, *, place: str) -> Event:
    """Return the event in ``line`` (without its line feed); ``place`` says in errors where it stands.

    Raises:
        NewerFormat: written by a newer version.
        Damaged: no event, or its checksum does not agree.
    """
    try:
        body = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise Damaged(f"{place} is not a line of a journal: {error}") from error
    if not isinstance(body, dict) or type(body.get("v")) is not int:
        raise Damaged(f"{place} is not a line of a journal: it has no version")
    if body["v"] > VERSION:
        raise NewerFormat(f"{place} has version {body['v']}; this program knows {VERSION}")
    checksum = crc32c(line[:-_CRC_BYTES] + b"}")
    if line[-_CRC_BYTES:] != f',"crc":"{checksum}"}}'.encode("ascii"):
        raise Damaged(f"{place} does not agree with its checksum")
    return _event(body, place)


def _event(body: dict[str, Any], place: str) -> Event:
    try:
        return Event(
            seq=body["seq"],
            id=body["id"],
            at=datetime.fromisoformat(body["at"]),
            type=body["type"],
            team=body["team"],
            data=body["data"],
            **{name: body.get(name) for name in _OPTIONAL},
        )
    except (KeyError, TypeError, ValueError) as error:
        raise Damaged(f"{place} lacks what every event has: {error}") from error
