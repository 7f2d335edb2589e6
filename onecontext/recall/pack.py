"""Texts into a token budget: the important first, nothing silently gone, all of it behind one fence.

Rule 1: the tokens of the result are counted on the result itself and are never above the budget. Counts of parts do
        not add up to the count of the whole, so sums only steer; the last word is one count of the finished text.
Rule 2: what is left out is named, with how to get it, in ``left_out`` always and in the text's last line where it fits.
Rule 3: a cut is visible, stands between lines or words, and never inside a character as a person sees it.
Rule 4: a text is counted only as far as it can matter, so one of ten megabytes costs no more than the budget does.
Rule 5: where pieces have values, those go in first that have the most value for their tokens; they are told in the
        order given. Otherwise the first ones go in first.
Rule 6: of a window that can be scrolled the beginning is shown, without gaps, so the next page misses nothing.
"""

from collections import Counter as Counted
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from onecontext.recall.filling import Fill, Filler
from onecontext.recall.pieces import Piece, Source
from onecontext.recall.wrapping import Wrapping
from onecontext.text.fence import clean, one_line
from onecontext.text.tokens import Counter

LEFT_OUT = "left out"
_NOTICE_SHARE = 3  # the last line may take one part in so many of the budget
_NAMED_IN_NOTICE = 6  # more than this are counted, not named


class Window(NamedTuple):
    """Records that can be scrolled.

    ``before`` is the cursor that was asked for, None at the newest; ``following`` the one of the next page, None where
    nothing follows; ``command`` what scrolls, to which a cursor is added.
    """

    before: str | None
    following: str | None
    command: str


@dataclass(frozen=True)
class Shown:
    """What became of one piece, for programs: ``shown`` is "whole", "cut" or "left out"; ``tokens`` are its own."""

    kind: str
    id: str
    source: Source
    text: str
    tokens: int
    shown: str
    how_to_get: str


@dataclass(frozen=True)
class Packed:
    """What fitted: the text, its tokens, a sentence for each piece that is not in it whole, and what became of each.

    ``next`` is the cursor of the next page, None where there is none.
    """

    text: str
    tokens: int
    left_out: tuple[str, ...]
    pieces: tuple[Shown, ...] = ()
    next: str | None = None

    @property
    def has_any(self) -> bool:
        """Whether any piece is in it, and not just a word about them."""
        return any(piece.shown != LEFT_OUT for piece in self.pieces)


def pack(pieces: Sequence[Piece], *, budget: int | None, counter: Counter, window: Window | None = None) -> Packed:
    """Return as many of ``pieces`` as ``budget`` tokens hold, fenced; see rule 5 for which.

    Args:
        budget: tokens; None is no limit, 0 or less gives the empty text with everything left out.
        counter: what counts them.
        window: says how to scroll, where pieces have cursors.
    """
    wanted = [_cleaned(piece) for piece in pieces]
    wanted = [piece for piece in wanted if piece.text or piece.heading]
    packing = _Packing(wanted, counter, window)
    whole = packing.whole(budget)
    if whole is not None:
        return whole
    some = None
    for describe in (_named, _counted, _unsaid):
        packed = packing.within(max(budget or 0, 0), describe)
        # Something that is remembered is worth more than a word about what is not there.
        if packed is not None and packed.has_any:
            return packed
        some = some or packed
    return some or packing.nothing()


def _cleaned(piece: Piece) -> Piece:
    return piece._replace(text=clean(piece.text).strip("\n"), parts=tuple(map(_cleaned, piece.parts)))


