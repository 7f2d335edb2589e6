"""``--for``: of all that is known, what matters for what is about to be done.

Rule 1: each part has a value, made of its kind and of how well it answers; what has most value for its tokens goes in
        first, and is told in the order of its kind.
Rule 2: what is said already is not told twice; what holds no more is not told.
Rule 3: facts about the same subject are told together, with where they come from and when, and none is chosen.

The values were set by hand and not tuned on any set; ``bench/recall_for.py`` measures what they come to.
"""

from collections.abc import Iterable, Sequence

from onecontext.errors import UsageError
from onecontext.recall.history import History
from onecontext.recall.known import Known, undated
from onecontext.recall.pieces import (
    Piece,
    branch_piece,
    milestone_piece,
    note_piece,
    step_piece,
)
from onecontext.recall.purpose.alike import Told, about_the_same, overlap, words
from onecontext.recall.purpose.excerpt import LEAST_CHARACTERS, excerpt
from onecontext.recall.search.found import hit_piece
from onecontext.recall.search.model import Hit
from onecontext.recall.search.searching import search
from onecontext.store.layout import Layout
from onecontext.text.fence import clean
from onecontext.text.tokens import Counter

HITS = 30
NEWEST = 3
PENDING = 3
_STATUS = 40.0
_PIN = (5.0, 10.0)
"""What a pin is worth as it is, and how much more where it has all that is asked for."""
_DECISION = (1.0, 12.0)
_QUESTION = (1.0, 8.0)
_MILESTONE = (3.0, 8.0)
_STEP = (1.0, 6.0)
_HIT = 12.0
_EXCERPTS = 5  # characters of an excerpt are the budget's tokens by this: one takes a twentieth of the budget
_NO_LIMIT = 50_000
_LATER = 0.75
"""Of the value of a hit, or of a newest record, the next one has this much."""
_DULL = ("pinned", "superseded", "created", "merged", "status", "parent")
_OF_FACTS = ("main.md#Decisions", "main.md#Open questions", "main.md### Decisions", "main.md### Open questions")


