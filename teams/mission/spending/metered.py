"""A model whose calls are paid from a budget: set aside before, settled after, not made where there is no room."""

import threading
from dataclasses import replace

from onecontext.errors import SetupError
from teams.mission.spending.budget import Budget
from teams.models.around import Around, Request
from teams.models.counting import Counting
from teams.models.port import Conversation, OpenPriced, PricedModel, Reply

MARGIN = 1.25
"""Other tokenizers than the one we count with need more tokens for the same text."""
AROUND_A_MESSAGE = 16


def metered(
    open_model: OpenPriced, budget: Budget, *, answer_tokens: int, stop: threading.Event, pause: threading.Event
) -> OpenPriced:
    """Return what opens conversations that are paid from ``budget``.

    Args:
        answer_tokens: the longest answer that is asked for.
        stop: ends the waiting for room; while ``pause`` is set nobody who waits gets any.
    """

    def open_conversation(whose: Conversation) -> PricedModel:
        return Metered(open_model(whose), whose, budget, answer_tokens, stop, pause)

    return open_conversation


class Metered(Around):
    """One conversation that is paid from a budget."""

    def __init__(
        self,
        model: PricedModel,
        whose: Conversation,
        budget: Budget,
        answer_tokens: int,
        stop: threading.Event,
        pause: threading.Event,
    ) -> None:
        super().__init__(model, whose)
        self._budget = budget
        self._answer_tokens = answer_tokens
        self._stop = stop
        self._pause = pause
        self._counting = Counting()

    def answer(self, request: Request) -> Reply:
        """Answer the conversation, if there is room for it; see :meth:`teams.models.around.Answering.answer`.

        Raises:
            BudgetExhausted: there is none; the call was not made.
            SetupError: the budget is in dollars and nobody knows the price; the call was not made.
        """
        price = self._model.price() if self._budget.limits_usd else None
        if self._budget.limits_usd and price is None:
            raise SetupError(
                f"nobody knows the price of {self.name}, so a budget in dollars cannot be kept",
                hint="give the budget in tokens, or name a model whose price is known",
            )
        wanted = min(self._answer_tokens, request.most_tokens or self._answer_tokens)
        with self._budget.reserved(
            agent=self._whose.agent,
            task=self._whose.task,
            tokens_in=self._most_in(request),
            wanted_out=wanted,
            price=price,
            stop=self._stop,
            pause=self._pause,
            sign=lambda: request.on_text("") if request.on_text else None,
        ) as reservation:
            reply = replace(request, most_tokens=reservation.tokens_out).to(self._model)
            usage = reply.usage
            counted = reservation.settle(tokens=usage.tokens_in + usage.tokens_out, usd=usage.cost_usd, lost=reply.lost)
        return replace(reply, counted=counted)

    def _most_in(self, request: Request) -> int:
        counted = self._counting.tokens_in(request.messages, request.tools)
        if self.scripted:
            return counted
        return int(counted * MARGIN) + AROUND_A_MESSAGE * (len(request.messages) + len(request.tools))
