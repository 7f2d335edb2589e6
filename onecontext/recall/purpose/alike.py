"""What says the same, and what is about the same: compared by words, and nothing is resolved.

Rule 1: a sentence is said already only where one that was told has every word of it that carries anything, in nearly
        the same order. A number, a name or a "not" that differs makes it another sentence.
Rule 2: words that carry nothing are articles, pronouns, prepositions and the like; of a short
        sentence every word counts.
"""

import re
from collections.abc import Collection, Iterable, Sequence
from functools import lru_cache
from itertools import pairwise

_WORD = re.compile(r"[^\W_]+(?:['’.:/_-][^\W_]+)*")
_SENTENCE = re.compile(r"(?<=[.!?])\s+|(?<=[。！？])|\n+")
_LABEL = re.compile(r"(?:Observation|Thought|Action|Purpose): ")  # of a step, as it is told
# Fewer than a search passes over: "was", "will", "must", "before" or "not" can be all that two sentences differ in.
_PASSED_OVER = (
    "a an and are as at be been being by do does for from had has have he her his how i in into is it its of on or our "
    "she so some such than that the their them there these they this those to us we what when where which who whom "
    "whose why with you your"
)
_EMPTY = frozenset(_PASSED_OVER.split())
_SHORT = 3  # words; a shorter sentence is told only where the very same one is
_ENDINGS = ("ings", "ing", "edly", "ies", "ied", "ed", "es", "s", "ly", "e")
_NEARLY = 0.8  # of the neighbouring words of a sentence
_SUBJECT = 0.5  # of the words of the shorter of two facts
_COMMON = 40  # facts that share a word; beyond that it says nothing of their subject
_ALL = 8  # words of a long purpose: no text has more of them but by being long
_SEVERAL = 6  # facts about the same; more are a list
_KEPT_CHARS = 1000  # a longer text, such as a roadmap, is another one with each task, and is not asked about again


def words(text: str) -> tuple[str, ...]:
    """Return the words of a text that carry anything, without their endings, in order."""
    return _kept_words(text) if len(text) <= _KEPT_CHARS else words_once(text)


def words_once(text: str) -> tuple[str, ...]:
    """Return the same, and keep nothing of it."""
    found: list[str] = []
    for word in _WORD.findall(text.casefold()):
        if word.endswith(("n't", "n’t")):
            found.append("not")
        elif word not in _EMPTY:
            found.append(_stem(word))
    return tuple(found)


_kept_words = lru_cache(maxsize=20_000)(words_once)


def sentences(text: str) -> list[str]:
    """Return the sentences and lines of a text, as they stand."""
    return [part for part in _SENTENCE.split(text) if part.strip()]


def _every_word(sentence: str) -> tuple[str, ...]:
    return tuple(_WORD.findall(sentence.casefold()))


def _said(sentence: str) -> tuple[str, ...]:
    return words(sentence[label.end() :] if (label := _LABEL.match(sentence)) else sentence)


class Told:
    """What has been told, sentence by sentence."""

    def __init__(self) -> None:
        self._sentences: list[tuple[frozenset[str], frozenset[tuple[str, str]]]] = []
        self._having: dict[str, list[int]] = {}
        self._whole: set[tuple[str, ...]] = set()

    def add(self, text: str) -> None:
        """Note that ``text`` is told."""
        for sentence in sentences(text):
            said = _said(sentence)
            self._whole.add(_every_word(sentence))
            for word in set(said):
                self._having.setdefault(word, []).append(len(self._sentences))
            self._sentences.append((frozenset(said), _neighbours(said)))

    def has(self, sentence: str) -> bool:
        """Say whether one sentence that was told says all of ``sentence``."""
        said = _said(sentence)
        if len(said) < _SHORT:
            return bool(said) and _every_word(sentence) in self._whole
        wanted, pairs = frozenset(said), _neighbours(said)
        rarest = min(wanted, key=lambda word: len(self._having.get(word, ())))
        return any(
            wanted <= there and len(pairs & told) >= _NEARLY * len(pairs)
            for there, told in (self._sentences[index] for index in self._having.get(rarest, ()))
        )

    def rest_of(self, text: str) -> str:
        """Return ``text`` less the sentences that were told, the lines that are left as they stand."""
        kept = [line for line in (self._rest_of_line(line) for line in text.split("\n")) if line is not None]
        return "\n".join(kept).strip("\n")

    def _rest_of_line(self, line: str) -> str | None:
        parts = sentences(line)
        left = [part for part in parts if not self.has(part)]
        if len(left) == len(parts):
            return line
        return " ".join(left) if any(words(part) for part in left) else None


def about_the_same(texts: Sequence[str]) -> list[list[int]]:
    """Return which of the texts are about the same subject, by their places: groups of two to six, in order."""
    sets = [frozenset(words(text)) for text in texts]
    having: dict[str, list[int]] = {}
    for place, said in enumerate(sets):
        for word in said:
            having.setdefault(word, []).append(place)
    group = list(range(len(texts)))
    for one, other in _pairs(places for places in having.values() if len(places) <= _COMMON):
        if _same_subject(sets[one], sets[other]):
            low, high = sorted((_root(group, one), _root(group, other)))
            group[high] = low
    found: dict[int, list[int]] = {}
    for place in range(len(texts)):
        found.setdefault(_root(group, place), []).append(place)
    return [places for places in found.values() if 2 <= len(places) <= _SEVERAL]


def overlap(asked: Collection[str], text: str) -> float:
    """Return how much of what is asked for a text has: from 0 to 1, which :data:`_ALL` of many words are, too."""
    wanted = set(asked)
    return min(len(wanted.intersection(words(text))) / min(len(wanted), _ALL), 1.0) if wanted else 0.0


@lru_cache(maxsize=50_000)
def _stem(word: str) -> str:
    if not word.isascii() or not word.isalpha():
        return word
    ending = next((end for end in _ENDINGS if word.endswith(end) and len(word) - len(end) >= 3), "")
    return word[: len(word) - len(ending)]


def _neighbours(said: Sequence[str]) -> frozenset[tuple[str, str]]:
    return frozenset(pairwise(said))


def _pairs(lists: Iterable[Sequence[int]]) -> set[tuple[int, int]]:
    return {(one, other) for places in lists for one in places for other in places if one < other}


def _same_subject(one: frozenset[str], other: frozenset[str]) -> bool:
    shared, least = len(one & other), min(len(one), len(other))
    return one != other and shared >= _SUBJECT * least and (shared >= 2 or least <= 2)


def _root(group: list[int], place: int) -> int:
    while group[place] != place:
        place = group[place]
    return place
