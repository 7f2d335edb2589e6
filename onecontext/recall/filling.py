"""Which pieces go into so many tokens, counting each of them once and only as far as it can matter.

Rule 1: sums of counts steer, and nothing more: who packs counts the finished text.
Rule 2: only one piece is cut, the most important of those that do not fit: one beginning is worth more than several.
"""

from collections.abc import Sequence
from typing import NamedTuple

from onecontext.recall.pieces import Piece
from onecontext.recall.wrapping import Wrapping
from onecontext.text.fence import one_line
from onecontext.text.graphemes import boundary_before
from onecontext.text.tokens import Counter

_USEFUL_TOKENS = 12  # a beginning shorter than this is not worth its mark
_SHOWN_CHARACTERS = 16  # of a text for each token that there is room for; only runs of blanks have more in one
_COMMAND_CHARACTERS = 200


class Fill(NamedTuple):
    """Pieces as they go in, those that do not whole, each with its place, and whether a beginning of it is there."""

    parts: list[tuple[int, Piece]]
    missing: list[tuple[int, Piece, bool]]


class Filler:
    """Fills budgets with the same pieces."""

    def __init__(self, pieces: Sequence[Piece], counter: Counter, wrapping: Wrapping) -> None:
        self._pieces = pieces
        self._counter = counter
        self._wrapping = wrapping
        self._costs: dict[int, int] = {}
        self._at_least: dict[int, int] = {}
        self._headings: dict[str, int] = {}

    def may_fit(self, budget: int) -> bool:
        """Say whether all texts together could be within ``budget``, found without writing them down."""
        left = budget + len(self._pieces)  # two that meet may need a token less than they need apart
        for piece in self._pieces:
            cost = self._counter.count_within(piece.text, left)
            if cost is None:
                return False
            left -= cost
        return True

    def fill(self, budget: int) -> Fill:
        """Return what fits by the sum of its counts."""
        fill, room, may_cut = Fill([], []), budget, True
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
        return fill

    def _most_worth_first(self, budget: int) -> list[tuple[int, Piece]]:
        """Return the pieces with their places, in the order in which they go in."""
        numbered = list(enumerate(self._pieces))
        if not any(piece.value for piece in self._pieces):
            return numbered
        costs = {index: self._cost(index, piece, budget) or budget + 1 for index, piece in numbered}
        return sorted(numbered, key=lambda one: -one[1].value / max(costs[one[0]], 1))

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
            told = self._wrapping.told([piece._replace(text="", item=False)])
            self._headings[piece.heading] = self._counter.count(f"{told}\n")
        return self._headings[piece.heading]

    def _beginning(self, piece: Piece, room: int) -> Piece | None:
        """Return as much of the beginning of a piece as there is room for, marked; None where that is of no use."""
        command = one_line(piece.how_to_get, limit=_COMMAND_CHARACTERS)
        bare = piece._replace(text="x", notice=f"… cut here; all of it: {command}")
        left = room - self._counter.count(self._wrapping.told([bare]) + "\n\n")
        if left < _USEFUL_TOKENS:
            return None
        head = self._counter.head(piece.text[: left * _SHOWN_CHARACTERS], left)
        kept = _at_boundary(piece.text, len(head))
        return bare._replace(text=kept) if self._counter.count(kept) >= _USEFUL_TOKENS else None


def _at_boundary(text: str, end: int) -> str:
    """Return ``text[:end]`` cut back to the end of a line, a word or a character, whichever costs less than half."""
    if end >= len(text):
        return text
    line_end = text.rfind("\n", 0, end + 1)
    word_end = max(text.rfind(" ", 0, end + 1), text.rfind("\t", 0, end + 1), line_end)
    place = next((place for place in (line_end, word_end) if place >= max(end // 2, 1)), end)
    return text[: boundary_before(text, place)].rstrip()
