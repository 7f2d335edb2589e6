"""Facts that can be named: pins, and what main.md lists as decisions and open questions.

Rule 1: a fact's id is made of its words alone, so the same fact has the same id on every branch.
Rule 2: a decision is a bullet under ``## Decisions``, an open question one under ``## Open questions``; nothing is
        guessed out of free text.
Rule 3: a fact or record is superseded only by an explicit word, a line under ``superseded`` in the metadata: the id of
        the old one, of what took its place, when, and by whom. Merges unite what both sides say.
Rule 4: facts that supersede each other in a circle (two branches said the opposite, and were merged) all hold: none
        of them is gone in silence, and the next word about one of them decides.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from onecontext.errors import InvalidDocument
from onecontext.memory.author import Author
from onecontext.records import iso

DECISIONS = "## Decisions"
QUESTIONS = "## Open questions"
SUPERSEDED = "superseded"
PINNED = "pinned"
# Without a colon and begun by a letter, so that metadata stay plain YAML (onecontext/memory/plain_yaml.py).
_ENTRY = r"fact ([0-9a-f]{4,64}) by ([0-9a-f]{4,64}) at (\d{8}T\d{6}Z) \(([a-z0-9._-]+)\)"
_BULLET = r"[-*+][ \t]+(?:(\d{4}-\d{2}-\d{2})[ \t:]+)?(.*)"


class Bullet(NamedTuple):
    """One item of a section of main.md. ``date`` is as it is written there (YYYY-MM-DD); "" is none."""

    id: str
    text: str
    date: str


class Superseded(NamedTuple):
    """What took the place of something: the id of a record or pin ``by``, said at a time by ``agent``."""

    by: str
    at: datetime
    agent: str


def fact_id(text: str) -> str:
    """Return the id of a fact: 8 hex digits of the sha256 of its words."""
    import hashlib  # 2 ms, which a memory without facts need not spend

    return hashlib.sha256(" ".join(text.split()).encode("utf-8", "surrogatepass")).hexdigest()[:8]


def bullets(roadmap: str, heading: str) -> list[Bullet]:
    """Return the items of one section, in order; a line that begins a bullet at the left edge begins an item."""
    from onecontext.memory import sections

    section = sections.split(roadmap).get(heading, "")
    items: list[list[str]] = []
    in_code = False
    for line in section.split("\n")[1:]:
        in_code ^= line.lstrip().startswith(("```", "~~~"))
        if re.fullmatch(_BULLET, line, re.DOTALL) and not in_code:
            items.append([line])
        elif items and line[:1] in (" ", "\t"):
            items[-1].append(line.strip())
        elif line.strip() and items:
            items[-1].append(line)
    return [bullet for item in items if (bullet := _bullet("\n".join(item))).text]


def without(roadmap: str, ids: Mapping[str, object]) -> str:
    """Return ``roadmap`` less the decisions and questions of these ids."""
    from onecontext.memory import sections

    for heading in (DECISIONS, QUESTIONS):
        if not any(bullet.id in ids for bullet in bullets(roadmap, heading)):
            continue
        head, *rest = sections.split(roadmap)[heading].split("\n")
        lines = [head, ""]
        for bullet in bullets(roadmap, heading):
            date = f"{bullet.date} " if bullet.date else ""
            lines += [] if bullet.id in ids else [f"- {date}{bullet.text}".replace("\n", "\n  ")]
        roadmap = sections.put(roadmap, heading, "\n".join([*lines, ""]) + ("\n" if rest[-2:] == ["", ""] else ""))
    return roadmap


def with_bullets(roadmap: str, heading: str, texts: Sequence[str], author: Author) -> str:
    """Return ``roadmap`` with these at the end of a section, each once, on one line and with today's date."""
    from onecontext.memory import sections

    for text in texts:
        flat = " ".join(text.split())
        if all(bullet.id != fact_id(flat) for bullet in bullets(roadmap, heading)):
            roadmap = sections.add_bullet(roadmap, heading, f"{iso(author.at())[:10]} {flat}")
    return roadmap


def pinned(data: Mapping[str, object], branch: str) -> list[str]:
    """Return the pinned facts in a branch's metadata, less those that were superseded.

    Raises:
        InvalidDocument: ``pinned`` is there and is no list.
    """
    facts = data.get(PINNED)
    if facts is not None and not isinstance(facts, list):
        raise InvalidDocument(f"'pinned' in the metadata of {branch!r} is no list", hint="make it one, by hand")
    gone = superseded(data)
    return [text for text in map(str, facts or []) if not gone or fact_id(text) not in gone]


def superseded(data: Mapping[str, object]) -> dict[str, Superseded]:
    """Return what a branch's metadata says is superseded, by id; entries of another form say nothing."""
    said = _said(data)
    circled = _circled(said)
    return {old: gone for old, gone in said.items() if old not in circled} if circled else said


def in_circles(data: Mapping[str, object]) -> set[str]:
    """Return the ids of what a branch's metadata says supersede each other."""
    return _circled(_said(data))


def _said(data: Mapping[str, object]) -> dict[str, Superseded]:
    found = [match for line in _lines(data) if (match := re.fullmatch(_ENTRY, line, re.ASCII))]
    return {match[1]: Superseded(match[2], at, match[4]) for match in found if (at := _time(match[3]))}


def _circled(said: Mapping[str, Superseded]) -> set[str]:
    circled, seen = set[str](), set[str]()
    for start in said:
        way: list[str] = []
        at = start
        while at in said and at not in seen:
            seen.add(at)
            way.append(at)
            at = said[at].by
        if at in way:
            circled.update(way[way.index(at) :])
    return circled


def with_superseded(data: Mapping[str, object], ids: Sequence[str], by: str, author: Author) -> dict[str, object]:
    """Return the metadata with ``ids`` superseded by the record or pin ``by``."""
    if not ids:
        return dict(data)
    at = author.at().astimezone(UTC)
    new = [f"fact {old} by {by} at {at:%Y%m%dT%H%M%SZ} ({author.agent})" for old in dict.fromkeys(ids)]
    return {**data, SUPERSEDED: [*_lines(still_superseded(data, ids)), *new]}


def still_superseded(data: Mapping[str, object], less: Collection[str]) -> dict[str, object]:
    """Return the metadata without what it says of the ids ``less``."""
    kept = [line for line in _lines(data) if _old(line) not in less]
    return {**data, SUPERSEDED: kept} if kept != _lines(data) else dict(data)


def united(ours: Mapping[str, object], theirs: Mapping[str, object]) -> list[str]:
    """Return what both say is superseded; where both say it of the same, ours stands."""
    there = superseded(ours)
    return [*_lines(ours), *(line for line in _lines(theirs) if _old(line) not in there)]


def _old(line: str) -> str:
    found = re.fullmatch(_ENTRY, line, re.ASCII)
    return found[1] if found else ""


def _time(text: str) -> datetime | None:
    try:
        return datetime.strptime(text, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except ValueError:
        return None


def _lines(data: Mapping[str, object]) -> list[str]:
    said = data.get(SUPERSEDED)
    return [str(line) for line in said] if isinstance(said, list) else []


def _bullet(text: str) -> Bullet:
    found = re.fullmatch(_BULLET, text, re.DOTALL)
    assert found is not None
    words = found[2].strip()
    return Bullet(fact_id(words), words, found[1] or "")
