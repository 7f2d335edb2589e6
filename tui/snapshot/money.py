"""What calls to models took."""

from collections.abc import Mapping
from dataclasses import field
from datetime import datetime

from tui.snapshot.value import value


@value
class Usage:
    """What calls to models took. ``cost_usd`` sums the priced calls; None when none of them had a price.

    ``known`` False: models were called and nobody wrote down what it took; the figures then say nothing.
    """

    turns: int = 0
    tokens_in: int = 0
    tokens_cached: int = 0
    tokens_out: int = 0
    cost_usd: float | None = None
    unpriced_turns: int = 0
    scripted_turns: int = 0
    known: bool = True


@value
class SpentPoint:
    """What all calls until ``at`` took together; ``cost_usd`` sums the priced ones, None when none had a price."""

    at: datetime
    cost_usd: float | None
    tokens: int
    calls: int


@value
class Spending:
    """Where it went: ``by`` maps agent, task and model to names ("" is nobody's) to usage; ``points`` is how it grew.

    ``limits`` is the mission's budget: usd, tokens, calls, seconds; what is left out is not limited.
    """

    by: Mapping[str, Mapping[str, Usage]] = field(default_factory=dict)
    points: tuple[SpentPoint, ...] = ()
    limits: Mapping[str, float] = field(default_factory=dict)