def pieces_for(layout: Layout, history: History, purpose: str, *, counter: Counter, budget: int | None) -> list[Piece]:
    """Return what is known and may matter for ``purpose``, each with its value, in the order it is told.

    Args:
        budget: tokens that there will be, for the length of excerpts; None is no limit.

    Raises:
        UsageError: ``purpose`` has no word.
    """
    asked = words(purpose)
    if not asked and not purpose.strip():
        raise UsageError("--for needs words", hint='--for "what I am about to do"')
    known = Known(history)
    length = max(LEAST_CHARACTERS, (_NO_LIMIT if budget is None else budget) // _EXCERPTS)
    candidates = [*_facts(known, asked), *_newest(known, asked), *_hits(layout, known, purpose)]
    candidates = [_excerpted(piece, asked, length) for piece in _once_each(candidates)]
    chosen = _told_once(candidates, counter)
    return [_status(known), *_side_by_side(layout, known, chosen)]


def _status(known: Known) -> Piece:
    data, newest = known.history.metadata, known.history.milestones(limit=1)
    status, purpose = (str(data.get(key) or "") for key in ("status", "purpose"))
    pending = len(known.history.waiting())
    told = branch_piece(known.history.branch, purpose, status, newest[0] if newest else None, pending)
    return told._replace(value=_STATUS)


def _facts(known: Known, asked: Sequence[str]) -> list[Piece]:
    worth = ((known.pins(), _PIN), (known.decisions(), _DECISION), (known.questions(), _QUESTION))
    return [_valued(piece, base, more, asked) for pieces, (base, more) in worth for piece in pieces]


def _valued(piece: Piece, base: float, more: float, asked: Sequence[str]) -> Piece:
    return piece._replace(value=base + more * overlap(asked, piece.text))


def _newest(known: Known, asked: Sequence[str]) -> list[Piece]:
    milestones = [milestone_piece(milestone) for milestone in known.history.milestones(limit=NEWEST)]
    steps = [step_piece(step) for step in known.history.pending()[:PENDING]]
    found = []
    for pieces, (base, more) in ((milestones, _MILESTONE), (steps, _STEP)):
        for place, piece in enumerate(pieces):
            if piece.id not in known.superseded:
                found.append(_valued(piece, base * _LATER**place, more, asked))
    return found


def _hits(layout: Layout, known: Known, purpose: str) -> list[Piece]:
    try:
        hits = search(layout, purpose, k=HITS)
    except UsageError:
        return []  # words that a search passes over, all of them
    told = [hit for hit in hits if _is_telling(hit) and hit.id not in known.superseded]
    return [hit_piece(hit)._replace(value=_HIT * _LATER**place) for place, hit in enumerate(told)]


def _is_telling(hit: Hit) -> bool:
    """Say whether a hit is more than what is told as a fact by itself."""
    if hit.kind == "metadata":
        return hit.id.removeprefix("metadata#") not in _DULL
    return hit.id not in _OF_FACTS


def _excerpted(piece: Piece, asked: Sequence[str], length: int) -> Piece:
    """Return a piece cleaned; a record that is longer as the part of it that answers best."""
    text = clean(piece.text).strip("\n")
    part = text if piece.item else excerpt(text, asked, length)
    if part == text:
        return piece._replace(text=text)
    return piece._replace(text=part, notice=f"an excerpt; all of it: {piece.how_to_get}")


def _once_each(pieces: Iterable[Piece]) -> list[Piece]:
    """Return each record or fact once, with the most that it is worth."""
    best: dict[tuple[str, str, str], Piece] = {}
    for piece in pieces:
        key = (piece.kind, piece.id, "" if piece.id else piece.text)
        if key not in best or piece.value > best[key].value:
            best[key] = piece if key not in best else best[key]._replace(value=piece.value)
    return list(best.values())


def _told_once(pieces: Sequence[Piece], counter: Counter) -> list[Piece]:
    """Return the pieces less what others say as well; of two that say the same that with more value a token stays."""
    dense = sorted(range(len(pieces)), key=lambda place: -pieces[place].value / (8 + counter.count(pieces[place].text)))
    told, kept = Told(), dict[int, Piece]()
    for place in dense:
        piece = pieces[place]
        rest = told.rest_of(undated(piece.text))
        if not words(rest) and words(piece.text):
            continue
        if rest != undated(piece.text) and not piece.item:
            piece = piece._replace(text=rest, notice=f"less what is told elsewhere; all of it: {piece.how_to_get}")
        told.add(undated(piece.text))
        kept[place] = piece
    return [kept[place] for place in sorted(kept)]


def _side_by_side(layout: Layout, known: Known, pieces: Sequence[Piece]) -> list[Piece]:
    """Return the pieces with those about the same as one, which goes in as a whole or not at all."""
    comparable = [place for place, piece in enumerate(pieces) if piece.kind in ("pin", "decision", "milestone")]
    groups = about_the_same([undated(pieces[place].text) for place in comparable])
    groups = [[comparable[place] for place in group] for group in groups]
    grouped = {place: group for group in groups for place in group}
    found: list[Piece] = []
    for place, piece in enumerate(pieces):
        group = grouped.get(place)
        if group is None:
            found.append(piece)
        elif place == group[0]:
            found.append(_together(layout, known, [pieces[other] for other in group]))
    return found


def _together(layout: Layout, known: Known, pieces: Sequence[Piece]) -> Piece:
    from onecontext.recall.purpose.pinning import pinned_since

    facts = [piece.text for piece in pieces if piece.kind == "pin"]
    since = pinned_since(layout, known.history.branch, facts) if facts else {}
    parts = tuple(piece._replace(heading=_origin(piece, since), item=False) for piece in pieces)
    commands = "; ".join(dict.fromkeys(piece.how_to_get for piece in pieces))
    return note_piece("About the same; none is said to supersede another", commands)._replace(
        label=f"{len(parts)} facts about the same",
        kind="group",
        parts=parts,
        value=sum(piece.value for piece in pieces),
    )


def _origin(piece: Piece, since: dict[str, tuple[str, str]]) -> str:
    if piece.kind == "pin":
        at, agent = since.get(piece.id, ("", ""))
        return f"Pinned on {piece.source.branch}" + (f" ({agent}, {at})" if at else "")
    if piece.kind == "decision":
        return "Decision (main.md)"
    return piece.heading
