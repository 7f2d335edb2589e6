"""Records as the reference implementation writes them, out of a whole file: nothing guessed and nothing dropped.

Its writer escapes ``---`` between two lines of a text, so an empty line before ``---`` ends a record, or a text, and
then the next label or the record's own end follows. Its own reader, which splits at every ``---``, tears records that
this one reads whole.

Rule 1: a record is taken field by field when there is exactly one way to do so. Else all that follows its heading is
        one text: a step's observation, a milestone's contribution.
Rule 2: where writing the record again would not give the same characters, they are kept beside it; so is all that
        stands outside of records.
"""

import re
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import TypedDict

from onecontext.exchange.found import (
    BEGINNING,
    Parsed,
    is_clean,
    milestone_record,
    step_record,
)
from onecontext.exchange.gcc_records import parsed_time
from onecontext.exchange.gcc_text import desanitize, sanitize

_END = "\n\n---\n"
_STEP = re.compile(r"^### Step (\d{1,18})(?: \u2014 | ?- ?)([^\n]*)\n(?=\*\*Observation:\*\* )", re.MULTILINE)
_ANY_STEP = re.compile(r"^### Step (\d{0,18})(?: \u2014 | ?- ?)?([^\n]*)(?:\n|\Z)", re.MULTILINE)
_MILESTONE = re.compile(
    r"^## Commit `([^`\n]*)`\n\*\*Timestamp:\*\* ([^\n]*)\n\n(?=\*\*Branch Purpose:\*\* )", re.MULTILINE
)
_ANY_MILESTONE = re.compile(
    r"^## Commit(?: `([^`\n]*)`)?[^\n]*(?:\n+\*\*Timestamp:\*\* ?([^\n]*))?(?:\n+|\Z)", re.MULTILINE
)
_OTA = ("**Observation:** ", "\n\n**Thought:** ", "\n\n**Action:** ")
_BLOCKS = ("**Branch Purpose:** ", "\n\n**Previous Progress Summary:** ", "\n\n**This Commit's Contribution:** ")
_GOES_ON = re.compile(r"\n(?:---\n|\*\*(?:Thought|Action|Previous Progress Summary|This Commit's Contribution):\*\* )")
_Texts = tuple[str, str, str]


class _About(TypedDict):
    branch: str
    folder: str
    seen: dict[str, int]


class Blocks:
    """A reader of one file. ``origin`` is the branch the records name, ``folder`` the source branch they lie in."""

    def __init__(self, *, origin: str, folder: str, header: str) -> None:
        self.parsed = Parsed()
        self._origin, self._folder, self._header = origin, folder, header
        self._seen: dict[str, int] = {}
        self._last = BEGINNING

    def steps(self, text: str, place: int = 0) -> None:
        """Take steps out of ``text``, which stands at character ``place`` of the file."""
        self._file(text, place, self._step)

    def milestones(self, text: str, place: int = 0) -> None:
        """Take milestones out of ``text``."""
        self._file(text, place, self._milestone)

    def _file(self, text: str, place: int, take: Callable[[str, int], bool]) -> None:
        if place == 0 and text.startswith(self._header):
            text, place = text[len(self._header) :], len(self._header)
        for chunk, where, ended in _chunks(text):
            # A record without its end may still be being written: it is kept until it has one.
            if chunk.strip() and not (ended and take(chunk, place + where)):
                self._keep(place + where, chunk + (_END if ended else ""))

    def _step(self, chunk: str, place: int) -> bool:
        match = _STEP.search(chunk)
        texts = _three(chunk[match.end() :], _OTA) if match else None
        heading = match if texts else _ANY_STEP.search(chunk)
        if heading is None:
            return False
        source = chunk[heading.start() :]
        at, exact = self._time(heading.group(2))
        found = texts or (chunk[heading.end() :], "", "")
        if not any(text.strip() for text in found):
            return False
        number = int(heading.group(1) or 0)
        again = f"### Step {number} \u2014 {heading.group(2)}\n{_joined(_OTA, found)}"
        record = step_record(n=number, at=at, texts=_desanitized(found), source=source, **self._about())
        self.parsed.records.append(record)
        self._keep_unless(exact and again == source and _carried(found), place, heading.start(), chunk)
        return True

    def _milestone(self, chunk: str, place: int) -> bool:
        match = _MILESTONE.search(chunk)
        texts = _three(chunk[match.end() :], _BLOCKS) if match else None
        heading = match if texts else _ANY_MILESTONE.search(chunk)
        if heading is None or not heading.group(1):
            return False
        source = chunk[heading.start() :]
        at, exact = self._time(heading.group(2) or "")
        found = texts or ("", "", chunk[heading.end() :])
        name, texts = heading.group(1), _desanitized(found)
        record = milestone_record(wanted_id=name, at=at, texts=texts, source=source, **self._about())
        self.parsed.records.append(record)
        again = f"## Commit `{name}`\n**Timestamp:** {heading.group(2)}\n\n{_joined(_BLOCKS, found)}"
        same = exact and record.key[0] == name and again == source and _carried(found)
        self._keep_unless(same, place, heading.start(), chunk)
        return True

    def _about(self) -> _About:
        return {"branch": self._origin, "folder": self._folder, "seen": self._seen}

    def _time(self, text: str) -> tuple[datetime, bool]:
        """Return the time, and whether it says no more than its record will; without one, that of the record before."""
        try:
            at = parsed_time(text.strip())
        except (ValueError, OverflowError):
            return self._last, False
        self._last = at
        return at, at.isoformat() == text

    def _keep_unless(self, same: bool, place: int, start: int, chunk: str) -> None:
        """Keep what stands before a record, and the record too where it is not the ``same`` written again."""
        if not same:
            self._keep(place, chunk + _END)
        elif chunk[:start].strip():
            self._keep(place, chunk[:start])

    def _keep(self, place: int, text: str) -> None:
        self.parsed.rest.append((place, text))


def header_of(file: str, branch: str) -> str:
    """Return what the reference implementation puts at the top of a file."""
    return f"# {'Commit History' if file == 'commit.md' else 'OTA Log'} — branch `{branch}`\n\n"


def _chunks(text: str) -> Iterator[tuple[str, int, bool]]:
    """Yield the parts between ends of records, where each begins, and whether an end follows it."""
    if text.endswith(_END[:-1]):
        text += "\n"  # an editor took the last line feed away
    place = looked = 0
    while (end := text.find(_END, looked)) >= 0:
        behind = end + len(_END)
        if _GOES_ON.match(text, behind):
            looked = end + 1
            continue
        yield text[place:end], place, True
        place = looked = behind
    yield text[place:], place, False


def _three(body: str, labels: tuple[str, str, str]) -> _Texts | None:
    """Return the three texts, where there is one way to find them."""
    first, second, third = labels
    if not body.startswith(first) or body.count(second) != 1:
        return None
    one, _, rest = body.removeprefix(first).partition(second)
    if rest.count(third) != 1:
        return None
    two, _, three = rest.partition(third)
    return one, two, three


def _joined(labels: _Texts, texts: _Texts) -> str:
    return "".join(f"{label}{text}" for label, text in zip(labels, texts, strict=True))


def _desanitized(texts: _Texts) -> _Texts:
    one, two, three = map(desanitize, texts)
    return one, two, three


def _carried(texts: _Texts) -> bool:
    return all(is_clean(text) and sanitize(desanitize(text)) == text for text in texts)
