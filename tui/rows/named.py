"""Which key a row names at one of its cells: for who has a mouse or a finger, and no key for it.

Rule 1: a row names a key in the tone :data:`TONE`, and behind it says what it does, in another.
"""

from itertools import pairwise

from tui.rows.spans import Spans
from tui.text import width

TONE = "accent"
NAMES = frozenset({"enter", "space", "esc", "tab"})
"""Keys that are named by a word; all others are one character."""


def key_at(row: Spans, cell: int) -> str:
    """Return the key that ``row`` names at ``cell``, 0 the first, or what it does; "" where that is none.

    Of several that share their words (``n N next``) the first is what the words stand for.
    """
    begin = 0
    for (before, tone_before), (text, tone) in pairwise([("", ""), *row]):
        end = begin + width(text)
        if begin <= cell < end:
            if tone == TONE:
                return _key(text, cell - begin)
            # The space behind the words is nobody's.
            return _key(before, 0) if tone_before == TONE and cell < begin + width(text.rstrip()) else ""
        begin = end
    return ""


def _key(names: str, at: int) -> str:
    """Return the key that stands at a cell of ``names``; the first of them in the space before it."""
    found, begin = "", 0
    for name in names.split():
        begin = names.index(name, begin)
        if found and at < begin:
            break
        found, begin = name, begin + len(name)
    return found if len(found) == 1 or found in NAMES else ""
