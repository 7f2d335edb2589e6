"""The model that ``ask`` asks, as this package knows it; who has models hands one in.

Rule 1: each call is a conversation of its own: nothing is remembered from one to the next.
Rule 2: what a call costs, and whether it may be made, is the business of whoever hands the model in.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

Sign = Callable[[], None]
"""Is called again and again while a model is at work; what it raises ends the asking."""


@dataclass(frozen=True)
class Said:
    """One answer. ``tokens``: in and out together, as the provider counted them."""

    text: str
    tokens: int


class CutOff(Exception):
    """A call was ended before its answer was there: its time is over, or whoever asked is to stop."""


class Reader(Protocol):
    """A model that is asked once."""

    def ask(self, system: str, prompt: str, *, seconds: float, sign: Sign) -> Said:
        """Answer ``prompt``; called from several threads at once.

        Args:
            seconds: how long the call may take.
            sign: called while the model is at work.

        Raises:
            CutOff: it took longer, or was stopped.
            ModelError, BudgetExhausted: there is no answer.
        """
        ...
