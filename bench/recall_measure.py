"""What a ranking of turns is worth: recall at a depth and within a budget, and the rank of the first hit."""

from collections.abc import Callable, Iterable, Sequence
from statistics import fmean

from recall_data import Conversation, Question, Turn

DEPTHS = (1, 5, 10, 20)
BUDGETS = (500, 1_000, 2_000)  # tokens
COLUMNS = (*(f"R@{depth}" for depth in DEPTHS), "MRR", *(f"R {budget} tok" for budget in BUDGETS))
RECALL_AT_10 = COLUMNS.index("R@10")
MRR = COLUMNS.index("MRR")

Rank = Callable[[Question], Sequence[int]]
"""Returns the places of turns for a question, best first."""

Row = tuple[int, tuple[float, ...]]
"""The category of a question, and its figures in the order of ``COLUMNS``."""


class Costs:
    """The tokens of the turns of one conversation, each as it is shown, with the line feed behind it."""

    def __init__(self, turns: Sequence[Turn], count: Callable[[str], int]) -> None:
        self._tokens = [count(f"{turn.shown}\n") for turn in turns]

    def fitting(self, ranked: Iterable[int], budget: int) -> list[int]:
        """Return the turns that a budget has room for: in order, passing over those that no longer fit."""
        fitting = []
        for place in ranked:
            if self._tokens[place] <= budget:
                budget -= self._tokens[place]
                fitting.append(place)
        return fitting


def measured(conversation: Conversation, rank: Rank, costs: Costs) -> list[Row]:
    """Return a row for each question of a conversation."""
    return [
        (question.category, figures(list(rank(question)), question.evidence, costs))
        for question in conversation.questions
    ]


def figures(ranked: Sequence[int], evidence: frozenset[int], costs: Costs) -> tuple[float, ...]:
    """Return the figures of one question, in the order of ``COLUMNS``."""
    at_depths = [_recall(ranked[:depth], evidence) for depth in DEPTHS]
    within = [_recall(costs.fitting(ranked, budget), evidence) for budget in BUDGETS]
    return (*at_depths, reciprocal_rank(ranked, evidence), *within)


def reciprocal_rank(ranked: Sequence[int], evidence: frozenset[int]) -> float:
    """Return 1 / the rank of the first turn that is evidence, 0 where there is none."""
    return next((1 / rank for rank, place in enumerate(ranked, 1) if place in evidence), 0.0)


def mean(rows: Iterable[Row]) -> tuple[float, ...]:
    """Return the mean of each figure over questions."""
    return tuple(fmean(column) for column in zip(*(row for _, row in rows), strict=True))


def _recall(found: Iterable[int], evidence: frozenset[int]) -> float:
    return len(evidence.intersection(found)) / len(evidence)
