"""Words that are spelled alike: by the character 3-, 4- and 5-grams they share, rare ones counting more.

Rule 1: a word is compared with the words of the index, not with its texts: there are far fewer of them, and what is
        alike is alike wherever it stands.
Rule 2: likeness is the cosine of the grams' weights, from 0 to 1; 1 is the same word. ``^`` and ``$`` mark the ends of
        a word, so that a beginning counts more than a middle.

Source: the weights are those of scikit-learn's ``char_wb`` analyser with (3, 5), taken over words.
"""

import math
from collections import defaultdict
from collections.abc import Iterable
from typing import NamedTuple

SIZES = (3, 4, 5)  # characters
LEAST = 0.1  # likeness; below it words have an ending in common, and nothing else
MOST = 12  # words that are alike


class Alike(NamedTuple):
    """A word of the index and how much it is like the one that was asked for, more than 0 and up to 1."""

    word: str
    likeness: float


class Spelling:
    """The words of an index by their grams."""

    def __init__(self, vocabulary: Iterable[str]) -> None:
        self._words = list(vocabulary)
        having: defaultdict[str, list[int]] = defaultdict(list)
        grams = [grams_of(word) for word in self._words]
        for number, found in enumerate(grams):
            for gram in found:
                having[gram].append(number)
        self._unknown = math.log(1 + len(self._words)) ** 2
        self._having = dict(having)
        self._weight = {gram: math.log(1 + len(self._words) / len(those)) ** 2 for gram, those in having.items()}
        weight = self._weight
        self._length = [math.sqrt(sum(weight[gram] for gram in found)) for found in grams]

    def alike(self, word: str) -> list[Alike]:
        """Return the words that are spelled like ``word``, the most alike first; itself is one if it is known."""
        shared: defaultdict[int, float] = defaultdict(float)
        length = 0.0
        for gram in grams_of(word):
            weight = self._weight.get(gram, self._unknown)
            length += weight
            for number in self._having.get(gram, ()):
                shared[number] += weight
        length = math.sqrt(length)
        found = [(number, sum_ / (length * self._length[number])) for number, sum_ in shared.items()]
        best = sorted((pair for pair in found if pair[1] >= LEAST), key=lambda pair: (-pair[1], self._words[pair[0]]))
        return [Alike(self._words[number], min(likeness, 1.0)) for number, likeness in best[:MOST]]


def grams_of(word: str) -> set[str]:
    """Return the grams of a word with its ends marked; of a very short one the whole."""
    marked = f"^{word}$"
    found = {marked[start : start + size] for size in SIZES for start in range(len(marked) - size + 1)}
    return found or {marked}
