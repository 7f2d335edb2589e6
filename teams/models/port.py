"""What an agent knows of a language model: messages in, one reply out.

Rule 1: plain values only; no provider's class passes this line.
Rule 2: a price nobody knows is None, never 0.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol, runtime_checkable

OnText = Callable[[str], None]
"""Is called with each piece of text as it arrives, and with "" for any other sign of life: a thought, a piece of a
call, a word that the call waits for its turn. What it raises ends the call."""


Difficulty = Literal["easy", "normal", "hard"]


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A tool the model asks for. ``arguments`` is the JSON text exactly as the model wrote it, valid or not."""

    id: str
    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class Message:
    """One entry of a conversation. ``tool_call_id`` says which call a ``tool`` message answers, else None."""

    role: Literal["system", "user", "assistant", "tool"]
    content: str
    tool_calls: tuple[ToolCall, ...] = ()
    tool_call_id: str | None = None


@dataclass(frozen=True, slots=True)
class ToolSpec:
    """A tool as the model sees it. ``parameters`` is a JSON Schema of type object."""

    name: str
    description: str
    parameters: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Usage:
    """What one reply took. Tokens as the provider counted them; ``cost_usd`` is None when no price is known."""

    tokens_in: int
    tokens_cached: int
    tokens_out: int
    cost_usd: float | None


@dataclass(frozen=True, slots=True)
class Counted:
    """What a budget counts for one reply."""

    tokens: int
    usd: float


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer of a model. ``model`` is who answered; ``stop`` is why it stopped.

    ``provider`` is whose server it was, "" where nobody knows. ``counted`` is what a budget counts for it where that is
    not what ``usage`` says, else None. ``cached``: it was given before and kept, and nobody was asked. ``lost``
    is what tries before it took that broke off in the middle of an answer, by our own count; None: there were none.
    ``window`` is how many tokens the conversation may have before it is begun anew; None: nobody knows.
    """

    text: str
    tool_calls: tuple[ToolCall, ...]
    usage: Usage
    model: str
    stop: Literal["end", "tools", "length"]
    provider: str = ""
    counted: Counted | None = None
    cached: bool = False
    lost: Usage | None = None
    window: int | None = None


@dataclass(frozen=True, slots=True)
class Conversation:
    """Whose conversation a model is opened for. ``task`` is the task's key or None, ``attempt`` counts from 1.

    ``difficulty`` is what the plan says of the task; None for whoever works on none, or only judges it.
    """

    agent: str
    role: str
    task: str | None = None
    attempt: int = 1
    difficulty: Difficulty | None = None


@dataclass(frozen=True, slots=True)
class Price:
    """Dollars for one token. What is cached is mostly cheaper, and never dearer."""

    token_in_usd: float
    token_out_usd: float

    def of(self, tokens_in: int, tokens_out: int) -> float:
        """Return what so many tokens cost."""
        return tokens_in * self.token_in_usd + tokens_out * self.token_out_usd


class Model(Protocol):
    """A model opened for one conversation."""

    name: str
    scripted: bool

    def reply(self, messages: Sequence[Message], tools: Sequence[ToolSpec], *, on_text: OnText | None = None) -> Reply:
        """Answer the conversation; ``on_text`` is called with each piece of text as it arrives.

        Raises:
            ModelError: no usable answer; see :mod:`onecontext.errors` for the kinds. Nothing is retried further.
        """
        ...


@runtime_checkable
class Windowed(Protocol):
    """A model that knows how long a conversation may be."""

    def window(self) -> int | None:
        """Return how many tokens a conversation may have; None when nobody knows."""
        ...


class PricedModel(Model, Windowed, Protocol):
    """A model that can be paid from a budget: it says what it costs, and an answer can be bounded."""

    def price(self) -> Price | None:
        """Return what its tokens cost; None when nobody knows."""
        ...

    def reply(
        self,
        messages: Sequence[Message],
        tools: Sequence[ToolSpec],
        *,
        on_text: OnText | None = None,
        most_tokens: int | None = None,
    ) -> Reply:
        """Answer the conversation; ``on_text`` is called with each piece of text as it arrives.

        Args:
            most_tokens: the longest answer that is paid for; None leaves it to the provider.

        Raises:
            ModelError: no usable answer; see :mod:`onecontext.errors` for the kinds. Nothing is retried further.
        """
        ...


OpenModel = Callable[[Conversation], Model]
OpenPriced = Callable[[Conversation], PricedModel]
