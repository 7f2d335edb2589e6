"""A model as the reader of context variables: each question is a fresh conversation with it.

Rule 1: the conversation is opened like any other, so budgets, limits of rates, fallbacks and kept answers hold for it;
    each answer is told to whoever writes down what models take.
"""

import threading
import time
from collections.abc import Callable

from onecontext.variables.port import CutOff, Reader, Said, Sign
from teams.models.port import Message, Model, Reply

ROLE = "reader"
"""What [model] roles and a script call the one who reads portions of a context variable."""


def reader_of(
    open_model: Callable[[], Model],
    told: Callable[[Reply, float], object],
    *,
    stop: threading.Event | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> Reader:
    """Return what asks a model once.

    Args:
        open_model: opens a conversation; called for each question.
        told: is told each answer and the seconds that it took; called from several threads.
        stop: set, it cuts off what is asked; None: nothing does.
    """

    def ask(system: str, prompt: str, seconds: float, sign: Sign) -> Said:
        began = clock()

        def heard(_: str) -> None:
            sign()
            if stop is not None and stop.is_set():
                raise CutOff("it was stopped")
            if clock() - began >= seconds:
                raise CutOff("time was over while the model answered")

        heard("")
        messages = (Message("system", system), Message("user", prompt))
        reply = open_model().reply(messages, (), on_text=heard)
        told(reply, clock() - began)
        return Said(reply.text, reply.usage.tokens_in + reply.usage.tokens_out)

    return ask
