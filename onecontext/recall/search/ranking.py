"""The order of what was found: BM25, and the evidence that stands around a text.

Rule 1: this file does no input or output and reads no clock.
Rule 2: every rule here is one of conversation and work in general (who, when, before, after); none knows a word.
Rule 3: of equal scores the newer comes first, then the lower id and key: never what a rebuild may change. Scores are
        sums that do not depend on the order of what is added.

What is a hit by itself lends a part of its score to what stands beside it in the same session, more to what follows a
question, and to all of a session that has a better one. How the weights were chosen, and the figures: docs/recall.md.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from math import fsum
from typing import NamedTuple

from onecontext.recall.search.dates import Period
from onecontext.recall.search.documents import moment


@dataclass(frozen=True)
class Weights:
    """The numbers of the ranking; 0 switches a rule off. Chosen by `bench/recall.py --tune` (docs/recall.md).

    Attributes:
        neighbour: the part of its score that a text lends to the one before and the one after it: what is said about a
            thing is rarely said in one breath.
        second: the part of that which still reaches the next but one.
        answer: what the text after one that asks gets besides: an answer need not repeat the words of its question. The
            step before a milestone gets two thirds of it, which keeps it behind the milestone.
        asking: the part of its own score that a text which asks loses: it has the words and not the answer.
        session: the part of the best score of a session that everything in it gets.
        short: words at which a text is believed by half: "Great, thanks!" stands beside much and says nothing.
        speaker: how much more what an agent wrote counts where the query names this agent.
        period: how much more what was written in the time that the query names counts.
    """

    neighbour: float = 0.2
    second: float = 0.7
    answer: float = 0.6
    asking: float = 0.4
    session: float = 0.6
    short: float = 5.0
    speaker: float = 0.3
    period: float = 1.5


WEIGHTS = Weights()
_SUMMED_UP = 2 / 3  # of `answer`; reasoned, not tuned


class Passage(NamedTuple):
    """What the ranking knows of a document.

    ``key`` tells versions of a record apart, and ``session`` sessions, None where a document stands in none. ``at_us``
    counts microseconds from 1970, UTC, ``words`` those of its text. ``before`` and ``after`` are the documents next to
    it, the nearest first; None where there is none, or none that is wanted. ``sums_up`` says that it is a milestone.
    """

    doc: int
    key: int
    record: str
    agent: int
    session: tuple[int, int] | None
    at_us: int
    words: int
    asks: bool
    before: tuple[int | None, ...] = ()
    after: tuple[int | None, ...] = ()
    sums_up: bool = False


class Asked(NamedTuple):
    """Whom and when a query names: ids of agents, and None for any time."""

    agents: Collection[int] = ()
    period: Period | None = None


class Ranked(NamedTuple):
    """A document and its score: higher is better."""

    doc: int
    score: float


def ranked(
    passages: Mapping[int, Passage], found: Mapping[int, float], asked: Asked, weights: Weights = WEIGHTS
) -> list[Ranked]:
    """Return all passages that have any evidence, best first.

    Args:
        passages: what was found and what stands beside it, by document.
        found: the score of BM25 of each document that was found, all in ``passages``.
    """
    evidence = _lent(passages, found, weights)
    best = _best_of_sessions(passages, found)
    scores = {}
    for doc, passage in passages.items():
        score = evidence.get(doc, 0.0) + weights.session * best.get(passage.session, 0.0)
        scores[doc] = score * _believed(passage, asked, weights)
    order = sorted(
        scores, key=lambda doc: (-scores[doc], -passages[doc].at_us, passages[doc].record, passages[doc].key)
    )
    return [Ranked(doc, scores[doc]) for doc in order if scores[doc] > 0]


def _lent(passages: Mapping[int, Passage], found: Mapping[int, float], weights: Weights) -> dict[int, float]:
    """Return what each document has of its own, and what those beside it lend."""
    parts: dict[int, list[float]] = defaultdict(list)
    for doc, score in found.items():
        passage = passages[doc]
        parts[doc].append(score * (1 - weights.asking * passage.asks))
        for side in (passage.before, passage.after):
            share = weights.neighbour * score
            for other in side:
                if other is not None:
                    parts[other].append(share)
                share *= weights.second
        if passage.asks and passage.after and passage.after[0] is not None:
            parts[passage.after[0]].append(weights.answer * score)
        # What a milestone tells in a sentence, the step before it tells in full.
        before = passage.before[0] if passage.sums_up and passage.before else None
        if before is not None and not passages[before].sums_up:
            parts[before].append(_SUMMED_UP * weights.answer * score)
    return {doc: fsum(lent) for doc, lent in parts.items()}


def _best_of_sessions(
    passages: Mapping[int, Passage], found: Mapping[int, float]
) -> dict[tuple[int, int] | None, float]:
    best: dict[tuple[int, int] | None, float] = {}
    for doc, score in found.items():
        session = passages[doc].session
        if session is not None:
            best[session] = max(score, best.get(session, 0.0))
    return best


def _believed(passage: Passage, asked: Asked, weights: Weights) -> float:
    """Return by what the evidence of a passage is multiplied."""
    factor = passage.words / (passage.words + weights.short) if passage.words else 0.0
    if passage.agent in asked.agents:
        factor *= 1 + weights.speaker
    if asked.period and asked.period(_time(passage)):
        factor *= 1 + weights.period
    return factor


def _time(passage: Passage) -> datetime:
    return moment(passage.at_us)
