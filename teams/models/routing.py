"""Which model answers whom, and who answers where one cannot.

Rule 1: only what another model may do better goes to the next: nobody answers, too many requests, silence, garbage, a
    window that is too small. A wrong request or a wrong key is wrong everywhere, and raised.
Rule 2: a model that could not be reached rests, for every conversation, and is asked first again afterwards; when all
    of them rest, they are asked all the same.
"""

import threading
import time
from collections.abc import Callable, Mapping, Sequence

from onecontext.errors import ContextOverflow, GarbledReply, ModelError, ModelUnavailable
from teams.models.port import Conversation, Message, OnText, OpenPriced, Price, PricedModel, Reply, ToolSpec

FellBack = Callable[[Conversation, str, str, ModelError], None]
"""Is told whose conversation went from which model to which, and why."""
Routes = Callable[[FellBack], OpenPriced]
_ELSEWHERE = (ModelUnavailable, GarbledReply, ContextOverflow)


def by_role(default: OpenPriced, roles: Mapping[str, OpenPriced]) -> OpenPriced:
    """Return what opens each conversation with the model of its role, or with ``default``."""
    return lambda whose: roles.get(whose.role, default)(whose)


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
    models: Sequence[tuple[str, OpenPriced]], *, resting: Resting, rest_s: float, fell_back: FellBack
) -> OpenPriced:
    """Return what opens conversations with the first of ``models`` that answers.

    Args:
        models: names and what opens them, the one that is wanted first.
        rest_s: seconds that one rests which could not be reached, or longer where it says so itself.
        fell_back: is told each time the next one is asked.
    """

    def open_conversation(whose: Conversation) -> PricedModel:
        return Cascade(models, whose, resting, rest_s, fell_back)

    return open_conversation


class Cascade:
    """One conversation that several models can carry on; each is sent all of it."""

    def __init__(
        self,
        models: Sequence[tuple[str, OpenPriced]],
        whose: Conversation,
        resting: Resting,
        rest_s: float,
        fell_back: FellBack,
    ) -> None:
        self._models = [(name, open_model(whose)) for name, open_model in models]
        self._whose = whose
        self._resting = resting
        self._rest_s = rest_s
        self._fell_back = fell_back
        self.name = self._models[0][1].name
        self.scripted = all(model.scripted for _, model in self._models)

    def window(self) -> int | None:
        """Return the window of the one that is wanted first: what is too long for it, another may take."""
        return self._models[0][1].window()

    def price(self) -> Price | None:
        """Return the price of the dearest, for whoever sets money aside; None when nobody knows one of them."""
        prices = [model.price() for _, model in self._models]
        known = [price for price in prices if price is not None]
        if len(known) < len(prices):
            return None
        return Price(max(price.token_in_usd for price in known), max(price.token_out_usd for price in known))

    def reply(
        self,
        messages: Sequence[Message],
        tools: Sequence[ToolSpec],
        *,
        on_text: OnText | None = None,
        most_tokens: int | None = None,
    ) -> Reply:
        """Answer the conversation; see :meth:`teams.models.port.PricedModel.reply`.

        ``on_text`` may see the beginning of an answer that another model then gives.

        Raises:
            ModelError: of the last one that was asked.
        """
        order = sorted(self._models, key=lambda named: self._resting.is_resting(named[0]))
        for (name, model), (after, _) in zip(order, [*order[1:], ("", None)], strict=True):
            try:
                return model.reply(messages, tools, on_text=on_text, most_tokens=most_tokens)
            except _ELSEWHERE as error:
                if isinstance(error, ModelUnavailable):
                    self._resting.rest(name, max(self._rest_s, error.retry_after_s or 0.0))
                if not after:
                    raise
                self._fell_back(self._whose, name, after, error)
        raise AssertionError("unreachable: the last one answers or raises")
