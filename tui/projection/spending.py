"""What models took, by agent, task and model, and as it grew: a part of the projection.

Rule 1: a call without a price leaves the cost unknown; it is counted as unpriced, never as free.
Rule 2: however long a run is, its curve has a bounded number of points: when there are too many, every other one goes.
"""

from collections.abc import Mapping

from teams.engine.event import Event
from tui import fields
from tui.projection.people import together
from tui.snapshot import Spending, SpentPoint, Usage

MOST_POINTS = 512
WAYS = ("agent", "task", "model")
LIMITS = ("usd", "tokens", "calls", "seconds")


class Ledger:
    """Takes in calls and budgets."""

    def __init__(self) -> None:
        self._by: dict[str, dict[str, Usage]] = {way: {} for way in WAYS}
        self._points: list[SpentPoint] = []
        self._every = 1
        self._calls = 0
        self._newest: SpentPoint | None = None
        self._limits: Mapping[str, float] = {}
        self._picture: Spending | None = None

    def allow(self, event: Event) -> None:
        """Note the budget that a mission begins or goes on with."""
        self._picture = None
        if isinstance(event.data.get("budget"), Mapping):
            told = fields.mapping(event.data, "budget")
            limits = {name: fields.optional_float(told, name) for name in LIMITS}
            self._limits = {name: limit for name, limit in limits.items() if limit}

    def take(self, event: Event, call: Usage, total: Usage) -> None:
        """Take in what a ``call`` of a model took; ``total`` is what all of them took, this one too."""
        self._picture = None
        for way, name in (
            ("agent", event.agent or ""),
            ("task", event.task or ""),
            ("model", fields.text(event.data, "model")),
        ):
            names = self._by[way]
            names[name] = together(names[name], call) if name in names else call
        self._newest = SpentPoint(event.at, total.cost_usd, total.tokens_in + total.tokens_out, total.turns)
        if self._calls % self._every == 0:
            self._points.append(self._newest)
        self._calls += 1
        if len(self._points) > MOST_POINTS:
            self._points, self._every = self._points[::2], self._every * 2

    def picture(self) -> Spending:
        """Return all of it; the same object while nothing was taken in."""
        if self._picture is None:
            points = tuple(self._points)
            if self._newest is not None and points[-1] is not self._newest:
                points = (*points, self._newest)
            by = {way: dict(names) for way, names in self._by.items() if names}
            self._picture = Spending(by, points, self._limits)
        return self._picture
