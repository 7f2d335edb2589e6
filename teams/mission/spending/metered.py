"""A model whose calls are paid from a budget: set aside before, settled after, not made where there is no room."""

import threading
from collections.abc import Sequence
from dataclasses import replace

from onecontext.errors import SetupError
from teams.mission.spending.budget import Budget
from teams.models.counting import Counting
from teams.models.port import Conversation, Message, OnText, OpenPriced, Price, PricedModel, Reply, ToolSpec

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


class Metered:
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
        self.name = model.name
        self.scripted = model.scripted
        self._model = model
        self._whose = whose
        self._budget = budget
        self._answer_tokens = answer_tokens
        self._stop = stop
        self._pause = pause
        self._counting = Counting()

    def window(self) -> int | None:
        """Return how many tokens a conversation may have; None when nobody knows."""
        return self._model.window()

    def price(self) -> Price | None:
        """Return what its tokens cost; None when nobody knows."""
        return self._model.price()

    def reply(
        self,
        messages: Sequence[Message],
        tools: Sequence[ToolSpec],
        *,
        on_text: OnText | None = None,
        most_tokens: int | None = None,
    ) -> Reply:
        """Answer the conversation, if there is room for it; see :meth:`teams.models.port.Model.reply`.

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
        wanted = min(self._answer_tokens, most_tokens or self._answer_tokens)
        with self._budget.reserved(
            agent=self._whose.agent,
            task=self._whose.task,
            tokens_in=self._most_in(messages, tools),
            wanted_out=wanted,
            price=price,
            stop=self._stop,
            pause=self._pause,
            sign=lambda: on_text("") if on_text else None,
        ) as reservation:
            reply = self._model.reply(messages, tools, on_text=on_text, most_tokens=reservation.tokens_out)
            usage = reply.usage
            counted = reservation.settle(tokens=usage.tokens_in + usage.tokens_out, usd=usage.cost_usd, lost=reply.lost)
        return replace(reply, counted=counted)

    def _most_in(self, messages: Sequence[Message], tools: Sequence[ToolSpec]) -> int:
        counted = self._counting.tokens_in(messages, tools)
        return counted if self.scripted else int(counted * MARGIN) + AROUND_A_MESSAGE * (len(messages) + len(tools))
