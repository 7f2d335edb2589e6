"""What a mission, each of its tasks and each of its agents may spend on models.

Rule 1: what a call can take at the most is set aside before it is made, and settled after it with what it did take: ten
    who call at once never spend together what only one of them may.
Rule 2: who would go over while others are at a call waits for those: they mostly take less than was set aside.
Rule 3: a purse that is empty is empty for good; what a person allows later is another budget.
"""

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager

from onecontext.errors import BudgetExhausted
from teams.engine.event import Event
from teams.mission.spending.ledger import Spent, spent_by
from teams.mission.spending.purse import LEAST_OUT, Allowance, Kind, Purse, Reservation
from teams.models.port import Price
from teams.protocol.board.task import Task

_LOOK_S = 0.2
_ANY = Price(0.0, 1e-12)
"""Enough of a price that dollars must be left, and too little to set any aside."""


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
    ) -> Iterator[Reservation]:
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
    ) -> Reservation:
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
                usd=before.counted_usd,
                tokens=before.counted_tokens,
                calls=before.calls - before.from_cache,
            )
        return self._purses[kind, name]


def spent_before(events: Iterable[Event], mission: str) -> dict[tuple[Kind, str], Spent]:
    """Return what the mission's journal says was spent, by purse; tasks by their keys, as conversations name them,
    and steps of a play by their paths."""
    calls: list[Event] = []
    keys: dict[str, str] = {}
    for event in events:
        if event.type == "model.called" and event.mission == mission:
            calls.append(event)
        elif event.type in ("task.created", "task.imported") and event.task:
            # Of whatever mission, or none: a board may be served that others put tasks on.
            keys[event.task] = Task.parse(event.data["task"], source=f"event {event.seq}").key
    names: dict[Kind, Callable[[Event], str]] = {
        "mission": lambda event: mission,
        "task": lambda event: keys.get(event.task or "", event.task or ""),
        "agent": lambda event: event.agent or "",
    }
    return {(kind, name): some for kind, of in names.items() for name, some in spent_by(calls, of).items() if name}
