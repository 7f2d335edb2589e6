"""The model that ``ask`` asks, as this package knows it; who has models hands one in.

Rule 1: each call is a conversation of its own: nothing is remembered from one to the next.
Rule 2: what a call costs, and whether it may be made, is the business of whoever hands the model in.
"""

from collections.abc import Callable
from dataclasses import dataclass

Sign = Callable[[], None]
"""Is called again and again while a model is at work; what it raises ends the asking."""


@dataclass(frozen=True)
class Said:
    """One answer. ``tokens``: in and out together, as the provider counted them."""

    text: str
    tokens: int


class CutOff(Exception):
    """A call was ended before its answer was there: its time is over, or whoever asked is to stop."""


Reader = Callable[[str, str, float, Sign], Said]
"""A model that is asked once, from several threads at once: instructions, what is asked, how many seconds the call may
take, and what is called while it is at work. Raises :class:`CutOff`, or ModelError and BudgetExhausted where there is
no answer."""
