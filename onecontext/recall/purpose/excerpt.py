"""The part of a long text that has most of what is asked for.

Rule 1: an excerpt is whole lines or sentences of the text, next to each other, unchanged.
"""

from collections.abc import Collection

from onecontext.recall.purpose.alike import sentences, words
from onecontext.text.graphemes import boundary_before

MAX_CHARACTERS = 600
LOOKED_AT = 1_000_000
"""Characters of a text in which the best place is looked for, from its beginning."""


def excerpt(text: str, asked: Collection[str]) -> str:
    """Return at most about 600 characters of ``text``; all of it where it is no longer."""
    if len(text) <= MAX_CHARACTERS:
        return text
    parts = [part for sentence in sentences(text[:LOOKED_AT]) for part in _pieces(sentence)]
    sets = [set(words(part)) & set(asked) for part in parts]
    best, best_worth = (0, 1), (-1, 0)
    for start in range(len(parts)):
        end, length, seen = start, 0, set[str]()
        while end < len(parts) and (length + len(parts[end]) <= MAX_CHARACTERS or end == start):
            length, seen, end = length + len(parts[end]) + 1, seen | sets[end], end + 1
        # Of windows with as much in them the one that begins with it, and of those the first.
        worth = (len(seen), int(bool(sets[start])))
        if worth > best_worth:
            best, best_worth = (start, end), worth
    return "\n".join(parts[best[0] : best[1]])


def _pieces(sentence: str) -> list[str]:
    """Return a sentence, or what it is cut into where it alone is too long, at blanks where there are any."""
    if len(sentence) <= MAX_CHARACTERS:
        return [sentence]
    found: list[str] = []
    start = 0
    while len(sentence) - start > MAX_CHARACTERS:
        end = sentence.rfind(" ", start + MAX_CHARACTERS // 2, start + MAX_CHARACTERS)
        if end < 0:
            # One sign of so many characters is cut: there is no end of it that anybody would see.
            end = boundary_before(sentence, start + MAX_CHARACTERS)
            end = end if end > start else start + MAX_CHARACTERS
        found.append(sentence[start:end])
        start = end
    return [*found, sentence[start:]]
