"""Optional, and off unless somebody hands it in: what means the same in other words.

Rule 1: whoever turns texts into vectors is a port. No model is named, loaded or fetched here.
Rule 2: looked at are the documents that words found and those beside them, no others, so a query costs a bounded number
        of texts; vectors are kept for as long as the port lives, by text.
"""

from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from functools import lru_cache
from math import sqrt
from operator import mul
from typing import Protocol

WEIGHT = 0.6  # of the best score of BM25, for a text that means the very same; see docs/recall.md
_MOST_KEPT = 20_000  # vectors
_MOST_CHARACTERS = 20_000  # of a text; what stands behind is not looked at

Vector = Sequence[float]


class Embed(Protocol):
    """Turns texts into vectors, one each, all of the same length; the same text into the same vector."""

    def __call__(self, texts: Sequence[str], /) -> Sequence[Vector]:
        """Return the vectors of ``texts``, in their order."""


class Closeness:
    """Says how close texts are to a query, by the vectors of ``embed``."""

    def __init__(self, embed: Embed) -> None:
        self._embed = embed
        self._kept: OrderedDict[str, Vector] = OrderedDict()

    def scored(
        self, query: str, found: Mapping[int, float], docs: Iterable[int], text_of: Callable[[int], str]
    ) -> dict[int, float]:
        """Return the scores of ``found``, and those of ``docs`` with what their closeness to the query adds.

        Raises:
            ValueError: the port returned another number of vectors than texts.
        """
        if not found:
            return {}
        best = max(found.values())
        texts = {doc: text_of(doc)[:_MOST_CHARACTERS] for doc in docs}
        vectors = self._vectors([query, *texts.values()])
        close = {doc: _dot(vectors[query], vectors[text]) for doc, text in texts.items()}
        return {doc: found.get(doc, 0.0) + WEIGHT * best * max(close.get(doc, 0.0), 0.0) for doc in {**found, **close}}

    def _vectors(self, texts: Sequence[str]) -> dict[str, Vector]:
        new = [text for text in dict.fromkeys(texts) if text not in self._kept]
        made = self._embed(new) if new else []
        if len(made) != len(new):
            raise ValueError(f"{len(made)} vectors for {len(new)} texts")
        self._kept.update(zip(new, map(_unit, made), strict=True))
        found = {text: self._kept[text] for text in texts}
        while len(self._kept) > _MOST_KEPT:
            self._kept.popitem(last=False)
        return found


def closeness_of(embed: Embed) -> Closeness:
    """Return the closeness by ``embed``: the same for the same port, with the vectors that it kept."""
    # A port of a class that compares its objects and cannot be told by a hash keeps none.
    return _kept_for(embed) if isinstance(embed, Hashable) else Closeness(embed)


_kept_for = lru_cache(maxsize=4)(Closeness)


def _unit(vector: Vector) -> Vector:
    """Return a vector of length 1 in the same direction; nothing stays nothing."""
    length = sqrt(_dot(vector, vector))
    return [x / length for x in vector] if length else vector


def _dot(one: Vector, other: Vector) -> float:
    return float(sum(map(mul, one, other)))
