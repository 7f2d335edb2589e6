"""What is left of one allowance, and what is set aside of it for calls that are being made.

Rule 1: nothing here waits or locks: :mod:`teams.mission.spending.budget` does, over several purses at once.
"""

import math
from dataclasses import dataclass
from typing import Literal

from teams.models.port import Counted, Price, Usage

Kind = Literal["mission", "task", "agent"]
LEAST_OUT = 256
"""Tokens of an answer below which a call is not worth making."""


@dataclass(frozen=True)
class Allowance:
    """What may be spent; None is as much as it takes. ``tokens`` are those in and out together."""

    usd: float | None = None
    tokens: int | None = None
    calls: int | None = None

    @property
    def is_any(self) -> bool:
        """Whether anything is limited."""
        return (self.usd, self.tokens, self.calls) != (None, None, None)


@dataclass
class Purse:
    """What is left of one allowance: ``spent`` is settled, the rest is set aside for calls that are being made."""

    kind: Kind
    name: str
    allowance: Allowance
    usd: float = 0.0
    tokens: int = 0
    calls: int = 0
    held_usd: float = 0.0
    held_tokens: int = 0
    held_calls: int = 0

    def __str__(self) -> str:
        return self.name if self.kind == "mission" else f"{self.kind} {self.name}"

    def room(self, tokens_in: int, price: Price | None, *, settled_only: bool = False) -> float:
        """Return how many tokens an answer may have, infinite where nothing limits it, below 0 where none fits.

        Args:
            settled_only: as if every call that is being made took nothing: more than this there will never be.
        """
        held_usd, held_tokens, held_calls = (
            (0.0, 0, 0) if settled_only else (self.held_usd, self.held_tokens, self.held_calls)
        )
        limits, room = self.allowance, float("inf")
        if limits.calls is not None and self.calls + held_calls >= limits.calls:
            return -1.0
        if limits.tokens is not None:
            room = min(room, limits.tokens - self.tokens - held_tokens - tokens_in)
        if limits.usd is not None and price is not None:
            left_usd = limits.usd - self.usd - held_usd - tokens_in * price.token_in_usd
            if left_usd < 0:
                return -1.0
            if price.token_out_usd:
                room = min(room, left_usd / price.token_out_usd)
        return room

    def told(self) -> str:
        """Return what of the allowance is spent, in words."""
        limits = self.allowance
        parts = [
            f"{self.calls:,} of {limits.calls:,} calls" if limits.calls is not None else "",
            f"{self.tokens:,} of {limits.tokens:,} tokens" if limits.tokens is not None else "",
            f"${self.usd:.4f} of ${limits.usd:.4f}" if limits.usd is not None else "",
        ]
        return f"the budget of {self} has no room for another call: {', '.join(filter(None, parts))} are spent"


class Reservation:
    """What was set aside for one call. ``tokens_out`` is the longest answer there is room for."""

    def __init__(self, tokens_in: int, tokens_out: int, price: Price | None) -> None:
        self._tokens = tokens_in + tokens_out
        self._price = price
        self._usd = price.of(tokens_in, tokens_out) if price else 0.0
        self.tokens_out = tokens_out
        self._took: tuple[int, float, int] | None = None

    def settle(self, *, tokens: int, usd: float | None, calls: int = 1, lost: Usage | None = None) -> Counted | None:
        """Say what the call took; without it (it failed) nothing is counted.

        What the provider does not say (no tokens, ``usd`` None), or cannot be, counts as all that was set aside; what
        is counted then is returned, None where it is what the call took.

        Args:
            lost: what tries before it took, and nobody said.
        """
        known = usd is not None and math.isfinite(usd) and usd >= 0
        counted = Counted(tokens if tokens > 0 else self._tokens, usd if usd is not None and known else self._usd)
        same = (counted.tokens, counted.usd) == (tokens, usd) or (tokens > 0 and not self._usd)
        if lost is not None:
            same = False
            lost_usd = self._price.of(lost.tokens_in, lost.tokens_out) if self._price else 0.0
            counted = Counted(counted.tokens + lost.tokens_in + lost.tokens_out, counted.usd + lost_usd)
        self._took = counted.tokens, counted.usd, calls
        return None if same else counted

    def set_aside(self, purse: Purse) -> None:
        purse.held_tokens += self._tokens
        purse.held_usd += self._usd
        purse.held_calls += 1

    def give_back(self, purse: Purse) -> None:
        purse.held_tokens -= self._tokens
        purse.held_usd -= self._usd
        purse.held_calls -= 1
        if not purse.held_calls:
            # What adding and subtracting left over must not look like a call that somebody waits for.
            purse.held_usd = 0.0
        if self._took is not None:
            purse.tokens += self._took[0]
            purse.usd += self._took[1]
            purse.calls += self._took[2]
