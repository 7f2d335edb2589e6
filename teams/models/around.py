"""Models that stand around others: they hold a call back, repeat it, pay for it, send it elsewhere, or know the answer.

Rule 1: what a model is asked is one value here; who passes it on says only what is different.
Rule 2: what one of them does not change is as the model inside has it.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

from teams.models.port import Conversation, Message, OnText, Price, PricedModel, Reply, ToolSpec


@dataclass(frozen=True, slots=True)
class Request:
    """What a model is asked: the arguments of :meth:`teams.models.port.PricedModel.reply`."""

    messages: Sequence[Message]
    tools: Sequence[ToolSpec]
    on_text: OnText | None = None
    most_tokens: int | None = None

    def to(self, model: PricedModel) -> Reply:
        """Ask ``model``, and return its reply."""
        return model.reply(self.messages, self.tools, on_text=self.on_text, most_tokens=self.most_tokens)


class Answering(ABC):
    """What answers requests, with the signature of a model's ``reply``."""

    def reply(
        self,
        messages: Sequence[Message],
        tools: Sequence[ToolSpec],
        *,
        on_text: OnText | None = None,
        most_tokens: int | None = None,
    ) -> Reply:
        """Answer the conversation; see :meth:`teams.models.port.PricedModel.reply`, and :meth:`answer` for more."""
        return self.answer(Request(messages, tools, on_text, most_tokens))

    @abstractmethod
    def answer(self, request: Request) -> Reply:
        """Answer ``request``; it may raise what :meth:`teams.models.port.PricedModel.reply` raises."""


class Around(Answering):
    """One conversation with ``model``, ``whose`` it is, and something around it."""

    def __init__(self, model: PricedModel, whose: Conversation) -> None:
        self.name = model.name
        self.scripted = model.scripted
        self._model = model
        self._whose = whose

    def window(self) -> int | None:
        """Return how many tokens a conversation may have; None when nobody knows."""
        return self._model.window()

    def price(self) -> Price | None:
        """Return what its tokens cost; None when nobody knows."""
        return self._model.price()
