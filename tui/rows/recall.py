"""What a search of the memory found, and what an agent would be given of it: as values, and as rows.

Rule 1: a hit stands where the memory's own ranking put it, and says which place that is.
Rule 2: of a context what was left out stands beside what is in it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import NamedTuple

from tui.rows.detail import Paragraph
from tui.rows.spans import Column, Spans, cell, layout, piece, spans_width, table_row
from tui.text import one_line, width
from tui.words import Look, age, clock, look, there

KINDS: Mapping[str, Look] = {
    "milestone": Look("●", "milestone", "good"),
    "step": Look("·", "step", "info"),
    "main": Look("≡", "main.md", "accent"),
    "metadata": Look("=", "metadata", "review"),
}
SHOWN: Mapping[str, Look] = {
    "whole": Look("✓", "whole", "good"),
    "cut": Look("◐", "cut", "warn"),
    "left out": Look("×", "left out", "bad"),
}
HITS = (
    Column("#", 3, right=True),
    Column("what", 0),
    Column("kind", 9, keep=1),
    Column("branch", 14, keep=4),
    Column("by", 12, keep=2),
    Column("age", 4, right=True),
)
PARTS = (Column("in it", 10), Column("part", 0), Column("tokens", 7, right=True))
BEFORE = 12  # characters of a snippet before the first word that was asked for


class FoundRecord(NamedTuple):
    """One answer of a search: ``place`` counts from 1, the best; ``score`` is comparable within one search only."""

    place: int
    kind: str
    id: str
    branch: str
    agent: str
    at: datetime
    text: str
    score: float
    how_to_get: str

    def told(self, zone: tzinfo | None) -> tuple[str, list[Paragraph]]:
        """Return all of it."""
        face = look(dict(KINDS), self.kind)
        at = there(self.at, zone)
        return f"{face.word} {self.id[:10]}", [
            Paragraph("place", f"{self.place}, with a score of {self.score:.3g}"),
            Paragraph("branch", self.branch),
            Paragraph("by", f"{self.agent or 'people and agents'}, {at:%Y-%m-%d} {clock(self.at, zone)}"),
            Paragraph("command", self.how_to_get, "accent"),
            Paragraph("", ""),
            Paragraph("", self.text),
        ]


class GivenPart(NamedTuple):
    """One part of a context: ``shown`` is a name of :data:`SHOWN`, ``tokens`` are those of what is in it."""

    number: int
    name: str
    shown: str
    tokens: int
    text: str
    how_to_get: str

    def told(self, zone: tzinfo | None) -> tuple[str, list[Paragraph]]:
        """Return all of it that is in the context, and how to get the rest."""
        face = look(dict(SHOWN), self.shown)
        return f"part {self.number}", [
            Paragraph("", self.name, "bold"),
            Paragraph("in it", f"{face.glyph} {face.word}, {self.tokens:,} tokens", face.tone),
            Paragraph("command", self.how_to_get, "accent"),
            Paragraph("", ""),
            Paragraph("", self.text or "nothing of it is in the context", "plain" if self.text else "dim"),
        ]


@dataclass(frozen=True, slots=True)
class Given:
    """What an agent of ``branch`` would be given. ``budget`` None is no limit; ``trouble``: why there is nothing."""

    branch: str = ""
    budget: int | None = None
    purpose: str = ""
    text: str = ""
    tokens: int = 0
    counter: str = ""
    parts: tuple[GivenPart, ...] = ()
    trouble: str = ""


def hit_heading(cells: int) -> Spans:
    """Return the titles of the hits."""
    return table_row(HITS, layout(HITS, cells), {column.title: (column.title, "dim") for column in HITS})


def hit_row(hit: FoundRecord, asked: str, cells: int, *, now: datetime) -> Spans:
    """Return one hit; the words that were asked for stand out in it."""
    widths = layout(HITS, cells)
    face = look(dict(KINDS), hit.kind)
    values = {
        "#": (str(hit.place), "dim"),
        "kind": (face.word, face.tone),
        "what": ("", "plain"),
        "branch": (hit.branch, "ref"),
        "by": (hit.agent or "–", "dim"),
        "age": (age(hit.at, now), "dim"),
    }
    spans: Spans = []
    for column in HITS:
        if column.title not in widths:
            continue
        spans += [(" ", "plain")] if spans else []
        if column.title == "what":
            spans += [(f"{face.glyph} ", face.tone), *snippet(hit.text, asked, widths["what"] - 2)]
        else:
            text, tone = values[column.title]
            spans.append(cell(text, widths[column.title], tone, right=column.right))
    return spans


def snippet(text: str, asked: str, cells: int) -> Spans:
    """Return exactly ``cells`` cells of ``text`` from a little before the first word asked for; such words are bold."""
    flat = " ".join(one_line(text).split()).removeprefix("Observation: ")
    words = [word for word in asked.casefold().split() if len(word) > 1]
    lower = flat.casefold()
    first = min((at for word in words if (at := lower.find(word)) >= 0), default=0)
    if first > BEFORE and width(flat) > cells:
        flat = "…" + flat[flat.rfind(" ", 0, first - BEFORE // 3) + 1 :]
    shown, tone = cell(flat, cells)
    return _marked(shown, words, tone)


def _marked(text: str, words: list[str], tone: str) -> Spans:
    lower = text.casefold()
    if len(lower) != len(text):  # a letter that is two in lower case: places would be wrong
        return [(text, tone)]
    spans: Spans = []
    at = 0
    while at < len(text):
        found = [(place, -len(word)) for word in words if (place := lower.find(word, at)) >= 0]
        if not found:
            break
        place, length = min(found)
        spans += [(text[at:place], tone), (text[place : place - length], "bold")]
        at = place - length
    return [*spans, (text[at:], tone)]


def part_heading(cells: int) -> Spans:
    """Return the titles of the parts."""
    return table_row(PARTS, layout(PARTS, cells), {column.title: (column.title, "dim") for column in PARTS})


def part_row(part: GivenPart, cells: int) -> Spans:
    """Return one part of a context."""
    face = look(dict(SHOWN), part.shown)
    tone = "dim" if part.shown == "left out" else "plain"
    return table_row(
        PARTS,
        layout(PARTS, cells),
        {
            "in it": (f"{face.glyph} {face.word}", face.tone),
            "part": (part.name, tone),
            "tokens": (f"{part.tokens:,}" if part.tokens else "–", tone),
        },
    )


def given_rows(given: Given, cells: int) -> list[Spans]:
    """Return two lines about a context: whose and for what, and how much of the budget it takes."""
    purpose: Spans = (
        [("  for ", "dim"), piece(given.purpose)] if given.purpose else [("  for no task in particular", "dim")]
    )
    first: Spans = [("branch ", "dim"), piece(given.branch or "–", "ref"), *purpose]
    if given.trouble:
        return [first, [piece(given.trouble, "warn")]]
    if not given.counter:
        return [first, [("counting …", "dim")]]
    counts = {name: sum(part.shown == name for part in given.parts) for name in SHOWN}
    bar: Spans = []
    if given.budget:
        size = 24 if cells >= 100 else 12
        filled = min(size, round(size * given.tokens / given.budget))
        bar = [("━" * filled, "good"), ("━" * (size - filled), "faint"), ("  ", "plain")]
    limit = f" of {given.budget:,}" if given.budget is not None else ""
    second: Spans = [*bar, piece(f"{given.tokens:,}{limit} tokens", "bold"), ("  ", "plain")]
    for name, count in counts.items():
        face = SHOWN[name]
        second.append((f"{face.glyph} {count} {face.word}  ", face.tone if count else "dim"))
    counted = [*second, piece(f"by {given.counter}", "dim")]
    return [first, counted if spans_width(counted) <= cells else second]
