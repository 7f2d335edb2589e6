"""A model that is asked when it may be, and again when it could not be reached.

Rule 1: each try takes its turn by the model's limits (:mod:`teams.models.rates`); a repetition is a try like any other.
Rule 2: who waits says so again and again, can be held, and ends when it is told to stop.
Rule 3: only what may go better the next time is tried again (:mod:`teams.models.retry`).
"""

import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, replace

from onecontext.errors import BudgetExhausted, ModelError, ModelUnavailable
from teams.models.around import Around, Request
from teams.models.counting import Counting
from teams.models.port import Conversation, Message, OnText, OpenPriced, PricedModel, Reply, Usage
from teams.models.rates import Limiter, Wait
from teams.models.retry import wait_s

LOOK_S = 0.2
AGAIN_S = 2.0
TOLD_S = 1.0
"""A shorter wait is not worth telling."""
Limited = Callable[[Conversation, str, str, float], None]
"""Is told whose call of which model waits, why, and for how many seconds at first."""


@dataclass(frozen=True)
class Waiting:
    """How calls wait: ``stop`` ends it, ``pause`` holds it, ``limited`` is told of it."""

    limited: Limited
    stop: threading.Event
    pause: threading.Event
    sleep: Callable[[float], None] = time.sleep


def patient(open_model: OpenPriced, limiter: Limiter, *, retries: int, waiting: Waiting) -> OpenPriced:
    """Return what opens conversations that keep to the limits.

    Args:
        open_model: opens a model that repeats nothing itself.
        retries: how often a call is repeated that may go better the next time.
    """
    return lambda whose: Patient(open_model(whose), whose, limiter, retries, waiting)


class Patient(Around):
    """One conversation with a model that has limits."""

    def __init__(
        self, model: PricedModel, whose: Conversation, limiter: Limiter, retries: int, waiting: Waiting
    ) -> None:
        super().__init__(model, whose)
        self._limiter = limiter
        self._retries = retries
        self._waiting = waiting
        self._counting = Counting()

    def answer(self, request: Request) -> Reply:
        """Answer the conversation, when it may be asked; see :meth:`teams.models.around.Answering.answer`.

        Raises:
            ModelError: of the last try. BudgetExhausted: (without a name) it was stopped while it waited.
        """
        tokens = self._tokens_in(request) if self._limiter.counts_tokens else 0
        lost: Usage | None = None
        for attempt in range(self._retries + 1):
            said: list[str] = []
            try:
                with ExitStack() as turn:
                    self._take_turn(turn, tokens, request.on_text)
                    reply = replace(request, on_text=_heard(said, request.on_text)).to(self._model)
                took = reply.usage.tokens_in + reply.usage.tokens_out
                self._limiter.settle(tokens, took or tokens)
                return replace(reply, lost=lost) if lost else reply
            except ModelError as error:
                if said:
                    # The provider had read it all, and begun to answer.
                    lost = self._with_broken_off(lost, request, "".join(said))
                if isinstance(error, ModelUnavailable) and error.retry_after_s:
                    self._limiter.hold(error.retry_after_s)
                if not error.retryable or attempt == self._retries:
                    raise
                wait = Wait(wait_s(error, attempt), f"{type(error).__name__}: {error.message}")
            self._tell(wait)
            self._wait(wait.seconds, request.on_text)
        raise AssertionError("unreachable: the last try answers or raises")

    def _tokens_in(self, request: Request) -> int:
        return self._counting.tokens_in(request.messages, request.tools)

    def _with_broken_off(self, lost: Usage | None, request: Request, said: str) -> Usage:
        tokens_in, tokens_out = self._tokens_in(request), self._counting.of(Message("assistant", said))
        return Usage(
            (lost.tokens_in if lost else 0) + tokens_in, 0, (lost.tokens_out if lost else 0) + tokens_out, None
        )

    def _take_turn(self, turn: ExitStack, tokens: int, on_text: OnText | None) -> None:
        """Wait until the call may be made; its place is given back when ``turn`` is left."""
        told, waited_s = False, 0.0
        while True:
            with ExitStack() as stack:
                wait = self._limiter.place(stack) or self._limiter.take(tokens)
                if wait is None:
                    turn.push(stack.pop_all())
                    return
            if not told and waited_s + wait.seconds >= TOLD_S:
                told = True
                self._tell(Wait(max(wait.seconds, waited_s), wait.reason))
            # Looked at again before that: what others give back, or did not take, is not known before.
            step_s = min(max(wait.seconds, LOOK_S / 4), AGAIN_S) if wait.seconds else LOOK_S
            self._wait(step_s, on_text)
            waited_s += step_s

    def _tell(self, wait: Wait) -> None:
        if wait.seconds >= TOLD_S:
            self._waiting.limited(self._whose, self.name, wait.reason, wait.seconds)

    def _wait(self, seconds: float, on_text: OnText | None) -> None:
        waiting = self._waiting
        while seconds > 0 or waiting.pause.is_set():
            if waiting.stop.is_set():
                raise BudgetExhausted("the call was not made: the mission is stopped", kind="mission", name="")
            if on_text is not None:
                on_text("")
            step_s = min(seconds, LOOK_S) if seconds > 0 else LOOK_S
            waiting.sleep(step_s)
            seconds -= step_s


def _heard(said: list[str], on_text: OnText | None) -> OnText:
    """Return what keeps each piece in ``said`` before it is told."""

    def hear(piece: str) -> None:
        said.append(piece)
        if on_text is not None:
            on_text(piece)

    return hear
