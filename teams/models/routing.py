"""Which model answers whom, and who answers where one cannot.

Rule 1: only what another model may do better goes to the next: nobody answers, too many requests, silence, garbage, a
    window that is too small. A wrong request or a wrong key is wrong everywhere, and raised.
Rule 2: a model that could not be reached rests, for every conversation, and is asked first again afterwards; when all
    of them rest, they are asked all the same.
Rule 3: a conversation that is too long for a model goes to those with larger windows first. It is not sent again to one
    it was too long for, unless it has become shorter.
"""

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from onecontext.errors import ContextOverflow, GarbledReply, ModelError, ModelUnavailable
from teams.models.around import Answering, Request
from teams.models.patient import Waiting
from teams.models.port import (
    Conversation,
    Difficulty,
    OpenPriced,
    Price,
    PricedModel,
    Reply,
)

FellBack = Callable[[Conversation, str, str, ModelError], None]
"""Is told whose conversation went from which model to which, and why."""


@dataclass(frozen=True)
class Surroundings:
    """Where conversations are opened: who is told of changes, and of waits; where limits are shared with others."""

    fell_back: FellBack
    waiting: Waiting
    rates: Path


Routes = Callable[[Surroundings], OpenPriced]
Named = tuple[str, OpenPriced]
LEVELS: tuple[Difficulty, ...] = ("easy", "normal", "hard")
_ELSEWHERE = (ModelUnavailable, GarbledReply, ContextOverflow)


def by_name(named: Callable[[Conversation], str], models: Mapping[str, OpenPriced]) -> OpenPriced:
    """Return what opens each conversation with the one of ``models`` that ``named`` names for it."""
    return lambda whose: models[named(whose)](whose)


def model_for(
    whose: Conversation, *, default: str, roles: Mapping[str, str], difficulty: Mapping[Difficulty, str]
) -> str:
    """Return the name of the model that is wanted for a conversation.

    Who works on a task is answered by the model for its difficulty, one step harder with each attempt that was
    rejected; where none is named for that, as everybody else, by the model for the role, or else ``default``.
    """
    if whose.difficulty is not None:
        step = min(LEVELS.index(whose.difficulty) + whose.attempt - 1, len(LEVELS) - 1)
        if LEVELS[step] in difficulty:
            return difficulty[LEVELS[step]]
    return roles.get(whose.role, default)


class Resting:
    """The models that could not be reached lately, by name. Safe for threads."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._until: dict[str, float] = {}
        self._lock = threading.Lock()

    def rest(self, name: str, seconds: float) -> None:
        """Let the model of that name rest so long from now; what it has to rest already stands."""
        with self._lock:
            self._until[name] = max(self._until.get(name, 0.0), self._clock() + seconds)

    def is_resting(self, name: str) -> bool:
        """Say whether it rests now."""
        with self._lock:
            return self._until.get(name, 0.0) > self._clock()


def cascade(
    models: Sequence[Named], *, overflow: Sequence[Named] = (), resting: Resting, rest_s: float, fell_back: FellBack
) -> OpenPriced:
    """Return what opens conversations with the first of ``models`` that answers.

    Args:
        models: names and what opens them, the one that is wanted first.
        overflow: those that are asked, in this order, when a conversation is too long for one of ``models``.
        rest_s: seconds that one rests which could not be reached, or longer where it says so itself.
        fell_back: is told each time the next one is asked.
    """

    def open_conversation(whose: Conversation) -> PricedModel:
        return Cascade(models, overflow, whose, resting, rest_s, fell_back)

    return open_conversation


class Cascade(Answering):
    """One conversation that several models can carry on; each is sent all of it."""

    def __init__(
        self,
        models: Sequence[Named],
        overflow: Sequence[Named],
        whose: Conversation,
        resting: Resting,
        rest_s: float,
        fell_back: FellBack,
    ) -> None:
        opened: dict[str, PricedModel] = {}
        for name, open_model in dict([*overflow, *models]).items():
            opened[name] = open_model(whose)
        self._opened = opened
        self._names = [name for name, _ in models]
        self._larger = [name for name, _ in overflow]
        self._whose = whose
        self._resting = resting
        self._rest_s = rest_s
        self._fell_back = fell_back
        self._too_long: dict[str, int] = {}
        """Models to the characters of the conversation that was too long for them."""
        self.name = opened[self._names[0]].name
        self.scripted = all(model.scripted for model in opened.values())

    def window(self) -> int | None:
        """Return the window of the one that is wanted first: what is too long for it, another may take."""
        return self._opened[self._names[0]].window()

    def price(self) -> Price | None:
        """Return the price of the dearest, for whoever sets money aside; None when nobody knows one of them."""
        prices = [model.price() for model in self._opened.values()]
        known = [price for price in prices if price is not None]
        if len(known) < len(prices):
            return None
        return Price(max(price.token_in_usd for price in known), max(price.token_out_usd for price in known))

    def answer(self, request: Request) -> Reply:
        """Answer the conversation; see :meth:`teams.models.around.Answering.answer`.

        ``on_text`` may see the beginning of an answer that another model then gives.

        Raises:
            ModelError: of the last one that was asked; that the conversation is too long, where that was all.
        """
        size = sum(
            len(message.content) + sum(len(call.arguments) for call in message.tool_calls)
            for message in request.messages
        )
        todo = self._order(size)
        overflow: ContextOverflow | None = None
        while True:
            name, *todo = todo
            try:
                return request.to(self._opened[name])
            except _ELSEWHERE as error:
                if isinstance(error, ModelUnavailable):
                    self._resting.rest(name, max(self._rest_s, error.retry_after_s or 0.0))
                elif isinstance(error, ContextOverflow):
                    self._too_long[name] = min(size, self._too_long.get(name, size))
                    todo, overflow = self._larger_first(todo, size), error
                if not todo:
                    # Who begins anew with less may find one that answers; who is told of a server cannot.
                    raise (overflow or error) from error
                self._fell_back(self._whose, name, todo[0], error)

    def _order(self, size: int) -> list[str]:
        """Return who is asked for a conversation of so many characters, in order."""
        rested = sorted(self._names, key=self._resting.is_resting)
        fitting = [name for name in rested if self._fits(name, size)]
        if len(fitting) < len(rested):
            fitting = self._larger_first(fitting, size)
        # When it was too long for all of them, they say so once more.
        return fitting or rested

    def _larger_first(self, others: Sequence[str], size: int) -> list[str]:
        larger = [name for name in self._larger if self._fits(name, size)]
        larger.sort(key=self._resting.is_resting)
        return [*larger, *(name for name in others if name not in larger)]

    def _fits(self, name: str, size: int) -> bool:
        return size < self._too_long.get(name, size + 1)
