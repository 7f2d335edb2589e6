"""Text of strangers, made fit for a line of a screen.

Rule 1: whatever is drawn goes through :func:`one_line`: control and direction characters are shown, not obeyed, and
    line breaks become spaces.
Rule 2: widths are cells of a terminal, not characters; as Rich counts them, by which rows are laid out.
Rule 3: what only changes how wide the character before it is drawn is left out, as terminals do not agree on it.
"""

import re
import unicodedata
from functools import lru_cache

from onecontext.cli.output import printable

ELLIPSIS = "…"
_ASCII_END = 0x7F
# Soft hyphen, joiner, variation selectors, colours of skin, and Hangul that fills a place and shows nothing.
_MODIFYING = re.compile("[\u00ad\u200d\ufe00-\ufe0f\U0001f3fb-\U0001f3ff\u115f\u1160\u3164\uffa0]")


def one_line(text: str) -> str:
    """Return ``text`` as one harmless line."""
    flat = text.replace("\n", " ").replace("\t", " ").replace("\u2028", " ").replace("\u2029", " ")
    return printable(flat if flat.isascii() else _MODIFYING.sub("", flat))


def lines_of(text: str) -> list[str]:
    """Return the lines of ``text``, each of them harmless; tabs are four spaces."""
    return [one_line(line.replace("\t", "    ").rstrip("\r")) for line in text.split("\n")]


_HANGUL_INSIDE = (range(0x1160, 0x1200), range(0xD7B0, 0xD800))
"""Vowels and ends of syllables, which stand in the cells of the beginning."""
_WIDE_NOW = (
    *(range(0x2630, 0x2638), range(0x268A, 0x2690), range(0x4DC0, 0x4E00)),
    *(range(0x1D300, 0x1D357), range(0x1D360, 0x1D377)),
)
"""Wide since Unicode 16, which Python's tables do not know yet."""
_SEEN_FORMATS = frozenset("\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u0890\u0891\u08e2\U000110bd\U000110cd")


@lru_cache(maxsize=8192)
def _cells(character: str) -> int:
    code = ord(character)
    if character in _SEEN_FORMATS:
        return 1
    if unicodedata.category(character) in ("Mn", "Mc", "Me", "Cf") or any(code in part for part in _HANGUL_INSIDE):
        return 0
    wide = unicodedata.east_asian_width(character) in ("W", "F") or any(code in part for part in _WIDE_NOW)
    return 2 if wide else 1


def width(text: str) -> int:
    """Return how many cells ``text`` takes."""
    if text.isascii():
        return len(text)
    return _short_width(text) if len(text) <= _SHORT else _width(text)


def _width(text: str) -> int:
    return sum(1 if ord(character) < _ASCII_END else _cells(character) for character in text)


_SHORT = 64
"""Characters: glyphs with their words are asked for again and again, with each picture."""
_short_width = lru_cache(maxsize=4096)(_width)


def cut_inside(text: str, cells: int, *, end: int) -> str:
    """Return ``text`` in at most ``cells`` cells, with its last ``end`` cells: what tells names apart stands there."""
    if width(text) <= cells or cells < 2 * end:
        return cut(text, cells)
    kept = len(text)
    while kept and width(text[kept - 1 :]) <= end:
        kept -= 1
    return cut(text, cells - width(text[kept:])) + text[kept:]


def cut(text: str, cells: int) -> str:
    """Return ``text`` in at most ``cells`` cells; what was cut is marked by an ellipsis."""
    if width(text) <= cells:
        return text
    if cells <= 0:
        return ""
    kept, used = [], 1
    for character in text:
        used += _cells(character)
        if used > cells:
            break
        kept.append(character)
    return "".join(kept).rstrip() + ELLIPSIS


def fit(text: str, cells: int, *, right: bool = False) -> str:
    """Return ``text`` in exactly ``cells`` cells, on the left or the right of them."""
    shown = cut(text, cells)
    space = " " * max(0, cells - width(shown))
    return space + shown if right else shown + space


def wrapped(text: str, cells: int, *, again: str = "") -> list[str]:
    """Return ``text`` in lines of at most ``cells`` cells, broken at spaces where there are any.

    What goes on in another line is indented as it was, behind ``again``, of fewer than ``cells // 2`` cells.
    """
    result = []
    for line in lines_of(text):
        rest = line.rstrip()
        indent = rest[: len(rest) - len(rest.lstrip())][: cells // 2 - len(again)]
        before = indent
        while width(rest) > cells:
            head = _head(rest, cells)
            space = len(head) if rest[len(head)] == " " else head.rfind(" ")
            at = space if space > len(before) else len(head)
            result.append(rest[:at].rstrip())
            before = again + indent
            rest = before + rest[at:].lstrip()
        result.append(rest)
    return result


def _head(text: str, cells: int) -> str:
    used = 0
    for index, character in enumerate(text):
        used += _cells(character)
        if used > cells:
            return text[: max(1, index)]
    return text
