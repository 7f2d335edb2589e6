"""A text as the words that are searched for: names in their parts, English without endings, any script.

Rule 1: a text and a query go through the same function, so what stands in a text is found by the same words.
Rule 2: the time is in proportion to the text; of a text only the first ``MAX_TEXT`` characters count.
Rule 3: no input is an error: control characters, half characters and what has no word come to nothing.
"""

import re
import unicodedata

from onecontext.text.scripts import UNSPACED
from skills.search.stemming import stem

MAX_TEXT = 20_000  # characters
MAX_WORD = 40  # characters: what is longer is no word but encoded bytes, and counts with its beginning

_STOP_WORDS = (
    "a about after all also always am an and any are as at be because been before being between both but by can could "
    "did do does doing done each else for from had has have having he her here hers him his how i if in into is it its "
    "just let like may me might more most must my need no nor not now of off on once only onto or other our out over "
    "own please she should so some such than that the their them then there these they this those through to too under "
    "until up upon us use used user uses using via want was we were what when where whether which while who whom whose "
    "why will with within without would you your"
)
STOP_WORDS = frozenset(_STOP_WORDS.split())

_WORD = re.compile(f"[{UNSPACED}]+|[^\\W_{UNSPACED}]+")
_UNSPACED_RUN = re.compile(f"[{UNSPACED}]+")
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


def words(text: str) -> list[str]:
    """Return the words of ``text`` in order, stop words too: small letters, no accents, no English endings.

    ``getFileContents`` and ``get_file_contents`` are three words, ``JavaScript`` is its two parts and itself; a run of
    a script without spaces is its overlapping pairs of characters.
    """
    text = text[:MAX_TEXT]
    if not text.isascii():
        text = _without_accents(text)
    found: list[str] = []
    for run in _WORD.findall(text):
        found += _pairs(run) if not run.isascii() and _UNSPACED_RUN.match(run) else _named(run)
    return found


def is_stop_word(word: str) -> bool:
    """Say whether a word, as :func:`words` gives it, tells nothing."""
    return word in _STOPPED


def _named(run: str) -> list[str]:
    if run.islower() or run.isupper() or run.isdigit():
        return [stem(run.casefold()[:MAX_WORD])]
    parts = _HUMP.split(run[: 4 * MAX_WORD])
    whole = [run] if len(parts) == 2 else []  # JavaScript, PostgreSQL
    return [stem(part.casefold()[:MAX_WORD]) for part in (*parts, *whole)]


def _pairs(run: str) -> list[str]:
    return [run[place : place + 2] for place in range(len(run) - 1)] or [run]


def _without_accents(text: str) -> str:
    # NFKC would keep é in one piece; of the pieces the marks over Latin, Greek and Cyrillic letters go.
    pieces = unicodedata.normalize("NFKD", text.encode("utf-8", "replace").decode("utf-8"))
    kept = "".join(sign for sign in pieces if not "\u0300" <= sign <= "\u036f")
    return unicodedata.normalize("NFKC", kept)


_STOPPED = STOP_WORDS | frozenset(map(stem, STOP_WORDS))
