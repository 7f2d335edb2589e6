"""Files of records as we write them, taken apart in a third of the time that any file takes.

Rule 1: what is returned is what :func:`onecontext.records.split` and decoding make of the file; where anything is
        unusual (edited, torn, escaped in the frame, not ours) it is None, and that way is taken.
"""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import NamedTuple

from onecontext.checksum import crc32c
from onecontext.recall.search.questions import asks
from onecontext.records import unescape

_TEXT = rb'"([ !#-\[\]-~]*)"'
_FRAME = re.compile(
    rb'<!-- oc1 \{"agent":%b,"at":%b,(?:"code_commit":%b,)?"crc":%b,"id":%b,"len":(\d{1,9}),(?:"mission":%b,)?'
    rb'"origin":%b,"session":%b(?:,"task":%b)?\} -->\n' % ((_TEXT,) * 9)
)
_STEP = re.compile(r"### Step \d{1,18} \u2014 [^\n]*\n\*\*Observation:\*\* ?")
_MILESTONE = re.compile(r"## Commit `[^`\n]*`\n\*\*Timestamp:\*\* ?[^\n]*\n\n\*\*Branch Purpose:\*\* ?")
_END = "\n\n---\n"


class PlainRecord(NamedTuple):
    """A record as it lies in a file: ``start`` and ``size`` are its bytes, ``said`` what it says itself, in lines,
    ``asks`` whether one of its texts ends with a question."""

    agent: str
    at: str
    crc: str
    id: str
    origin: str
    session: str
    moment: datetime
    start: int
    size: int
    said: str
    asks: bool


def plain_steps(content: bytes) -> list[PlainRecord] | None:
    """Return the steps of a whole file; None where one of them is not as we write it."""
    return _records(content, _step)


def plain_milestones(content: bytes) -> list[PlainRecord] | None:
    """Return the milestones of a whole file; None where one of them is not as we write it."""
    return _records(content, _milestone)


def is_plain(content: bytes) -> bool:
    """Say whether every record of a whole file stands between its frames and agrees with its checksum."""
    position = 0
    while position < len(content):
        frame = _FRAME.match(content, position)
        if frame is None:
            return False
        position = frame.end() + int(frame[6])
        body = content[frame.end() : position]
        if crc32c(body) != frame[4].decode("ascii") or b"\n<!-- oc1 " in body:
            return False
    return True


def _records(content: bytes, said_of: Callable[[str], list[str] | None]) -> list[PlainRecord] | None:
    found: list[PlainRecord] = []
    position = 0
    while position < len(content):
        frame = _FRAME.match(content, position)
        record = _record(content, position, frame, said_of) if frame else None
        if record is None:
            return None
        found.append(record)
        position += record.size
    return found


def _record(
    content: bytes, position: int, frame: re.Match[bytes], said_of: Callable[[str], list[str] | None]
) -> PlainRecord | None:
    agent, at, code_commit, crc, name, size, mission, origin, session, task = (
        group.decode("ascii") for group in frame.groups(b"")
    )
    begin = frame.end()
    body = content[begin : begin + int(size)]
    if crc32c(body) != crc or b"\n<!-- oc1 " in body:
        return None
    try:
        moment = datetime.fromisoformat(at)
    except ValueError:
        return None
    parts = said_of(body.decode("utf-8", "replace"))
    if parts is None or not moment.tzinfo:
        return None
    parts = [unescape(part) for part in parts]
    said = "\n".join([*parts, *(link for link in (code_commit, task, mission) if link)])
    moment = moment.astimezone(UTC)
    size_bytes = begin - position + len(body)
    return PlainRecord(agent, at, crc, name, origin, session, moment, position, size_bytes, said, asks(parts))


def _step(text: str) -> list[str] | None:
    head = _STEP.match(text)
    if head is None or not text.endswith(_END):
        return None
    observation, one, rest = text[head.end() : -len(_END)].partition("\n\n**Thought:**")
    thought, two, action = rest.partition("\n\n**Action:**")
    return [observation, thought.removeprefix(" "), action.removeprefix(" ")] if one and two else None


def _milestone(text: str) -> list[str] | None:
    head = _MILESTONE.match(text)
    if head is None or not text.endswith(_END):
        return None
    _, one, rest = text[head.end() : -len(_END)].partition("\n\n**Previous Progress Summary:**")
    _, two, contribution = rest.partition("\n\n**This Commit's Contribution:**")
    return [contribution.removeprefix(" ")] if one and two else None
