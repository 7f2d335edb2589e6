"""Skills found by a few words.

Rule 1: each word of a query is looked for as it is (BM25) and as it may have been meant (character n-grams): a word
        that the skills have counts in full and its likes far less; one that they do not have counts as its likes do.
Rule 2: a skill's score is the sum over the words of the query, each counted once. Equal scores are ordered by name.
Rule 3: any query is safe: nothing of it is an operator, and only its beginning counts.
Rule 4: words that nearly every skill has only order what other words found, so that a search takes no longer for them.
"""

import heapq
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from onecontext.errors import UsageError
from skills.format.skill import Skill
from skills.search.bm25 import Weights
from skills.search.grams import Spelling
from skills.search.words import is_stop_word, words

MAX_QUERY = 4_000  # characters
MAX_WORDS = 32  # of a query, the rarest ones
LISTED_IN = ("tools", "keywords", "tags")  # keys of a skill's metadata that are searched, too
_ALIKE_OF_KNOWN = 0.5  # what the likes of a known word count
_MEANT = 0.4  # likeness; what is less like a known word was not meant by it
_COMMON, _FEW = 1 / 8, 64  # of all skills, and at least so many: a word that more of them have finds none by itself


class Hit(NamedTuple):
    """A skill that was found, and its score: above 0, and good for comparing hits of one query alone."""

    skill: Skill
    score: float


class TextIndex:
    """Texts with names, found by words; see :class:`SkillIndex`. Numbers of texts count from 0."""

    def __init__(self, texts: Sequence[tuple[str, str]]) -> None:
        """Index ``texts``, each a name and what is said under it."""
        self._names = [name for name, _ in texts]
        self._common = max(_FEW, len(texts) * _COMMON)
        self._weights: Mapping[str, Mapping[int, float]] = Weights(texts).of
        self._spelling = Spelling(self._weights)
        self._alike = lru_cache(maxsize=4096)(self._spelling.alike)

    def search(self, query: str, k: int = 10) -> list[tuple[int, float]]:
        """Return the numbers of the best ``k`` texts with their scores, the best first; none where nothing fits.

        Raises:
            UsageError: ``k`` is less than 1.
        """
        if k < 1:
            raise UsageError(f"{k} skills cannot be found", hint="ask for 1 or more")
        scores: defaultdict[int, float] = defaultdict(float)
        for said in self._asked(query):
            only_found = bool(scores) and len(said) > self._common
            for number, score in said.items():
                if not only_found or number in scores:
                    scores[number] += score
        best = heapq.nsmallest(k, scores.items(), key=lambda pair: (-pair[1], self._names[pair[0]], pair[0]))
        return [(number, score) for number, score in best if score > 0]

    def _asked(self, query: str) -> list[Mapping[int, float]]:
        """Return what each word says of the texts, the rarest word first."""
        given = list(dict.fromkeys(words(query[:MAX_QUERY])))
        telling = [word for word in given if not is_stop_word(word)] or given
        return sorted((self._said(word) for word in telling[: 4 * MAX_WORDS]), key=len)[:MAX_WORDS]

    def _said(self, word: str) -> Mapping[int, float]:
        known = self._weights.get(word)
        if known is not None and len(known) > self._common:
            return known
        return self._alike_to_known(word, known) if known is not None else self._alike_to_unknown(word)

    def _alike_to_known(self, word: str, known: Mapping[int, float]) -> Mapping[int, float]:
        said = dict(known)
        for one in self._alike(word):
            if one.likeness < _MEANT:
                break
            if one.word != word:
                factor = one.likeness**2 * _ALIKE_OF_KNOWN
                for number, weight in self._weights[one.word].items():
                    if factor * weight > said.get(number, 0.0):
                        said[number] = factor * weight
        return said

    def _alike_to_unknown(self, word: str) -> Mapping[int, float]:
        said: defaultdict[int, float] = defaultdict(float)
        alike = self._alike(word)
        for one in alike:
            # The most alike counts most by far; others may be parts of it: "pullrequest" is like "pull" and "request".
            factor = one.likeness**2 / alike[0].likeness
            for number, weight in self._weights[one.word].items():
                said[number] += factor * weight
        return said


class SkillIndex:
    """Skills, found by words of their names, descriptions and what their metadata lists as tools, keywords or tags.

    It is made in less than a second for 5,000 skills and answers in about a millisecond (``bench/skills_search.py``).
    It does not change: other skills are another index.
    """

    def __init__(self, skills: Iterable[Skill]) -> None:
        self._skills = list(skills)
        self._texts = TextIndex([(skill.name, _text(skill)) for skill in self._skills])

    def search(self, query: str, k: int = 10) -> list[Hit]:
        """Return the best ``k`` skills, the best first; fewer, or none, where no more have anything of the query.

        Args:
            query: any text; its first 4,000 characters count.

        Raises:
            UsageError: ``k`` is less than 1.
        """
        return [Hit(self._skills[number], score) for number, score in self._texts.search(query, k)]


def _text(skill: Skill) -> str:
    listed = [skill.metadata[key] for key in LISTED_IN if key in skill.metadata]
    return "\n".join([skill.description, *listed])
