"""What a mission, each of its tasks and each of its agents may spend on models.

Rule 1: what a call can take at the most is set aside before it is made, and settled after it with what it did take: ten
    who call at once never spend together what only one of them may.
Rule 2: who would go over while others are at a call waits for those: they mostly take less than was set aside.
Rule 3: a purse that is empty is empty for good; what a person allows later is another budget.
"""

import math
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal

from onecontext.errors import BudgetExhausted
from teams.engine.event import Event
from teams.mission.ledger import Spent, spent_by
from teams.models.port import Price
from teams.protocol.board.task import Task

Kind = Literal["mission", "task", "agent"]
LEAST_OUT = 256
"""Tokens of an answer below which a call is not worth making."""
_LOOK_S = 0.2
_ANY = Price(0.0, 1e-12)
"""Enough of a price that dollars must be left, and too little to set any aside."""


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


class Budget:
    """The purses of one mission. Safe for threads.

    Args:
        mission: what all calls together may take; ``task``: those for any one task; ``agent``: those of any one agent.
        spent: returns what was spent before, by kind and name, as :func:`spent_before` reads it; called once, with the
            first call of a model.
    """

    def __init__(
        self,
        name: str,
        mission: Allowance,
        task: Allowance,
        agent: Allowance,
        *,
        spent: Callable[[], Mapping[tuple[Kind, str], Spent]] = dict,
    ) -> None:
        self._name = name
        self._allowances: dict[Kind, Allowance] = {"mission": mission, "task": task, "agent": agent}
        self._read_before = spent
        self._before: Mapping[tuple[Kind, str], Spent] | None = None
        self._purses: dict[tuple[Kind, str], Purse] = {}
        self._changed = threading.Condition()

    @property
    def limits_usd(self) -> bool:
        """Whether any limit is in dollars."""
        return any(allowance.usd is not None for allowance in self._allowances.values())

    @contextmanager
    def reserved(
        self,
        *,
        agent: str,
        task: str | None,
        tokens_in: int,
        wanted_out: int,
        price: Price | None,
        stop: threading.Event,
        pause: threading.Event,
        sign: Callable[[], object] = lambda: None,
    ) -> Iterator["Reservation"]:
        """Set aside what a call can take, for as long as it is made.

        Args:
            tokens_in: what is sent, at the most; ``wanted_out``: how long an answer may be where nothing limits it.
            price: None is unknown: nothing can be set aside of a limit in dollars.
            stop: ends the waiting for others; ``pause``: while it is set nothing is set aside.
            sign: is called again and again while it waits.

        Raises:
            BudgetExhausted: a purse has no room, and nobody who calls now could leave any, or (without a name) the
                mission is stopped; nothing was set aside.
        """
        purses = self._of(agent, task)
        reservation = self._reserve(purses, tokens_in, wanted_out, price, stop, pause, sign)
        try:
            yield reservation
        finally:
            with self._changed:
                for purse in purses:
                    reservation.give_back(purse)
                self._changed.notify_all()

    @contextmanager
    def begun(self, *, agent: str, task: str, stop: threading.Event, pause: threading.Event) -> Iterator["Reservation"]:
        """Let a program of another maker begin, which calls models itself: nobody can say before what it will take.

        Raises:
            BudgetExhausted: nothing is left that it could take.
        """
        with self.reserved(
            agent=agent, task=task, tokens_in=0, wanted_out=LEAST_OUT, price=_ANY, stop=stop, pause=pause
        ) as reservation:
            yield reservation

    def _reserve(
        self,
        purses: list[Purse],
        tokens_in: int,
        wanted_out: int,
        price: Price | None,
        stop: threading.Event,
        pause: threading.Event,
        sign: Callable[[], object],
    ) -> "Reservation":
        with self._changed:
            while True:
                sign()
                if stop.is_set():
                    raise BudgetExhausted("the call was not made: the mission is stopped", kind="mission", name="")
                if pause.is_set():
                    self._changed.wait(_LOOK_S)
                    continue
                room = min((purse.room(tokens_in, price) for purse in purses), default=float("inf"))
                if room >= min(LEAST_OUT, wanted_out):
                    out = int(min(room, wanted_out))
                    reservation = Reservation(tokens_in, out, price)
                    for purse in purses:
                        reservation.set_aside(purse)
                    return reservation
                for purse in purses:
                    if purse.room(tokens_in, price, settled_only=True) < min(LEAST_OUT, wanted_out):
                        raise BudgetExhausted(purse.told(), kind=purse.kind, name=purse.name)
                self._changed.wait(_LOOK_S)

    def _of(self, agent: str, task: str | None) -> list[Purse]:
        names: list[tuple[Kind, str]] = [("mission", self._name), ("agent", agent)]
        if task is not None:
            names.append(("task", task))
        with self._changed:
            return [self._purse(kind, name) for kind, name in names if self._allowances[kind].is_any]

    def _purse(self, kind: Kind, name: str) -> Purse:
        if (kind, name) not in self._purses:
            if self._before is None:
                self._before = self._read_before()
            before = self._before.get((kind, name), Spent())
            self._purses[kind, name] = Purse(
                kind,
                name,
                self._allowances[kind],
                usd=before.known_usd,
                tokens=before.tokens_in + before.tokens_out,
                calls=before.calls,
            )
        return self._purses[kind, name]


class Reservation:
    """What was set aside for one call. ``tokens_out`` is the longest answer there is room for."""

    def __init__(self, tokens_in: int, tokens_out: int, price: Price | None) -> None:
        self._tokens = tokens_in + tokens_out
        self._usd = tokens_in * price.token_in_usd + tokens_out * price.token_out_usd if price else 0.0
        self.tokens_out = tokens_out
        self._took: tuple[int, float, int] | None = None

    def settle(self, *, tokens: int, usd: float | None, calls: int = 1) -> None:
        """Say what the call took; without it (it failed) nothing is counted.

        What the provider does not say (no tokens, ``usd`` None), or cannot be, counts as all that was set aside.
        """
        known = usd is not None and math.isfinite(usd) and usd >= 0
        self._took = tokens if tokens > 0 else self._tokens, usd if usd is not None and known else self._usd, calls

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


def spent_before(events: Iterable[Event], mission: str) -> dict[tuple[Kind, str], Spent]:
    """Return what the mission's journal says was spent, by purse; tasks by their keys, as conversations name them."""
    calls: list[Event] = []
    keys: dict[str, str] = {}
    for event in events:
        if event.mission != mission:
            continue
        if event.type == "model.called":
            calls.append(event)
        elif event.type == "task.created" and event.task:
            keys[event.task] = Task.parse(event.data["task"], source=f"event {event.seq}").key
    names: dict[Kind, Callable[[Event], str]] = {
        "mission": lambda event: mission,
        "task": lambda event: keys.get(event.task or "", ""),
        "agent": lambda event: event.agent or "",
    }
    return {(kind, name): some for kind, of in names.items() for name, some in spent_by(calls, of).items() if name}
