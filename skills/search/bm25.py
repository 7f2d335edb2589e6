"""How much each word says of each text: BM25, worked out when the index is made.

Rule 1: a name counts as if it stood in the text several times, since it is chosen to say what a thing is.
Rule 2: a search only adds numbers up; all logarithms and lengths are in the weights.

Source: S. Robertson and H. Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond", 2009, with the weighted
fields of its section 3.6.1; the inverse document frequency is the one of Lucene, which is never below 0.
"""

import math
import re
from collections import Counter
from collections.abc import Sequence

from skills.search.words import words

NAME_WEIGHT = 3  # times
K1, B = 0.9, 0.4  # for short texts: a word said twice says little more, and length matters little
_NAME_RUN = re.compile(r"[A-Za-z0-9]+(?:[-_.][A-Za-z0-9]+)+")


class Weights:
    """For each word the texts that have it, with what it says of each: ``of[word][number of the text]``."""

    def __init__(self, texts: Sequence[tuple[str, str]]) -> None:
        """Weigh ``texts``, each a name and what is said under it."""
        counted = [_counted(name, text) for name, text in texts]
        lengths = [sum(counts.values()) for counts in counted]
        average = sum(lengths) / len(lengths) if lengths else 0.0
        there: Counter[str] = Counter()
        for counts in counted:
            there.update(counts.keys())
        rarity = {word: math.log(1 + (len(texts) - n + 0.5) / (n + 0.5)) * (1 + K1) for word, n in there.items()}
        self.of: dict[str, dict[int, float]] = {word: {} for word in there}
        for number, counts in enumerate(counted):
            length = K1 * (1 - B + B * lengths[number] / average) if average else 0.0
            for word, times in counts.items():
                self.of[word][number] = rarity[word] * times / (times + length)


def _counted(name: str, text: str) -> Counter[str]:
    counts = Counter(words(text))
    for word in words(name):
        counts[word] += NAME_WEIGHT
    # "pull-requests" is also asked for as "pullrequests".
    for run in _NAME_RUN.findall(name):
        for word in words(re.sub("[-_.]", "", run)):
            counts[word] += 1
    return counts
