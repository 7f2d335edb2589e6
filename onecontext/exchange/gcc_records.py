"""Records as an export writes them: the frame that ours have, around a text that the reference reader understands.

Rule 1: the frame of an exported record says length and checksum of what stands in the export; the record as it lay in
        the memory is made again from it, to the byte, and where that would not succeed the frame carries it (``raw``).
Rule 2: ``folder`` is in the frame where a record lay in another branch's folder than its origin's, ``pending`` where
        it had no milestone yet.
"""

import json
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from onecontext.checksum import crc32c
from onecontext.errors import InvalidText
from onecontext.exchange.gcc_text import carried, shape, unshape
from onecontext.records import (
    Milestone,
    Raw,
    Step,
    decode_milestone,
    decode_step,
    encode_milestone,
    encode_step,
    iso,
)

BLANK = "(blank)"
_OURS_ALONE = ("folder", "pending", "raw")
_ID = re.compile(r"[0-9A-Za-z_.-]{1,64}", re.ASCII)
_STEP = re.compile(
    r"### Step (\d{1,18}) \u2014 [^\n]*\n\*\*Observation:\*\* (.*?)\n\n\*\*Thought:\*\* (.*?)"
    r"\n\n\*\*Action:\*\* (.*)\n\n---\n",
    re.DOTALL,
)
_MILESTONE = re.compile(
    r"## Commit `[^`\n]*`\n\*\*Timestamp:\*\* [^\n]*\n\n\*\*Branch Purpose:\*\* (.*?)"
    r"\n\n\*\*Previous Progress Summary:\*\* (.*?)\n\n\*\*This Commit's Contribution:\*\* (.*)\n\n---\n",
    re.DOTALL,
)


def exported_step(raw: Raw, *, folder: str, pending: bool = False) -> tuple[bytes, int]:
    """Return a step as an export has it, and how many of its texts the reference reader shows in another form."""
    step = decode_step(raw)
    texts = (step.observation, step.thought, step.action)
    shown = texts if any(text.strip() for text in texts) else (BLANK, "", "")  # its reader drops a step without text
    o, t, a = map(shape, shown)
    body = (
        f"### Step {step.n} \u2014 {iso(step.at)}\n**Observation:** {o}\n\n**Thought:** {t}\n\n**Action:** {a}\n\n---\n"
    )
    more = {"pending": True} if pending else {}
    return _framed(raw, body, folder=folder, more=more), _reshaped(texts)


def exported_milestone(raw: Raw, *, folder: str) -> tuple[bytes, int]:
    """Return a milestone as an export has it, and how many of its texts the reader shows in another form."""
    milestone = decode_milestone(raw)
    texts = (milestone.purpose, milestone.previous, milestone.contribution)
    p, s, c = map(shape, texts)
    name = milestone.id if _ID.fullmatch(milestone.id) else re.sub(r"[^0-9A-Za-z_.-]", "-", milestone.id)[:64] or "-"
    body = (
        f"## Commit `{name}`\n**Timestamp:** {iso(milestone.at)}\n\n**Branch Purpose:** {p}\n\n"
        f"**Previous Progress Summary:** {s}\n\n**This Commit's Contribution:** {c}\n\n---\n"
    )
    return _framed(raw, body, folder=folder, more={}), _reshaped(texts)


def restored(frame: dict[str, Any], body: bytes) -> bytes:
    """Return the framed record of a memory that an exported one was made from, without looking at ``raw``.

    Raises:
        InvalidText: the body has not the form of an export, or a text that no memory can have.
    """
    text = body.decode("utf-8", "strict")
    about = {
        "id": frame["id"],
        "at": parsed_time(frame["at"]),
        "agent": frame["agent"],
        "session": frame["session"],
        "branch": frame["origin"],
    }
    if match := _STEP.fullmatch(text):
        o, t, a = map(unshape, match.group(2, 3, 4))
        return encode_step(Step(n=int(match.group(1)), observation=o, thought=t, action=a, **about))
    if match := _MILESTONE.fullmatch(text):
        p, s, c = map(unshape, match.group(1, 2, 3))
        links = {key: frame[key] for key in ("code_commit", "task", "mission") if isinstance(frame.get(key), str)}
        return encode_milestone(Milestone(purpose=p, previous=s, contribution=c, **about, **links))
    raise InvalidText("this is no exported record")


def original(frame: dict[str, Any], body: bytes) -> bytes:
    """Return the record that an exported one was made from, as it lay in its memory.

    Raises:
        InvalidText: it has not the form of an export.
    """
    raw = frame.get("raw")
    if isinstance(raw, str):
        return raw.encode("utf-8", "surrogateescape")
    return restored({key: value for key, value in frame.items() if key not in _OURS_ALONE}, body)


def parsed_time(text: str) -> datetime:
    """Return the time that ISO 8601 ``text`` means, in UTC where it names no zone.

    Raises:
        ValueError: it means none.
        OverflowError: it is none in UTC.
    """
    at = datetime.fromisoformat(text)
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)


def _framed(raw: Raw, body: str, *, folder: str, more: dict[str, Any]) -> bytes:
    content = body.encode("utf-8")
    known = {key: value for key, value in raw.frame.items() if key not in _OURS_ALONE}
    frame = {**known, **more, "crc": crc32c(content), "len": len(content)}
    if frame["origin"] != folder:
        frame["folder"] = folder
    if _restored_or_none(known, content) != raw.raw:
        frame["raw"] = raw.raw.decode("utf-8", "surrogateescape")
    line = json.dumps(frame, sort_keys=True, separators=(",", ":")).replace("<", "\\u003c").replace(">", "\\u003e")
    return f"<!-- oc1 {line} -->\n".encode("ascii") + content


def _restored_or_none(frame: dict[str, Any], content: bytes) -> bytes | None:
    try:
        return restored(frame, content)
    except InvalidText:
        return None


def _reshaped(texts: Sequence[str]) -> int:
    return sum(carried(text) != text for text in texts)
