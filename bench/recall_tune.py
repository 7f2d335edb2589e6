"""The weights of the ranking, chosen with each conversation left out in turn.

Rule 1: a conversation's figures come from weights that were chosen on the others alone.
Rule 2: a choice starts in the middle of each grid, not at the weights that are shipped, and goes twice through them,
        one weight at a time; what counts is recall@10 + MRR over all questions.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial

from recall_data import Conversation, Question
from recall_measure import RECALL_AT_10, Costs, Row, measured, reciprocal_rank
from recall_systems import DEPTH, Kept

from onecontext.recall.search.gathering import Evidence, gathered
from onecontext.recall.search.index import asked_of
from onecontext.recall.search.model import Wanted
from onecontext.recall.search.ranking import WEIGHTS, Weights, ranked

GRID: dict[str, tuple[float, ...]] = {
    "neighbour": (0.1, 0.2, 0.3, 0.4),
    "second": (0.3, 0.5, 0.7),
    "answer": (0.2, 0.4, 0.6, 0.8),
    "asking": (0.1, 0.2, 0.3, 0.4),
    "session": (0.2, 0.4, 0.6),
    "short": (3.0, 5.0, 8.0, 12.0),
    "speaker": (0.2, 0.3, 0.4),
    "period": (0.5, 1.0, 1.5, 2.0),
}
_ROUNDS = 2


class Fold:
    """A conversation whose evidence was gathered once, to be ranked with any weights."""

    def __init__(self, conversation: Conversation, kept: Kept, costs: Costs) -> None:
        self.conversation = conversation
        self._costs = costs
        self._evidence = {one: self._gather(kept, one) for one in conversation.questions}
        self._values: dict[Weights, float] = {}

    def rows(self, weights: Weights) -> list[Row]:
        """Return the figures of each question with these weights."""
        return measured(self.conversation, partial(self._rank, weights), self._costs)

    def value(self, weights: Weights) -> float:
        """Return the sum over the questions of what is to be as high as can be."""
        if weights not in self._values:
            self._values[weights] = sum(self._worth(weights, one) for one in self.conversation.questions)
        return self._values[weights]

    def _worth(self, weights: Weights, question: Question) -> float:
        places = self._rank(weights, question)
        found = question.evidence.intersection(places[:10])
        return len(found) / len(question.evidence) + reciprocal_rank(places, question.evidence)

    def _gather(self, kept: Kept, question: Question) -> tuple[Evidence, Mapping[int, int]]:
        ask = partial(gathered, query=question.text, wanted=Wanted(kind="step"), now=kept.now, limit=DEPTH)
        evidence = asked_of(kept.layout, ask)
        return evidence, {doc: kept.place_of[one.record] for doc, one in evidence.passages.items()}

    def _rank(self, weights: Weights, question: Question) -> list[int]:
        evidence, place_of = self._evidence[question]
        return [place_of[one.doc] for one in ranked(*evidence, weights)[:DEPTH]]


def left_out(folds: Sequence[Fold], tell: Callable[[str], None]) -> list[Row]:
    """Return the figures of all conversations, each with weights that were chosen on the others."""
    rows: list[Row] = []
    for fold in folds:
        weights = chosen([other for other in folds if other is not fold])
        rows += (own := fold.rows(weights))
        shown = " ".join(f"{name}={getattr(weights, name):g}" for name in GRID)
        recall = sum(figures[RECALL_AT_10] for _, figures in own) / len(own)
        tell(f"  {fold.conversation.name:10} left out: R@10 {recall:.3f} with {shown}")
    weights = chosen(folds)
    shown = " ".join(f"{name}={getattr(weights, name):g}" for name in GRID)
    tell(f"  nothing left out:  {shown}")
    return rows


def switched_off(folds: Sequence[Fold]) -> dict[str, list[Row]]:
    """Return the figures of all conversations with the weights that are shipped, less one rule at a time."""
    found = {"all rules": [row for fold in folds for row in fold.rows(WEIGHTS)]}
    for name in GRID:
        weights = replace(WEIGHTS, **{name: 0.0})
        found[f"without {name}"] = [row for fold in folds for row in fold.rows(weights)]
    return found


def chosen(folds: Sequence[Fold]) -> Weights:
    """Return the weights of the grid that are best on these conversations."""
    weights = replace(WEIGHTS, **{name: values[len(values) // 2] for name, values in GRID.items()})
    for _ in range(_ROUNDS):
        for name, values in GRID.items():
            weights = max(
                (replace(weights, **{name: value}) for value in values),
                key=lambda one: sum(fold.value(one) for fold in folds),
            )
    return weights
