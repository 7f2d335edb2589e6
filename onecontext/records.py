"""Steps and milestones as text that no text can forge: the format of docs/formats.md, part 1.

Rule 1: one frame line before each record says its length and checksum; a record counts when all three agree.
Rule 2: escaping is lossless and works line by line, where a line ends at every boundary of ``str.splitlines``.
Rule 3: this module does no input or output, and nothing is guessed out of free text.
"""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from typing import Any

from onecontext.checksum import crc32c
from onecontext.errors import InvalidText

MAX_TEXT_BYTES = 16 * 1024 * 1024
_BOUNDARY = "\n\r\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029"
_STEP_LABELS = ("Observation", "Thought", "Action")
_MILESTONE_LABELS = ("Timestamp", "Branch Purpose", "Previous Progress Summary", "This Commit's Contribution")
_OURS = "|".join(
    [
        r"### Step ",
        r"## Commit ",
        r"<!-- oc\d",
        *(re.escape(f"**{label}:**") for label in _STEP_LABELS + _MILESTONE_LABELS),
    ]
)
# Backslashes that already stand before a word of ours are counted in, so that taking one away is always right.
_ESCAPE = rf"(?:(?<=[{_BOUNDARY}])|\A)(?=\\*(?:{_OURS}))|(?<![\\])(?=\\*---(?:[{_BOUNDARY}]|\Z))"
_UNESCAPE = rf"(?:(?<=[{_BOUNDARY}])|\A)\\(?=\\*(?:{_OURS}))|(?<![\\])\\(?=\\*---(?:[{_BOUNDARY}]|\Z))"
_FRAME = re.compile(rb"^<!-- oc1 (\{[^\n]*\}) -->\n", re.MULTILINE)
_STEP = re.compile(
    r"### Step (\d{1,18}) \u2014 ([^\n]*)\n\*\*Observation:\*\* ?(.*?)\n\n\*\*Thought:\*\* ?(.*?)"
    r"\n\n\*\*Action:\*\* ?(.*)\n\n---\n",
    re.DOTALL,
)
_MILESTONE = re.compile(
    r"## Commit `([^`\n]*)`\n\*\*Timestamp:\*\* ?([^\n]*)\n\n\*\*Branch Purpose:\*\* ?(.*?)"
    r"\n\n\*\*Previous Progress Summary:\*\* ?(.*?)\n\n\*\*This Commit's Contribution:\*\* ?(.*)\n\n---\n",
    re.DOTALL,
)


@dataclass(frozen=True)
class Step:
    """One observation, thought and action. ``n`` is for readers; ``id`` is what names it.

    ``branch`` is where it was written, whatever branch it has been merged into since. ``edited`` says that somebody
    changed the file by hand: the texts are then as they stand, or all in ``observation`` when the form is gone.
    """

    id: str
    n: int
    at: datetime
    agent: str
    session: str
    branch: str
    observation: str
    thought: str
    action: str
    edited: bool = False


@dataclass(frozen=True)
class Milestone:
    """What a COMMIT records.

    ``commit`` is the git commit that holds it, or of one just recorded the one that will, unless a file is edited by
    hand before; None when it was read from files alone.
    """

    id: str
    at: datetime
    agent: str
    session: str
    branch: str
    purpose: str
    previous: str
    contribution: str
    code_commit: str | None = None
    task: str | None = None
    mission: str | None = None
    edited: bool = False
    commit: str | None = field(default=None, compare=False)


@dataclass(frozen=True)
class Raw:
    """One record as it lies in a file: ``raw`` is frame, body and whatever stands before the next frame."""

    id: str
    frame: dict[str, Any]
    body: bytes
    raw: bytes
    intact: bool

    @property
    def key(self) -> tuple[str, str, str]:
        """What tells it from any other record, even from one that drew the same id."""
        return self.id, self.frame["at"], self.frame["crc"]


@dataclass(frozen=True)
class Split:
    """A file taken apart. Bytes from ``end`` on are a torn tail; ``preamble`` stands before the first frame."""

    preamble: bytes
    records: tuple[Raw, ...]
    end: int


def check_text(text: str, *, what: str = "text") -> str:
    """Return ``text`` unchanged if a file can carry it losslessly.

    Raises:
        InvalidText: it has a NUL or a lone surrogate, or more than 16 MiB.
    """
    if "\0" in text:
        raise InvalidText(f"the {what} has a NUL at character {text.index(chr(0))}", hint="leave it out")
    try:
        size = len(text.encode("utf-8"))
    except UnicodeEncodeError as error:
        raise InvalidText(
            f"the {what} has a lone surrogate at character {error.start}", hint="decode it as UTF-8 before"
        ) from error
    if size > MAX_TEXT_BYTES:
        raise InvalidText(
            f"the {what} has {size:,} bytes, more than the {MAX_TEXT_BYTES:,} of a record",
            hint="keep it in a file and write down where",
        )
    return text


def escape(text: str) -> str:
    """Return ``text`` so that no line of it can be taken for a frame, a heading, a label or an end of ours."""
    # A text with none of these has nothing to escape, and looking for them costs a tenth of the pattern.
    if not ("**" in text or "---" in text or "## Commit " in text or "### Step " in text or "<!-- oc" in text):
        return text
    return _compiled(_ESCAPE).sub(r"\\", text)


def unescape(text: str) -> str:
    """Take away what :func:`escape` added."""
    return _compiled(_UNESCAPE).sub("", text) if "\\" in text else text


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    # When it is needed, which for most texts is never: the two take longer to compile than a context to read.
    return re.compile(pattern)


