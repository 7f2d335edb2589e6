"""Hits that say the same are one: the best of them, which names the others.

Rule 1: two say the same where every word of either that carries anything is in the other, in nearly the same order. A
        number, a name or a "not" that differs keeps them apart; only how long something took does not.
Rule 2: nothing is lost: a hit has the ids of those that it stands for.
"""

import re
from collections.abc import Iterable
from dataclasses import replace
from itertools import pairwise

from onecontext.recall.purpose.alike import words_once
from onecontext.recall.search.model import Hit

_LOOKED_AT = 20_000  # characters; of longer texts only the very same ones say the same
_NEARLY = 0.8  # of the neighbouring words
# As test runners and builds end: "12 passed in 0.31s", "finished in 1.2 s".
_TOOK = re.compile(r"\bin \d+(?:\.\d+)? ?(?:ms|s|sec|seconds)\b", re.IGNORECASE)
_RECORDS = ("step", "milestone")


class Folded:
    """The hits that were taken in, less those that say what a better one says; ``len`` is how many are left."""

    def __init__(self) -> None:
        self._hits: list[Hit] = []
        self._alike: dict[int, list[str]] = {}
        self._having: dict[object, list[tuple[int, frozenset[tuple[str, str]]]]] = {}

    def __len__(self) -> int:
        return len(self._hits)

    def add(self, hit: Hit) -> None:
        """Take in the next best hit."""
        if hit.kind in _RECORDS:
            key, pairs = _said(hit)
            known = self._having.setdefault(key, [])
            place = next((place for place, other in known if len(pairs & other) >= _NEARLY * len(pairs | other)), None)
            if place is not None:
                self._alike.setdefault(place, []).append(hit.id)
                return
            known.append((len(self._hits), pairs))
        self._hits.append(hit)

    def hits(self) -> list[Hit]:
        """Return those that are left, best first."""
        return [replace(hit, alike=tuple(self._alike.get(place, ()))) for place, hit in enumerate(self._hits)]


def folded(hits: Iterable[Hit], k: int) -> list[Hit]:
    """Return the best ``k`` of ``hits`` that say different things; no more of them are read than that takes."""
    found = Folded()
    for hit in hits:
        found.add(hit)
        if len(found) == k:
            break
    return found.hits()


def _said(hit: Hit) -> tuple[object, frozenset[tuple[str, str]]]:
    if len(hit.text) > _LOOKED_AT:
        return (hit.kind, hit.text), frozenset()
    said = words_once(_TOOK.sub(" ", hit.text))
    # One without any word that carries something says no more than it stands there.
    return (hit.kind, frozenset(said) if said else hit.text), frozenset(pairwise(said))
