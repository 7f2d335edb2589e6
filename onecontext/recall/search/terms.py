"""Text into what is indexed, and a query into what is asked: safe, and findable in any script.

Rule 1: nothing of a query reaches FTS5 but inside quotes, so no operator, column or syntax error can come of it.
Rule 2: both sides go through :func:`indexed`, so what stands in a text is found by the same words.
Rule 3: both take time in proportion to the text; of a query only the first ``MAX_QUERY`` characters count, and of its
        words ``MAX_TERMS``.

FTS5 cuts words at what is no letter, digit or mark, and stems English ones. Before that, ``CamelCase`` gets its parts
after the text; runs of scripts without spaces between words become pairs of characters that overlap (``ABC`` is
``AB BC C``); an emoji becomes a word. A run of parts (``a/b_c.py``) is asked for whole, as a phrase, and by its parts.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from onecontext.recall.search.forms import forms
from onecontext.text.scripts import UNSPACED

MAX_QUERY = 10_000  # characters
MAX_TERMS = 40
MAX_PHRASE = 16  # words: of a longer run only the parts are asked for

_STOP_WORDS = (
    "a about after again all also am an and any are aren as at be because been before being between both but by can "
    "could couldn d did didn do does doesn doing don done for from had hadn has hasn have haven having he her here "
    "hers herself him himself his how i if in into is isn it its itself just ll m may me might mine more most much "
    "must my myself no nor not now o of off on once only or other our ours ourselves out over own re s same shall "
    "she should shouldn so some such t than that the their theirs them themselves then there these they this those "
    "through to too under until up upon us ve very was wasn we were weren what when where which while who whom "
    "whose why will with won would wouldn you your yours yourself yourselves "
)
STOP_WORDS = frozenset(_STOP_WORDS.split())

_RUN = re.compile(f"[{UNSPACED}]+")
_EMOJI = re.compile("[\u2600-\u27bf\u2b00-\u2bff\U0001f000-\U0001faff]")
_HUMP = re.compile(r"[A-Z](?:(?<=[a-z].)|(?<=[A-Z].)(?=[a-z]))")  # begins with a class, which is looked for quickly
_LONGEST_NAME = 60  # characters: longer than that is no name but encoded bytes
_CAMEL = re.compile(r"[A-Za-z0-9]+")
_PARTS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
_UNREADABLE = re.compile("[\0\ud800-\udfff]")
_HASH = re.compile(r"(?=[a-z]*[0-9])[0-9a-f]{7,64}", re.ASCII)
_HASH_LENGTHS = (7, 8, 10, 12)  # to which hashes are commonly shortened


class Term(NamedTuple):
    """One thing that is asked for: ``match`` in the language of FTS5, and the ``text`` it stands for."""

    match: str
    text: str


def indexed(text: str) -> str:
    """Return ``text`` as it is given to FTS5."""
    if not text.isascii():
        text = _RUN.sub(lambda found: f" {' '.join(_pairs(found.group()))} ", _readable(text))
    elif "\0" in text:
        text = text.replace("\0", " ")
    parts = [" ".join(parts) for parts in _humps(text)]
    return f"{text}\n{' '.join(parts)}" if parts else text


def asked(query: str) -> tuple[Term, ...]:
    """Return what a query asks for, each thing once; empty where it has no word.

    Stop words are left out, but where there is nothing else.
    """
    terms: dict[str, Term] = {}
    for chunk in query[:MAX_QUERY].split():
        for term in _terms_of(_readable(chunk)):
            terms.setdefault(term.match, term)
    telling = [term for term in terms.values() if term.text not in STOP_WORDS]
    kept = telling or list(terms.values())
    # Of too many those stay that tell most: identifiers and numbers, then the longest.
    return tuple(sorted(kept, key=_is_plain)[:MAX_TERMS] if len(kept) > MAX_TERMS else kept)


def _is_plain(term: Term) -> tuple[bool, int]:
    return term.text.isalpha(), -len(term.text)


def _terms_of(chunk: str) -> Iterator[Term]:
    words = _cut(chunk)
    if 1 < len(words) <= MAX_PHRASE and not _RUN.search(chunk):
        yield _phrase(words)
    for word in words:
        for run in _RUN.findall(word):
            yield from _unspaced(run)
        for part in _RUN.sub(" ", word).split():
            # A letter that a hyphen or an apostrophe cut off says nothing by itself.
            if len(words) == 1 or len(part) > 1:
                yield from _word(part)
    for parts in _humps(chunk):
        if len(parts) <= MAX_PHRASE:
            yield _phrase(parts)
        yield from (_phrase([part]) for part in parts if len(part) > 1)


def _word(word: str) -> Iterator[Term]:
    if not _HASH.fullmatch(word):
        yield _widened(word)
        return
    yield Term(f'"{word}"*', word)
    yield from (_phrase([word[:length]]) for length in _HASH_LENGTHS if length < len(word))


def _widened(word: str) -> Term:
    known = forms(word)
    if len(known) == 1:
        return _phrase([word])
    return Term(f"({' OR '.join(_phrase([form]).match for form in known)})", word)


def _unspaced(run: str) -> Iterator[Term]:
    pairs = _pairs(run)[:-1]
    if not pairs:
        yield Term(f'"{run}"*', run)
        return
    if len(pairs) <= MAX_PHRASE:
        yield Term(f'"{" ".join(pairs)}"', run)
    yield from (_phrase([pair]) for pair in pairs if pair != run)


def _phrase(words: Sequence[str]) -> Term:
    text = " ".join(words)
    return Term(f'"{text}"', text.lower())


def _pairs(run: str) -> list[str]:
    return [run[at : at + 2] for at in range(len(run))]


def _humps(text: str) -> list[list[str]]:
    """Return the parts of each word that is written with capitals inside."""
    if _HUMP.search(text) is None:
        return []
    words = (word for word in _CAMEL.findall(text) if len(word) <= _LONGEST_NAME and _HUMP.search(word))
    return [_PARTS.findall(word) for word in words]


def _readable(text: str) -> str:
    if text.isascii():
        return text.replace("\0", " ")
    text = _UNREADABLE.sub(" ", unicodedata.normalize("NFKC", text))
    return _EMOJI.sub(lambda found: f" u{ord(found.group()):x} ", text)


def _cut(text: str) -> list[str]:
    """Return the words of ``text`` in lower case, cut where FTS5 cuts them."""
    others = {ord(char): " " for char in set(text) if unicodedata.category(char)[0] not in "LNM"}
    return text.translate(others).lower().split()
