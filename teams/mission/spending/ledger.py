"""What models cost, call by call, read from a team's journal.

Rule 1: a call without a price is of unknown price, never free: what is known is a sum over the others.
Rule 2: the journal may be anybody's: a number that is none, below 0 or beyond all sense counts as 0, and of unknown
    price.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields, replace
from typing import Any

from teams.engine.event import Event

NOBODY = "(none)"
_BEYOND_SENSE = 1e15
"""Sums of smaller numbers stay numbers."""


@dataclass(frozen=True)
class Spent:
    """What some calls took together.

    ``tokens_cached`` are part of ``tokens_in``; ``known_usd`` is what the calls with a price cost, ``unpriced`` counts
    the others; ``seconds`` is the time until the answers were there, added up over calls that may have run at once.
    ``from_cache`` counts the calls for which nobody was asked; ``counted_tokens`` and ``counted_usd`` are what budgets
    count: what was set aside, where a provider did not say what it took.
    """

    calls: int = 0
    scripted: int = 0
    tokens_in: int = 0
    tokens_cached: int = 0
    tokens_out: int = 0
    known_usd: float = 0.0
    unpriced: int = 0
    seconds: float = 0.0
    from_cache: int = 0
    counted_tokens: int = 0
    counted_usd: float = 0.0

    @property
    def cost_usd(self) -> float | None:
        """What all of it cost; None when the price of any call is unknown."""
        return None if self.unpriced else self.known_usd

    def plus(self, event: Event) -> "Spent":
        """Return it with the call that an event ``model.called`` tells of."""
        data = event.data
        price = _number(data.get("cost_usd"))
        tokens_in, tokens_out = int(_number(data.get("tokens_in")) or 0), int(_number(data.get("tokens_out")) or 0)
        counted = data.get("counted")
        counted = counted if isinstance(counted, dict) else {}
        counted_tokens, counted_usd = _number(counted.get("tokens")), _number(counted.get("usd"))
        return replace(
            self,
            # What another program tells of its calls comes together, at its end.
            calls=self.calls + max(1, int(_number(data.get("calls")) or 1)),
            scripted=self.scripted + (data.get("scripted") is True),
            tokens_in=self.tokens_in + tokens_in,
            tokens_cached=self.tokens_cached + int(_number(data.get("tokens_cached")) or 0),
            tokens_out=self.tokens_out + tokens_out,
            known_usd=self.known_usd + (price or 0.0),
            unpriced=self.unpriced + (price is None),
            seconds=self.seconds + (_number(data.get("latency_s")) or 0.0),
            from_cache=self.from_cache + (data.get("cached") is True),
            counted_tokens=self.counted_tokens
            + (tokens_in + tokens_out if counted_tokens is None else int(counted_tokens)),
            counted_usd=self.counted_usd + ((price or 0.0) if counted_usd is None else counted_usd),
        )

    def with_(self, other: "Spent") -> "Spent":
        """Return both together."""
        return Spent(*(getattr(self, one.name) + getattr(other, one.name) for one in fields(self)))


def _number(value: Any) -> float | None:
    if not isinstance(value, int | float) or isinstance(value, bool):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if 0 <= number <= _BEYOND_SENSE else None


def _task(event: Event) -> str:
    return f"#{event.task}" if event.task else NOBODY


GROUPS: dict[str, Callable[[Event], str]] = {
    "agent": lambda event: event.agent or NOBODY,
    "task": _task,
    "model": lambda event: str(event.data.get("model") or NOBODY),
    "provider": lambda event: str(event.data.get("provider") or NOBODY),
    "mission": lambda event: event.mission or NOBODY,
}


def spent(events: Iterable[Event]) -> Spent:
    """Return what all calls of models took together."""
    return spent_by(events, lambda _: "").get("", Spent())


def spent_by(events: Iterable[Event], group: Callable[[Event], str]) -> dict[str, Spent]:
    """Return what the calls of each group took, in the order in which the groups began; other events are passed over.

    Args:
        group: the name of an event's group, as those of :data:`GROUPS`.
    """
    found: dict[str, Spent] = {}
    for event in events:
        if event.type == "model.called":
            name = group(event)
            found[name] = found.get(name, Spent()).plus(event)
    return found
