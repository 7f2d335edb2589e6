"""main.md, merged section by section.

Rule 1: a section is a heading of level one or two with what stands below it, up to the next one; bytes are kept.
Rule 2: what only one side changed is taken; lines that both sides only added at the end are all kept; anything else is
        a conflict: ours stays in the text, theirs is told as data, and no conflict marker is ever written.
Rule 3: taking a text apart takes time linear in it, however many headings and fences it has.
"""

import re
from typing import NamedTuple

_MARK = re.compile(r"^(?:#{1,2}[ \t][^\n]*$| {0,3}(?P<fence>`{3,}|~{3,}))", re.MULTILINE)


class SectionConflict(NamedTuple):
    """A section that both sides changed: its heading, and the three texts (None where a side has no such section)."""

    heading: str
    base: str | None
    ours: str | None
    theirs: str | None


def split(text: str) -> dict[str, str]:
    """Return heading to section text (heading included), in order; what stands before the first is under ``""``.

    A heading that occurs again has a number after it in its key, so the sections joined are the text.
    """
    marks = [(0, "")] + [(match.start(), match.group().strip()) for match in _headings(text)]
    ends = [start for start, _ in marks[1:]] + [len(text)]
    sections: dict[str, str] = {}
    seen: dict[str, int] = {}
    for (start, heading), end in zip(marks, ends, strict=True):
        seen[heading] = seen.get(heading, 0) + 1
        key = heading if seen[heading] == 1 else f"{heading} ({seen[heading]})"
        if key or end > start:
            sections[key] = text[start:end]
    return sections


def merge(base: str, ours: str, theirs: str) -> tuple[str, list[SectionConflict]]:
    """Return the merged text, and the sections where ours was kept though theirs had changed too."""
    if ours == theirs or theirs == base:
        return ours, []
    if ours == base:
        return theirs, []
    old, left, right = split(base), split(ours), split(theirs)
    conflicts: list[SectionConflict] = []
    merged: list[str] = []
    for heading in [*left, *(heading for heading in right if heading not in left)]:
        text, conflict = _section(old.get(heading), left.get(heading), right.get(heading))
        if conflict:
            conflicts.append(SectionConflict(heading, old.get(heading), left.get(heading), right.get(heading)))
        if text:
            _join(merged, text)
    return "".join(merged), conflicts


def put(text: str, heading: str, section: str | None) -> str:
    """Return ``text`` with the whole section of that key replaced, added at the end, or, for None, taken out."""
    found = split(text)
    if section is None:
        found.pop(heading, None)
        return "".join(found.values())
    parts: list[str] = []
    for part in {**found, heading: section}.values():
        if part:
            _join(parts, part)
    return "".join(parts)


def add_bullet(text: str, heading: str, line: str) -> str:
    """Return ``text`` with ``- line`` at the end of the section ``heading``, which is added when missing."""
    sections = split(text)
    old = sections.get(heading)
    if old is None:
        gap = "" if not text or text.endswith("\n\n") else "\n" if text.endswith("\n") else "\n\n"
        return f"{text}{gap}{heading}\n\n- {line}\n"
    body = old.rstrip("\n")
    gap = "\n" if "\n" in body else "\n\n"
    after = old[len(body) :] if len(old) - len(body) > 1 else "\n"
    sections[heading] = f"{body}{gap}- {line}{after}"
    return "".join(sections.values())


def _section(base: str | None, ours: str | None, theirs: str | None) -> tuple[str | None, bool]:
    if ours == theirs or theirs == base:
        return ours, False
    if ours == base:
        return theirs, False
    if ours is not None and theirs is not None:
        both = _both_added(base or "", ours, theirs)
        if both is not None:
            return both, False
    return (ours if ours is not None else base), True


def _both_added(base: str, ours: str, theirs: str) -> str | None:
    old, left, right = (text.rstrip("\n").splitlines(keepends=True) for text in (base, ours, theirs))
    old, left, right = ([line.rstrip("\n") for line in lines] for lines in (old, left, right))
    if not old or left[: len(old)] != old or right[: len(old)] != old:
        return None
    added = [line for line in right[len(old) :] if line not in left]
    ending = ours[len(ours.rstrip("\n")) :]
    return "\n".join([*left, *added]) + ending


def _join(parts: list[str], text: str) -> None:
    if parts and not parts[-1].endswith("\n"):
        parts.append("\n\n")
    parts.append(text)


def _headings(text: str) -> list[re.Match[str]]:
    """Return the headings of level one and two, but those that stand in code."""
    found: list[re.Match[str]] = []
    opened = ""
    for match in _MARK.finditer(text):
        mark = match["fence"]
        if not mark:
            found += [] if opened else [match]
        elif not opened:
            opened = mark
        elif mark[0] == opened[0] and len(mark) >= len(opened):
            opened = ""
    return found
