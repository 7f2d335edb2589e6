"""The part of a long text that has most of what is asked for.

Rule 1: an excerpt is whole lines or sentences of the text, next to each other, unchanged.
"""

from collections import Counter
from collections.abc import Collection, Sequence

from onecontext.recall.purpose.alike import sentences, words
from onecontext.text.graphemes import boundary_before

LEAST_CHARACTERS = 600
LOOKED_AT = 1_000_000
"""Characters of a text in which the best place is looked for, from its beginning."""


def excerpt(text: str, asked: Collection[str], limit: int = LEAST_CHARACTERS) -> str:
    """Return at most about ``limit`` characters of ``text``; all of it where it is no longer."""
    if len(text) <= limit:
        return text
    parts = [part for sentence in sentences(text[:LOOKED_AT]) for part in _pieces(sentence)]
    start, end = _best_window(parts, asked, limit)
    return "\n".join(parts[start:end])


def _best_window(parts: Sequence[str], asked: Collection[str], limit: int) -> tuple[int, int]:
    """Return the neighbouring parts within ``limit`` characters that have most of the words asked for.

    Of windows with as many the one that begins with one of them, and of those the first.
    """
    wanted = frozenset(asked)
    sets = [wanted.intersection(words(part)) for part in parts]
    inside = Counter[str]()
    best, best_worth, end, length = (0, 1), (-1, False), 0, 0
    for start, part in enumerate(parts):
        while end < len(parts) and (end == start or length + len(parts[end]) < limit):
            length += len(parts[end]) + 1
            inside.update(sets[end])
            end += 1
        worth = (len(inside), bool(sets[start]))
        if worth > best_worth:
            best, best_worth = (start, end), worth
        length -= len(part) + 1
        for word in sets[start]:
            inside[word] -= 1
            if not inside[word]:
                del inside[word]
    return best


def _pieces(sentence: str) -> list[str]:
    """Return a sentence, or what it is cut into where it alone is too long, at blanks where there are any."""
    if len(sentence) <= LEAST_CHARACTERS:
        return [sentence]
    found: list[str] = []
    start = 0
    while len(sentence) - start > LEAST_CHARACTERS:
        end = sentence.rfind(" ", start + LEAST_CHARACTERS // 2, start + LEAST_CHARACTERS)
        if end < 0:
            # One sign of so many characters is cut: there is no end of it that anybody would see.
            end = boundary_before(sentence, start + LEAST_CHARACTERS)
            end = end if end > start else start + LEAST_CHARACTERS
        found.append(sentence[start:end])
        start = end
    return [*found, sentence[start:]]
