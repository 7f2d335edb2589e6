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

import shlex
from collections import Counter as Counted
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from onecontext.recall.pieces import Piece, Source
from onecontext.recall.wrapping import Wrapping
from onecontext.text.fence import clean, one_line
from onecontext.text.graphemes import boundary_before
from onecontext.text.tokens import Counter

LEFT_OUT = "left out"
_USEFUL_TOKENS = 12  # a beginning shorter than this is not worth its mark
_NOTICE_SHARE = 3  # the last line may take one part in so many of the budget
_NAMED_IN_NOTICE = 6  # more than this are counted, not named
_SHOWN_CHARACTERS = 16  # of a text for each token that there is room for; only runs of blanks have more in one


@dataclass(frozen=True)
class Window:
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
    return replace(piece, text=clean(piece.text).strip("\n"), parts=tuple(map(_cleaned, piece.parts)))


@dataclass(frozen=True)
class _Fill:
    """Pieces as they go in, those that do not whole, and the cursor that the next page begins after."""

    parts: list[tuple[int, Piece]]
    missing: list[tuple[int, Piece, bool]]
    next: str | None

    @property
    def sentences(self) -> list[str]:
        return [_sentence(piece, cut=cut) for _, piece, cut in self.missing]


class _Packing:
    """Packs the same pieces in several ways, counting each of them once."""

    def __init__(self, pieces: Sequence[Piece], counter: Counter, window: Window | None) -> None:
        self._pieces = pieces
        self._counter = counter
        self._window = window
        self._wrapping = Wrapping(pieces)
        self._costs: dict[int, int] = {}
        self._at_least: dict[int, int] = {}
        self._headings: dict[str, int] = {}

    def whole(self, budget: int | None) -> Packed | None:
        """Return all there is; None where that is above the budget."""
        if not self._pieces:
            return Packed("", 0, ())
        if budget is not None and not self._may_fit(budget):
            return None
        following = self._window.following if self._window else None
        fill = _Fill(list(enumerate(self._pieces)), [], following)
        text = self._text(fill, "")
        tokens = self._counter.count(text) if budget is None else self._counter.count_within(text, budget)
        return None if tokens is None else self._packed(text, tokens, fill)

    def _may_fit(self, budget: int) -> bool:
        """Say whether all texts together could be within ``budget``, found without writing them down."""
        left = budget + len(self._pieces)  # two that meet may need a token less than they need apart
        for piece in self._pieces:
            cost = self._counter.count_within(piece.text, left)
            if cost is None:
                return False
            left -= cost
        return True

    def within(self, budget: int, describe: Callable[[Sequence[str]], str]) -> Packed | None:
        """Fill the budget less what is said of the rest; None where that would take too much of it."""
        reserve = self._counter.count(self._wrapping.around(""))
        while reserve <= budget:
            fill = self._fill(budget - reserve)
            notice = describe(fill.sentences)
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
        return self._packed("", 0, _Fill([], missing, self._window.before if self._window else None))

    def _text(self, fill: _Fill, notice: str) -> str:
        lines = [self._wrapping.said(notice)] if notice else []
        if self._window and fill.next:
            cursor = shlex.quote(one_line(fill.next, limit=80))  # an id is what a frame says, which may be anything
            lines.append(self._wrapping.said(f"next: {self._window.command} {cursor}"))
        return self._wrapping.around("\n\n".join([self._wrapping.told([piece for _, piece in fill.parts]), *lines]))

    def _packed(self, text: str, tokens: int, fill: _Fill) -> Packed:
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
        return Packed(text, tokens, (*fill.sentences, *parts), tuple(shown), fill.next)

    def _fill(self, budget: int) -> _Fill:
        """Return what fits by the sum of its counts."""
        fill, room, may_cut = _Fill([], [], None), budget, True
        heading, scrolled = "", True
        for index, piece in self._most_worth_first(budget):
            may_go = scrolled or not piece.cursor
            shared = piece.item and piece.heading == heading
            cost = self._cost(index, piece, room) if may_go else None
            if cost is not None and cost <= room:
                fill.parts.append((index, piece))
                room -= cost - (self._heading_cost(piece) if shared else 0)
                heading = piece.heading if piece.item else ""
                continue
            # Only the most important of those that do not fit is cut: one beginning is worth more than several.
            beginning = self._beginning(piece, room) if may_cut and may_go else None
            may_cut, scrolled = False, scrolled and not piece.cursor
            if beginning:
                fill.parts.append((index, beginning))
                room -= self._counter.count(self._wrapping.told([beginning]) + "\n\n")
                heading = ""
            fill.missing.append((index, piece, beginning is not None))
        fill.parts.sort(key=lambda part: part[0])
        fill.missing.sort(key=lambda part: part[0])
        return replace(fill, next=self._next(fill))

    def _most_worth_first(self, budget: int) -> list[tuple[int, Piece]]:
        """Return the pieces with their places, in the order in which they go in."""
        numbered = list(enumerate(self._pieces))
        if not any(piece.value for piece in self._pieces):
            return numbered
        costs = {index: self._cost(index, piece, budget) or budget + 1 for index, piece in numbered}
        return sorted(numbered, key=lambda one: -one[1].value / max(costs[one[0]], 1))

    def _next(self, fill: _Fill) -> str | None:
        if self._window is None:
            return None
        in_window = [piece for piece in self._pieces if piece.cursor]
        shown = [piece for _, piece in fill.parts if piece.cursor]
        if len(shown) == len(in_window):
            return self._window.following
        return shown[-1].cursor if shown else self._window.before

    def _cost(self, index: int, piece: Piece, room: int) -> int | None:
        """Return what a piece takes; None where that is more than there is room for."""
        if index not in self._costs:
            if self._at_least.get(index, 1) > room:
                return None
            # The text by itself first: a long one is not even written down.
            cost = self._counter.count_within(piece.text, room)
            if cost is not None:
                cost = self._counter.count_within(self._wrapping.told([piece]) + "\n\n", room)
            if cost is None:
                self._at_least[index] = room + 1
                return None
            self._costs[index] = cost
        return self._costs[index]

    def _heading_cost(self, piece: Piece) -> int:
        if piece.heading not in self._headings:
            told = self._wrapping.told([replace(piece, text="", item=False)])
            self._headings[piece.heading] = self._counter.count(f"{told}\n")
        return self._headings[piece.heading]

    def _beginning(self, piece: Piece, room: int) -> Piece | None:
        """Return as much of the beginning of a piece as there is room for, marked; None where that is of no use."""
        bare = replace(piece, text="x", notice=f"… cut here; all of it: {_one_line(piece.how_to_get)}")
        left = room - self._counter.count(self._wrapping.told([bare]) + "\n\n")
        if left < _USEFUL_TOKENS:
            return None
        head = self._counter.head(piece.text[: left * _SHOWN_CHARACTERS], left)
        kept = _at_boundary(piece.text, len(head))
        return replace(bare, text=kept) if self._counter.count(kept) >= _USEFUL_TOKENS else None


def _at_boundary(text: str, end: int) -> str:
    """Return ``text[:end]`` cut back to the end of a line, a word or a character, whichever costs less than half."""
    if end >= len(text):
        return text
    line_end = text.rfind("\n", 0, end + 1)
    word_end = max(text.rfind(" ", 0, end + 1), text.rfind("\t", 0, end + 1), line_end)
    place = next((place for place in (line_end, word_end) if place >= max(end // 2, 1)), end)
    return text[: boundary_before(text, place)].rstrip()


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
