"""``--for``: of all that is known, what matters for what is about to be done.

Rule 1: each part has a value (:mod:`.candidates`); what has most value for its tokens goes in first, and is told in the
        order of its kind.
Rule 2: what is said already is not told twice; what holds no more is not told. A record that lost a sentence is worth
        as much of what it was as it still answers, and with hardly a word left it is not told.
Rule 3: facts about the same subject are told together, with where they come from and when, and none is chosen.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

from onecontext.errors import UsageError
from onecontext.recall.history import History
from onecontext.recall.known import Known, undated
from onecontext.recall.pieces import Piece, note_piece
from onecontext.recall.purpose.alike import Told, about_the_same, overlap, words
from onecontext.recall.purpose.candidates import candidates, status
from onecontext.recall.purpose.excerpt import LEAST_CHARACTERS, excerpt
from onecontext.recall.search.terms import MAX_QUERY
from onecontext.store.layout import Layout
from onecontext.text.fence import clean
from onecontext.text.tokens import Counter

_EXCERPTS = 5  # characters of an excerpt are the budget's tokens by this: one takes a twentieth of the budget
_NO_LIMIT = 50_000
_TRIVIAL = 4
"""Words, those before a colon among them: fewer that are left of a record, none of them asked for, tell nothing."""


def pieces_for(
    layout: Layout,
    history: History,
    purpose: str,
    *,
    counter: Counter,
    budget: int | None,
    at: datetime | None = None,
) -> list[Piece]:
    """Return what is known and may matter for ``purpose``, each with its value, in the order it is told.

    Args:
        purpose: of which the first :data:`MAX_QUERY` characters count.
        budget: tokens that there will be, for the length of excerpts; None is no limit.
        at: as it had been committed then; ``history`` is of that time. None is now.

    Raises:
        UsageError: ``purpose`` has no word.
    """
    purpose = purpose[:MAX_QUERY]
    asked = words(purpose)
    if not asked and not purpose.strip():
        raise UsageError("--for needs words", hint='--for "what I am about to do"')
    known = Known(history)
    length = max(LEAST_CHARACTERS, (_NO_LIMIT if budget is None else budget) // _EXCERPTS)
    found = [_excerpted(piece, asked, length) for piece in _once_each(candidates(layout, known, purpose, at))]
    chosen = _told_once(found, asked, counter)
    return [status(known), *_side_by_side(layout, known, chosen, at)]


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


def _told_once(pieces: Sequence[Piece], asked: Sequence[str], counter: Counter) -> list[Piece]:
    """Return the pieces less what others say as well; of two that say the same that with more value a token stays."""
    dense = sorted(range(len(pieces)), key=lambda place: -pieces[place].value / (8 + counter.count(pieces[place].text)))
    told, kept = Told(), dict[int, Piece]()
    for place in dense:
        piece = pieces[place]
        rest = told.rest_of(undated(piece.text))
        if rest != undated(piece.text):
            if not _tells(rest, asked) and words(piece.text):
                continue
            if not piece.item:
                piece = _lessened(piece, rest, asked)
        told.add(undated(piece.text))
        kept[place] = piece
    return [kept[place] for place in sorted(kept)]


def _tells(rest: str, asked: Sequence[str]) -> bool:
    """Say whether what is left of a record tells anything by itself."""
    return len(words(rest)) >= _TRIVIAL or (bool(words(rest)) and overlap(asked, rest) > 0)


def _lessened(piece: Piece, rest: str, asked: Sequence[str]) -> Piece:
    """Return a piece that has only ``rest`` to tell, worth as much of its value as that still answers."""
    answered = overlap(asked, piece.text)
    share = overlap(asked, rest) / answered if answered else len(words(rest)) / len(words(piece.text))
    notice = f"less what is told elsewhere; all of it: {piece.how_to_get}"
    return piece._replace(text=rest, notice=notice, value=piece.value * share)


def _side_by_side(layout: Layout, known: Known, pieces: Sequence[Piece], at: datetime | None) -> list[Piece]:
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
            found.append(_together(layout, known, [pieces[other] for other in group], at))
    return found


def _together(layout: Layout, known: Known, pieces: Sequence[Piece], at: datetime | None) -> Piece:
    from onecontext.recall.purpose.pinning import pinned_since

    facts = [piece.text for piece in pieces if piece.kind == "pin"]
    since = pinned_since(layout, known.history.branch, facts, at=at) if facts else {}
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