def iso(at: datetime) -> str:
    """Return ``at`` in UTC with microseconds; :func:`datetime.fromisoformat` gives it back exactly."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def encode_step(step: Step) -> bytes:
    """Return the framed record.

    Raises:
        InvalidText: one of the texts cannot be stored losslessly.
    """
    texts = (step.observation, step.thought, step.action)
    o, t, a = (escape(check_text(text, what=label.lower())) for label, text in zip(_STEP_LABELS, texts, strict=True))
    body = (
        f"### Step {step.n} \u2014 {iso(step.at)}\n**Observation:** {o}\n\n**Thought:** {t}\n\n**Action:** {a}\n\n---\n"
    )
    return _framed(step, body, {})


def encode_milestone(milestone: Milestone) -> bytes:
    """Return the framed record.

    Raises:
        InvalidText: one of the texts cannot be stored losslessly.
    """
    texts = (milestone.purpose, milestone.previous, milestone.contribution)
    p, s, c = (escape(check_text(text, what=label)) for label, text in zip(_MILESTONE_LABELS[1:], texts, strict=True))
    body = (
        f"## Commit `{milestone.id}`\n**Timestamp:** {iso(milestone.at)}\n\n**Branch Purpose:** {p}\n\n"
        f"**Previous Progress Summary:** {s}\n\n**This Commit's Contribution:** {c}\n\n---\n"
    )
    links = {"code_commit": milestone.code_commit, "task": milestone.task, "mission": milestone.mission}
    return _framed(milestone, body, {key: value for key, value in links.items() if value is not None})


def _framed(record: Step | Milestone, body: str, links: dict[str, str]) -> bytes:
    content = body.encode("utf-8")
    frame = {
        "agent": record.agent,
        "at": iso(record.at),
        "crc": crc32c(content),
        "id": record.id,
        "len": len(content),
        "origin": record.branch,
        "session": check_text(record.session, what="session"),
        **links,
    }
    # '<' and '>' are written as JSON escapes: nothing inside the frame can end the comment that it is.
    line = json.dumps(frame, sort_keys=True, separators=(",", ":")).replace("<", "\\u003c").replace(">", "\\u003e")
    return f"<!-- oc1 {line} -->\n".encode("ascii") + content


def split(data: bytes) -> Split:
    """Take a file of records apart without decoding them; every byte before ``end`` is in exactly one part."""
    marks = [(match, frame) for match in _FRAME.finditer(data) if (frame := _frame(match.group(1))) is not None]
    if not marks:
        return Split(b"", (), 0) if data.startswith(b"<!-- oc1") else Split(data, (), len(data))
    starts = [match.start() for match, _ in marks] + [len(data)]
    records = []
    end = len(data)
    for (match, frame), stop in zip(marks, starts[1:], strict=True):
        size = frame["len"]
        body = data[match.end() : match.end() + size]
        intact = match.end() + size <= stop and crc32c(body) == frame["crc"]
        if stop == len(data) and intact:
            end = stop = match.end() + size
        if not intact:
            body = data[match.end() : stop]
            if stop == len(data) and not body.endswith(b"\n\n---\n"):
                end = match.start()
                break
        records.append(Raw(frame["id"], frame, body, data[match.start() : stop], intact))
    return Split(data[: starts[0]], tuple(records), end)


def _frame(text: bytes) -> dict[str, Any] | None:
    try:
        frame = json.loads(text)
    except ValueError:
        return None
    kinds = {"id": str, "agent": str, "session": str, "origin": str, "at": str, "crc": str, "len": int}
    if not isinstance(frame, dict) or any(not isinstance(frame.get(key), kind) for key, kind in kinds.items()):
        return None
    return frame if frame["len"] >= 0 and _time(frame["at"]) else None


def _time(text: str) -> datetime | None:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _stamp(raw: Raw) -> dict[str, Any]:
    frame = raw.frame
    at = datetime.fromisoformat(frame["at"])
    stamp = {"id": raw.id, "at": at if at.tzinfo else at.replace(tzinfo=UTC), "agent": frame["agent"]}
    return {**stamp, "session": frame["session"], "branch": frame["origin"], "edited": not raw.intact}


def decode_step(raw: Raw) -> Step:
    """Return the step; one whose form was lost to editing has all its text in ``observation`` and ``n`` 0."""
    text = raw.body.decode("utf-8", "replace")
    match = _STEP.fullmatch(text)
    if match is None:
        return Step(n=0, observation=text, thought="", action="", **_stamp(raw) | {"edited": True})
    o, t, a = (unescape(part) for part in match.group(3, 4, 5))
    return Step(n=int(match.group(1)), observation=o, thought=t, action=a, **_stamp(raw))


def decode_milestone(raw: Raw) -> Milestone:
    """Return the milestone; one whose form was lost to editing has all its text in ``contribution``."""
    text = raw.body.decode("utf-8", "replace")
    match = _MILESTONE.fullmatch(text)
    links = {key: raw.frame[key] for key in ("code_commit", "task", "mission") if isinstance(raw.frame.get(key), str)}
    if match is None:
        return Milestone(purpose="", previous="", contribution=text, **links, **_stamp(raw) | {"edited": True})
    p, s, c = (unescape(part) for part in match.group(3, 4, 5))
    return Milestone(purpose=p, previous=s, contribution=c, **links, **_stamp(raw))


def decode_steps(data: bytes) -> list[Step]:
    """Return the steps of a whole file, oldest first."""
    return [decode_step(raw) for raw in split(data).records]


def decode_milestones(data: bytes) -> list[Milestone]:
    """Return the milestones of a whole file, oldest first."""
    return [decode_milestone(raw) for raw in split(data).records]


def joined(records: Iterable[Raw]) -> bytes:
    """Return the records as one file, each exactly as it lay."""
    return b"".join(raw.raw for raw in records)
