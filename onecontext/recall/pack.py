"""Texts into a token budget: the important first, nothing silently gone.

Rule 1: the tokens of the result are counted on the result itself and are never above the budget. Counts of parts do
        not add up to the count of the whole, so sums only steer; the last word is one count of the finished text.
Rule 2: what is left out is named, with how to get it, in ``left_out`` always and in the text's last line where it fits.
Rule 3: a cut is visible, stands between lines or words, and never inside a character as a person sees it.
"""

import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from onecontext.text.tokens import Counter

_BETWEEN = "\n\n"
_USEFUL_TOKENS = 12  # a beginning shorter than this is not worth its mark
_NOTICE_SHARE = 3  # the last line may take one part in so many of the budget
_NAMED_IN_NOTICE = 6  # more than this are counted, not named
_JOINERS = "\u200d\ufe0e\ufe0f"  # zero width joiner and variation selectors, which bind two code points into one sign


@dataclass(frozen=True)
class Piece:
    """One part of an answer.

    Attributes:
        label: what it is, as in "the milestones before 3f2a91c0"; used where it is left out, never in its text.
        text: the part itself, with its own heading if it has one; an empty one takes no room.
        how_to_get: the command or call that shows it in full.
    """

    label: str
    text: str
    how_to_get: str


@dataclass(frozen=True)
class Packed:
    """What fitted: the text, its tokens, and a sentence for each piece that is not in it whole."""

    text: str
    tokens: int
    left_out: tuple[str, ...]


def pack(pieces: Sequence[Piece], *, budget: int | None, counter: Counter) -> Packed:
    """Return as many of ``pieces`` as ``budget`` tokens hold; earlier ones are more important.

    Args:
        budget: tokens; None is no limit, 0 or less gives the empty text with everything left out.
        counter: what counts them.
    """
    wanted = [piece for piece in pieces if piece.text.strip("\n")]
    whole = _join([piece.text for piece in wanted])
    if budget is None or counter.count(whole) <= budget:
        return Packed(whole, counter.count(whole), ())
    filler = _Filler(wanted, counter)
    for describe in (_named, _counted, _unsaid):
        packed = _with_notice(filler, describe, max(budget, 0))
        if packed is not None:
            return packed
    return Packed("", 0, tuple(_sentence(piece) for piece in wanted))


def _with_notice(filler: "_Filler", describe: Callable[[Sequence[str]], str], budget: int) -> Packed | None:
    """Fill the budget less what the last line takes; None when that line would take too much of it."""
    reserve = 0
    while reserve <= budget:
        parts, left_out = filler.fill(budget - reserve)
        notice = describe(left_out)
        notice_tokens = filler.counter.count(_BETWEEN + notice) if notice else 0
        if notice_tokens > budget // _NOTICE_SHARE:
            return None
        text = _join([*parts, notice])
        tokens = filler.counter.count(text)
        if tokens <= budget:
            return Packed(text, tokens, tuple(left_out))
        # Leaving more out makes the line longer, so this may take a few rounds; each reserves more than the last.
        reserve = max(reserve + tokens - budget, notice_tokens)
    return None


class _Filler:
    """Fills budgets with the same pieces, counting each of them once."""

    def __init__(self, pieces: Sequence[Piece], counter: Counter) -> None:
        self.counter = counter
        self._pieces = pieces
        self._costs = [counter.count(piece.text.strip("\n") + _BETWEEN) for piece in pieces]

    def fill(self, budget: int) -> tuple[list[str], list[str]]:
        """Return the texts that fit by the sum of their counts, and a sentence for each piece that is not whole."""
        parts: list[str] = []
        left_out: list[str] = []
        # Each cost holds the gap behind a piece, and behind the last there is none.
        room, may_cut = budget + self.counter.count(_BETWEEN), True
        for piece, cost in zip(self._pieces, self._costs, strict=True):
            if cost <= room:
                parts.append(piece.text)
                room -= cost
                continue
            # Only the most important of those that do not fit is cut: one beginning is worth more than several.
            beginning = self._beginning(piece, room) if may_cut else ""
            may_cut = False
            if beginning:
                parts.append(beginning)
                room -= self.counter.count(beginning + _BETWEEN)
            left_out.append(_sentence(piece, cut=bool(beginning)))
        return parts, left_out

    def _beginning(self, piece: Piece, room: int) -> str:
        mark = f"\n[… cut here; all of it: {_one_line(piece.how_to_get)}]"
        head = self.counter.head(piece.text.strip("\n"), room - self.counter.count(mark + _BETWEEN))
        kept = _at_boundary(piece.text.strip("\n"), len(head))
        return kept + mark if self.counter.count(kept) >= _USEFUL_TOKENS else ""


def _at_boundary(text: str, end: int) -> str:
    """Return ``text[:end]`` cut back to the end of a line, a word or a character, whichever costs less than half."""
    if end >= len(text):
        return text
    line_end = text.rfind("\n", 0, end + 1)
    if line_end >= end // 2:
        return text[:line_end].rstrip()
    word_end = max(text.rfind(" ", 0, end + 1), text.rfind("\t", 0, end + 1), line_end)
    if word_end >= end // 2:
        return text[:word_end].rstrip()
    while end > 0 and _binds(text[end - 1], text[end]):
        end -= 1
    return text[:end]


def _binds(before: str, after: str) -> bool:
    skin_tone = "\U0001f3fb" <= after <= "\U0001f3ff"
    return before == "\u200d" or after in _JOINERS or skin_tone or unicodedata.category(after).startswith("M")


def _join(texts: Sequence[str]) -> str:
    return _BETWEEN.join(text.strip("\n") for text in texts if text.strip("\n"))


def _sentence(piece: Piece, *, cut: bool = False) -> str:
    return f"{'the rest of ' if cut else ''}{_one_line(piece.label)} ({_one_line(piece.how_to_get)})"


def _named(left_out: Sequence[str]) -> str:
    named = "; ".join(left_out[:_NAMED_IN_NOTICE])
    more = len(left_out) - _NAMED_IN_NOTICE
    return f"[left out: {named}{f'; and {more} more' if more > 0 else ''}]" if left_out else ""


def _counted(left_out: Sequence[str]) -> str:
    return f"[left out: {len(left_out)}]" if left_out else ""


def _unsaid(left_out: Sequence[str]) -> str:
    return ""


def _one_line(text: str) -> str:
    return " ".join(text.split())
