"""A fence around text that others wrote, which nothing in that text can end.

Rule 1: a fence has a number that the text does not have, whatever digits it is written with and whatever stands between
        them. So nothing in the text is the fence's end, and no line of it is one of ours, which have the number, too.
Rule 2: the number comes from the text alone: the same text is the same fence, on every machine and in every prompt.
Rule 3: what a terminal or a reader would obey instead of show (control and direction characters), and letters that a
        model reads and nobody sees (the tags of Unicode, but those of a flag), are shown.

Why a number and neither escaping alone nor a random word: docs/adr/0012-a-fence-with-a-number.md.
"""

import re
from collections.abc import Iterable
from itertools import count

from onecontext.checksum import crc32c

_DIGITS = 6  # of a number: two tokens; a text that has too many digits gets longer ones
_TRIES = 32
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff\U000e0000-\U000e007f]")
# A flag of a part of a country (UTS #51): its name in tags, the last of which ends it.
_FLAG = re.compile("\U0001f3f4[\U000e0030-\U000e007a]{0,6}\\Z")
_FLAG_CHARACTERS = 7
# What takes no room on a screen and could part a closing tag from its name.
_NOTHING = (
    r"[\s\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e"
    r"\u200b-\u200f\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\U000e0000-\U000e0fff]*"
)
_LESS = "<\u2039\u276e\u27e8\u3008\ufe64\uff1c"
_SLASH = "[/\u2044\u2215\u29f8\uff0f]"


def number_for(texts: Iterable[str]) -> str:
    """Return a number in decimal digits that none of ``texts`` has, nor all of them one after the other.

    A text has a number when its digits, in any script, follow each other in it, whatever else stands between them.
    """
    seed, digits = "", []
    for text in texts:
        seed = crc32c(f"{seed}{text}".encode("utf-8", "surrogatepass"))
        digits.append(_digits_of(text))
    there = " ".join(map("".join, zip(*digits, strict=True)))
    for width in count(_DIGITS, 3):
        for attempt in range(_TRIES):
            # A checksum is enough: nothing rests on its being hard to guess, all on its being looked for.
            drawn = int("".join(crc32c(f"{seed} {attempt} {part}".encode()) for part in range(width // 3)), 16)
            number = str(drawn % 10**width).zfill(width)
            if number not in there:
                return number
    raise AssertionError("a text is shorter than all numbers of some length")


def fenced(tag: str, text: str) -> str:
    """Return ``text`` between ``<tag-NUMBER>`` and ``</tag-NUMBER>``; see :func:`number_for`.

    A closing tag of that name in the text is broken besides, since a reader may look at the name alone.
    """
    name = f"{tag}-{number_for([text])}"
    return f"<{name}>\n{without_end(tag, text)}\n</{name}>"


def without_end(tag: str, text: str) -> str:
    """Return ``text`` with a backslash in each closing tag whose name begins with ``tag``, however it is spelled."""
    # The pattern takes longer to compile than a context to read, and most texts have nothing that begins as a tag does.
    if not any(sign in text for sign in _LESS):
        return text
    letters = _NOTHING.join(map(re.escape, tag))
    return re.sub(rf"(?i)([{_LESS}])(?={_NOTHING}{_SLASH}{_NOTHING}{letters})", r"\1\\", text)


def clean(text: str) -> str:
    """Return ``text`` with line ends as line feeds and other control characters shown as ``\\xNN``."""
    text = text.replace("\r\n", "\n")
    return _CONTROL.sub(_shown, text)


def _shown(found: re.Match[str]) -> str:
    sign, start = found.group(), found.start()
    if sign >= "\U000e0000" and _FLAG.search(found.string[max(start - _FLAG_CHARACTERS, 0) : start]):
        return sign
    return sign.encode("unicode_escape").decode("ascii")


def one_line(text: str, *, limit: int) -> str:
    """Return ``text`` cleaned and on one line of at most ``limit`` characters."""
    line = " ".join(clean(text).split())
    return line if len(line) <= limit else line[: limit - 1] + "…"


def _digits_of(text: str) -> tuple[str, str]:
    """Return the digits of a text, as ASCII ones without all that stands between them: as they are, and as they are
    where signs put together of several are taken apart (one is 36 in a circle)."""
    if text.isascii():
        found = "".join(re.findall("[0-9]+", text))
        return found, found
    import unicodedata

    def digits(signs: str) -> str:
        return "".join(str(digit) for sign in signs if (digit := unicodedata.digit(sign, None)) is not None)

    every = set(text)
    return (
        _only({ord(sign): found for sign in every if (found := digits(sign))}, text),
        _only({ord(sign): found for sign in every if (found := digits(unicodedata.normalize("NFKC", sign)))}, text),
    )


def _only(known: dict[int, str], text: str) -> str:
    """Return what the signs of a text stand for, without those that stand for nothing."""
    if not known:
        return ""
    return re.sub(f"[^{re.escape(''.join(map(chr, known)))}]+", "", text).translate(known)
