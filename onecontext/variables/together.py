"""Calls of a model at the same time, waited for as long as there is time for them.

Rule 1: who calls is a daemon thread, so neither the caller nor the end of the process waits for a silent server.
Rule 2: whose time is over is told to stop at its next sign of life, and what it says after that is not taken.
"""

import threading
import time
from collections.abc import Sequence
from concurrent.futures import Future, wait
from functools import partial

from onecontext.variables.port import CutOff, Reader, Said, Sign

_LOOK_S = 0.5
_GRACE_S = 1.0
"""For those who were told to stop: one that streams ends in that time, and says what it took."""


def together(
    reader: Reader, system: str, prompts: Sequence[str], *, left_s: float, sign: Sign
) -> list[Said | BaseException]:
    """Ask all ``prompts`` at once; return each answer, or what was raised in its place, in their order.

    Args:
        left_s: seconds that they may take; then :class:`CutOff` stands where there is no answer.
        sign: is called while any of them shows signs of life.

    Raises:
        Whatever ``sign`` raises, and what ends the process (^C); those that are asked are told to stop.
    """
    heard, given_up = threading.Event(), threading.Event()

    def alive() -> None:
        heard.set()
        if given_up.is_set():
            raise CutOff("nobody waits for it any more")

    asked = [_begun(partial(reader, system, prompt, left_s, alive)) for prompt in prompts]
    end_s = time.monotonic() + left_s
    try:
        left = set(asked)
        while left and time.monotonic() < end_s:
            left = wait(left, timeout=min(_LOOK_S, max(end_s - time.monotonic(), 0))).not_done
            if heard.is_set():
                heard.clear()
                sign()
    finally:
        given_up.set()
        wait(asked, timeout=_GRACE_S)
    return [_outcome(future) for future in asked]


def _begun(call: partial[Said]) -> "Future[Said]":
    future: Future[Said] = Future()

    def run() -> None:
        try:
            future.set_result(call())
        except BaseException as error:  # noqa: BLE001  # it belongs to whoever asked
            future.set_exception(error)

    threading.Thread(target=run, name="ctx-ask", daemon=True).start()
    return future


def _outcome(future: "Future[Said]") -> Said | BaseException:
    if not future.done():
        return CutOff("time was over, and the model was silent")
    error = future.exception()
    return future.result() if error is None else error
