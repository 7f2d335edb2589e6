"""What one run of an agent may take, and how it ended.

Rule 1: a limit is checked before the next call of the model, so a run passes it by one reply at most.
Rule 2: a limit that cannot be enforced is said so in the result, never silently ignored.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from teams.models.port import Message, Usage

Ending = Literal["finished", "turns", "tokens", "cost", "seconds", "stopped", "loop", "stalled"]
NOTHING = Usage(0, 0, 0, 0.0)


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one run; None is no bound.

    ``turns`` counts replies of the model, ``tokens`` those in and out together, ``seconds`` the time of the whole run.
    ``repeats`` is how often in a row the same calls may bring the same results before the agent is told, and then ended
    (:mod:`teams.agent.repeats`); ``polls`` the same where a tool that is made for waiting is among them. ``silence_s``
    is how long one call of the model or of a tool may give no sign of life before it is given up and the run ended.
    ``result_characters`` is the most of a tool's result the model sees (of a longer one the beginning, the end and a
    handle, where there is a memory to keep it in); ``context_tokens`` the budget of its memory;
    ``window_tokens`` what a conversation may have before it is begun anew from memory, None: what the model says.
    """

    turns: int = 50
    tokens: int | None = None
    cost_usd: float | None = None
    seconds: float | None = None
    repeats: int = 5
    polls: int = 60
    silence_s: float | None = None
    result_characters: int = 20_000
    context_tokens: int = 1500
    window_tokens: int | None = None


@dataclass(frozen=True, slots=True)
class Result:
    """What a run came to.

    ``text`` is the last thing the model said, or what the tool that ended the run returned; ``usage`` is the sum of
    all replies, its cost None as soon as one reply has no known price; ``notes`` are sentences about limits that
    could not be enforced; ``reason`` says what was repeated (``loop``) or gave no sign of life (``stalled``), else "".
    """

    text: str
    ending: Ending
    turns: int
    usage: Usage
    messages: tuple[Message, ...]
    notes: tuple[str, ...] = ()
    reason: str = ""

    @property
    def ended(self) -> str:
        """The ending and its reason, in words."""
        return f"{self.ending}: {self.reason}" if self.reason else self.ending


@dataclass(slots=True)
class Spending:
    """What a run has taken so far, against its limits."""

    limits: Limits
    clock: Callable[[], float]
    turns: int = 0
    usage: Usage = NOTHING
    known_usd: float = 0.0  # what the replies with a known price cost, so that a limit holds for those at least
    started: float = field(init=False)

    def __post_init__(self) -> None:
        self.started = self.clock()

    def add(self, usage: Usage) -> None:
        """Count one reply."""
        self.turns += 1
        self.add_aside(usage)

    def add_aside(self, usage: Usage) -> None:
        """Count what was said to a tool, which is no turn of the agent."""
        self.usage = total(self.usage, usage)
        self.known_usd += usage.cost_usd or 0.0

    def leave_out(self, seconds: float) -> None:
        """Do not count these seconds: nobody worked."""
        self.started += seconds

    def exceeded(self) -> Ending | None:
        """Return the limit that is used up, or None."""
        limits, usage = self.limits, self.usage
        if self.turns >= limits.turns:
            return "turns"
        if limits.tokens is not None and usage.tokens_in + usage.tokens_out >= limits.tokens:
            return "tokens"
        if limits.cost_usd is not None and self.known_usd > limits.cost_usd:
            return "cost"
        if limits.seconds is not None and self.clock() - self.started >= limits.seconds:
            return "seconds"
        return None

    def notes(self, model: str) -> tuple[str, ...]:
        """Return what must be said about limits that were not enforced."""
        if self.limits.cost_usd is None or self.usage.cost_usd is not None:
            return ()
        return (f"the limit of ${self.limits.cost_usd:g} could not be enforced: {model} has replies of unknown price",)


def total(left: Usage, right: Usage) -> Usage:
    """Return both together; an unknown cost makes the sum unknown."""
    known = left.cost_usd is not None and right.cost_usd is not None
    return Usage(
        left.tokens_in + right.tokens_in,
        left.tokens_cached + right.tokens_cached,
        left.tokens_out + right.tokens_out,
        (left.cost_usd or 0.0) + (right.cost_usd or 0.0) if known else None,
    )
