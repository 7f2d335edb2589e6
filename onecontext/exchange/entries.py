"""Records of the dialect with numbered entries: ``## [C003] title`` with a list of fields, and ``**[OTA-042]**``.

Rule 1: an entry begins with its heading and its first field, and ends where the next one begins.
Rule 2: fields that have no place of their own, and the number and title, are in the contribution as they stand; the
        files themselves are kept as well, since this form leaves open where a text ends.
"""

import re
from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

from onecontext.exchange.found import BEGINNING, Record, milestone_record, step_record
from onecontext.exchange.gcc_records import parsed_time

_COMMIT = re.compile(r"^## \[([^\]\n]+)\] ?([^\n]*)\n(?=- \*\*)", re.MULTILINE)
_STEP = re.compile(r"^\*\*\[OTA-(\d{1,18})\]\*\* ([^\n|]*?)(?: \| Branch: ([^\n]*))?\n(?=- \*\*)", re.MULTILINE)
_OTHER_FORM = re.compile(r"^(?:### Step \d|## Commit `)", re.MULTILINE)
_FIELD = re.compile(r"^- \*\*([^*\n]+)\*\*: ?", re.MULTILINE)
_COMMIT_FIELDS = ("Date", "Branch", "Branch Purpose", "Previous Progress", "This Commit's Contribution")
_STEP_FIELDS = ("Observation", "Thought", "Action")


class Entry(NamedTuple):
    """A record and the branch that its entry names; None where it names none."""

    branch: str | None
    make: Callable[[str, str], Record]


def has_entries(text: str) -> bool:
    """Say whether ``text`` is a file of this form: the first record in it is, whatever stands in texts of others."""
    starts = [match.start() for form in (_COMMIT, _STEP) if (match := form.search(text))]
    other = _OTHER_FORM.search(text)
    return bool(starts) and (other is None or min(starts) < other.start())


def milestones(text: str) -> list[Entry]:
    """Return the milestones of a file, in its order."""
    found = []
    last = BEGINNING
    seen: dict[str, int] = {}
    for match, body in _entries(text, _COMMIT):
        fields, rest = _fields(body, _COMMIT_FIELDS)
        last = at = _time(fields["Date"], last)
        title = f"[{match.group(1)}] {match.group(2)}".rstrip()
        words = "\n\n".join(part for part in (title, fields["This Commit's Contribution"], rest) if part)
        texts = (fields["Branch Purpose"], fields["Previous Progress"], words)

        def make(origin: str, folder: str, at: datetime = at, texts: tuple[str, str, str] = texts) -> Record:
            about = {"branch": origin, "folder": folder, "source": "\0".join(texts)}
            return milestone_record(wanted_id="", at=at, texts=texts, seen=seen, **about)

        found.append(Entry(fields["Branch"].strip() or None, make))
    return found


def steps(text: str) -> list[Entry]:
    """Return the steps of a file, in its order."""
    found = []
    last = BEGINNING
    seen: dict[str, int] = {}
    for match, body in _entries(text, _STEP):
        fields, rest = _fields(re.sub(r"\n+---\n*\Z", "\n", body), _STEP_FIELDS)
        last = at = _time(match.group(2), last)
        number = int(match.group(1))
        texts = (fields["Observation"], fields["Thought"], "\n".join(p for p in (fields["Action"], rest) if p))

        def make(
            origin: str, folder: str, at: datetime = at, n: int = number, texts: tuple[str, str, str] = texts
        ) -> Record:
            about = {"branch": origin, "folder": folder, "source": "\0".join((str(n), *texts))}
            return step_record(n=n, at=at, texts=texts, seen=seen, **about)

        found.append(Entry((match.group(3) or "").strip() or None, make))
    return found


def _entries(text: str, heading: re.Pattern[str]) -> list[tuple[re.Match[str], str]]:
    marks = list(heading.finditer(text))
    ends = [mark.start() for mark in marks[1:]] + [len(text)] * bool(marks)
    return [(mark, text[mark.end() : end]) for mark, end in zip(marks, ends, strict=True)]


def _fields(body: str, known: tuple[str, ...]) -> tuple[dict[str, str], str]:
    """Return the known fields, empty where they are not there, and the others as they stand.

    A field that is there twice is not chosen from: all of them then stand among the others.
    """
    marks = list(_FIELD.finditer(body))
    ends = [mark.start() for mark in marks[1:]] + [len(body)] * bool(marks)
    labels = [mark.group(1) for mark in marks]
    fields = dict.fromkeys(known, "")
    rest = [body[: marks[0].start()].strip()] if marks else [body.strip()]
    for mark, end in zip(marks, ends, strict=True):
        label = mark.group(1)
        if label in fields and labels.count(label) == 1:
            fields[label] = body[mark.end() : end].strip()
        else:
            rest.append(body[mark.start() : end].strip())
    return fields, "\n".join(part for part in rest if part)


def _time(text: str, last: datetime) -> datetime:
    try:
        return parsed_time(text.strip())
    except (ValueError, OverflowError):
        return last
