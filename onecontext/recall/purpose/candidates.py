"""What may matter for a purpose, each with its value: facts, the newest records, what a search finds, the roadmap.

Rule 1: a value is made of what something is and of how well it answers, and of nothing that changes by itself: words
        such as "yesterday" are counted from the newest record, so the same memory gives the same values.
Rule 2: of a time, only what had been committed by then is there, and found.

The values were set by hand and not tuned on any set; ``bench/recall_for.py`` and ``bench/recall_prompts.py`` measure
what they come to.
"""

import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import datetime

from onecontext.errors import UsageError
from onecontext.memory.facts import DECISIONS, QUESTIONS, without
from onecontext.recall.known import Known
from onecontext.recall.pieces import Piece, branch_piece, milestone_piece, roadmap_piece, step_piece
from onecontext.recall.purpose.alike import overlap, words
from onecontext.recall.search.found import hit_piece
from onecontext.recall.search.model import Hit
from onecontext.recall.search.searching import search
from onecontext.store.layout import Layout

HITS = 30
NEWEST = 5
PENDING = 5
_STATUS = 40.0
_PIN = (5.0, 10.0)
"""What a pin is worth as it is, and how much more where it has all that is asked for."""
_DECISION = (1.0, 12.0)
_QUESTION = (1.0, 8.0)
_MILESTONE = (3.0, 8.0)
_STEP = (5.0, 6.0)
_ROADMAP = (0.5, 6.0)
_HIT = 12.0
_FIRST = 10
_WHOLE = 0.5
"""Of the value of a hit, what all of a longer purpose finds has this much: of a brief, the rest is how and where."""
_LATER = 0.75
"""Of the value of a hit, or of a newest record, the next one has this much."""
_DULL = ("pinned", "superseded", "created", "merged", "status", "parent", "purpose")
_OF_FACTS = ("main.md#Decisions", "main.md#Open questions", "main.md### Decisions", "main.md### Open questions")


def candidates(layout: Layout, known: Known, purpose: str, at: datetime | None) -> list[Piece]:
    """Return what is known and may matter, in the order in which it is told; some of it perhaps twice."""
    asked = words(purpose)
    newest, latest = _newest(known, asked)
    hits = _hits(layout, known, purpose, at, at or latest)
    return [*_facts(known, asked), *newest, *hits, *_roadmap(known, asked)]


def status(known: Known) -> Piece:
    """Return how the branch stands."""
    data, newest = known.history.metadata, known.history.milestones(limit=1)
    state, purpose = (str(data.get(key) or "") for key in ("status", "purpose"))
    pending = len(known.history.waiting())
    told = branch_piece(known.history.branch, purpose, state, newest[0] if newest else None, pending)
    return told._replace(value=_STATUS)


def _facts(known: Known, asked: Sequence[str]) -> list[Piece]:
    worth = ((known.pins(), _PIN), (known.decisions(), _DECISION), (known.questions(), _QUESTION))
    return [_valued(piece, base, more, asked) for pieces, (base, more) in worth for piece in pieces]


def _valued(piece: Piece, base: float, more: float, asked: Sequence[str]) -> Piece:
    return piece._replace(value=base + more * overlap(asked, piece.text))


def _newest(known: Known, asked: Sequence[str]) -> tuple[list[Piece], datetime | None]:
    """Return the newest milestones and pending steps, and the time of the newest of all; None where there is none."""
    milestones, steps = known.history.milestones(limit=NEWEST), known.history.pending()[:PENDING]
    told = [([milestone_piece(one) for one in milestones], _MILESTONE), ([step_piece(one) for one in steps], _STEP)]
    found = [
        _valued(piece, base * _LATER**place, more, asked)
        for pieces, (base, more) in told
        for place, piece in enumerate(pieces)
        if piece.id not in known.superseded
    ]
    times = [*(milestone.at for milestone in milestones), *(step.at for step in steps)]
    return found, max(times, default=None)


def _hits(layout: Layout, known: Known, purpose: str, at: datetime | None, now: datetime | None) -> list[Piece]:
    """Return what is found by the beginning of a purpose, and for less by all of it where it is longer."""
    beginning = _beginning(purpose)
    asked = {beginning: _HIT} if beginning == purpose else {beginning: _HIT, purpose: _HIT * _WHOLE}
    found: list[Piece] = []
    for query, worth in asked.items():
        # Words that a search passes over, all of them, find nothing.
        with suppress(UsageError):
            hits = [hit for hit in search(layout, query, k=HITS, now=now, at=at, fold=True) if _is_telling(hit)]
            held = [hit for hit in hits if hit.id not in known.superseded]
            found += [hit_piece(hit)._replace(value=worth * _LATER**place) for place, hit in enumerate(held)]
    return found


def _beginning(purpose: str) -> str:
    """Return a purpose as far as its first :data:`_FIRST` telling words: there it says what it is about."""
    telling = 0
    for found in re.finditer(r"\S+", purpose):
        telling += bool(words(found.group()))
        if telling == _FIRST:
            return purpose[: found.end()]
    return purpose


def _is_telling(hit: Hit) -> bool:
    """Say whether a hit is more than what is told as a fact by itself."""
    if hit.kind == "metadata":
        return hit.id.removeprefix("metadata#") not in _DULL
    return hit.id not in _OF_FACTS


def _roadmap(known: Known, asked: Sequence[str]) -> Iterator[Piece]:
    """Yield the roadmap less the facts in it, which are told one by one, and less headings with nothing below."""
    from onecontext.memory import sections

    text = without(known.history.roadmap(), known.superseded)
    kept = [part for heading, part in sections.split(text).items() if heading not in (DECISIONS, QUESTIONS)]
    kept = [part for part in kept if part.strip() and part.count("\n", 0, len(part.strip())) > 0]
    if kept:
        yield _valued(roadmap_piece("".join(kept), known.history.branch), *_ROADMAP, asked)