class _Packing:
    """Packs the same pieces in several ways, counting each of them once."""

    def __init__(self, pieces: Sequence[Piece], counter: Counter, window: Window | None) -> None:
        self._pieces = pieces
        self._counter = counter
        self._window = window
        self._wrapping = Wrapping(pieces)
        self._filler = Filler(pieces, counter, self._wrapping)

    def whole(self, budget: int | None) -> Packed | None:
        """Return all there is; None where that is above the budget."""
        if not self._pieces:
            return Packed("", 0, ())
        if budget is not None and not self._filler.may_fit(budget):
            return None
        fill = Fill(list(enumerate(self._pieces)), [])
        text = self._text(fill, "")
        tokens = self._counter.count(text) if budget is None else self._counter.count_within(text, budget)
        return None if tokens is None else self._packed(text, tokens, fill)

    def within(self, budget: int, describe: Callable[[Sequence[str]], str]) -> Packed | None:
        """Fill the budget less what is said of the rest; None where that would take too much of it."""
        reserve = self._counter.count(self._wrapping.around(""))
        while reserve <= budget:
            fill = self._filler.fill(budget - reserve)
            notice = describe(_sentences(fill))
            notice_tokens = self._counter.count(self._wrapping.said(notice)) if notice else 0
            if notice_tokens > budget // _NOTICE_SHARE or not (fill.parts or notice):
                return None
            text = self._text(fill, notice)
            tokens = self._counter.count_within(text, budget)
            if tokens is not None:
                return self._packed(text, tokens, fill)
            # Leaving more out makes the line longer, so this may take a few rounds; each reserves more than the last.
            reserve += max(self._counter.count(text) - budget, 1)
        return None

    def nothing(self) -> Packed:
        """Return the empty text with everything left out."""
        missing = [(index, piece, False) for index, piece in enumerate(self._pieces)]
        return self._packed("", 0, Fill([], missing))

    def _text(self, fill: Fill, notice: str) -> str:
        lines = [self._wrapping.said(notice)] if notice else []
        if self._window and (following := self._next(fill)):
            import shlex  # only pages need it

            cursor = shlex.quote(one_line(following, limit=80))  # an id is what a frame says, which may be anything
            lines.append(self._wrapping.said(f"next: {self._window.command} {cursor}"))
        return self._wrapping.around("\n\n".join([self._wrapping.told([piece for _, piece in fill.parts]), *lines]))

    def _packed(self, text: str, tokens: int, fill: Fill) -> Packed:
        whole = dict(fill.parts)
        cut = {index for index, _, was_cut in fill.missing if was_cut}
        shown = []
        for index, piece in enumerate(self._pieces):
            there = whole.get(index)
            for part in piece.parts or (piece,):
                how = LEFT_OUT if there is None else "cut" if index in cut or part.notice else "whole"
                told = "" if there is None else part.text if piece.parts else there.text
                cost = self._counter.count(told)
                shown.append(Shown(part.kind, part.id, part.source, told, cost, how, part.how_to_get))
        # What came in as an excerpt says so where it stands, and need not be named again in the text.
        parts = [_sentence(piece, cut=True) for index, piece in fill.parts if piece.notice and index not in cut]
        return Packed(text, tokens, (*_sentences(fill), *parts), tuple(shown), self._next(fill))

    def _next(self, fill: Fill) -> str | None:
        if self._window is None:
            return None
        in_window = [piece for piece in self._pieces if piece.cursor]
        shown = [piece for _, piece in fill.parts if piece.cursor]
        if len(shown) == len(in_window):
            return self._window.following
        return shown[-1].cursor if shown else self._window.before


def _sentences(fill: Fill) -> list[str]:
    return [_sentence(piece, cut=cut) for _, piece, cut in fill.missing]


def _sentence(piece: Piece, *, cut: bool = False) -> str:
    return f"{'the rest of ' if cut else ''}{_one_line(piece.label)} ({_one_line(piece.how_to_get)})"


def _named(left_out: Sequence[str]) -> str:
    times = Counted(left_out)
    alike = [sentence if number == 1 else f"{number} × {sentence}" for sentence, number in times.items()]
    named = "; ".join(alike[:_NAMED_IN_NOTICE])
    more = sum([*times.values()][_NAMED_IN_NOTICE:])
    return f"left out: {named}{f'; and {more} more' if more > 0 else ''}" if left_out else ""


def _counted(left_out: Sequence[str]) -> str:
    return f"left out: {len(left_out)}" if left_out else ""


def _unsaid(left_out: Sequence[str]) -> str:
    return ""


def _one_line(text: str) -> str:
    return one_line(text, limit=200)
