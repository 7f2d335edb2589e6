"""When a call of a model is made again, and after how long.

Rule 1: only what may go better the next time is tried again; a wrong request, a wrong key, a full window never.
Rule 2: who says how long to wait is obeyed, up to a minute; else the wait doubles.
"""

from collections.abc import Callable
from typing import TypeVar

from onecontext.errors import ModelError, ModelUnavailable

LONGEST_WAIT_S = 60.0
FIRST_WAIT_S = 0.5
T = TypeVar("T")


def with_retries(call: Callable[[], T], *, retries: int, sleep: Callable[[float], None]) -> T:
    """Return what ``call`` returns, calling it up to ``retries`` times more.

    Raises:
        ModelError: the last one, when it is not retryable or the retries are used up.
    """
    for attempt in range(retries):
        try:
            return call()
        except ModelError as error:
            if not error.retryable:
                raise
            pause = wait_s(error, attempt)
        sleep(pause)
    return call()


def wait_s(error: ModelError, attempt: int) -> float:
    """Return the seconds to wait after ``error``; ``attempt`` counts from 0."""
    said = error.retry_after_s if isinstance(error, ModelUnavailable) else None
    return min(FIRST_WAIT_S * 2**attempt if said is None else max(said, 0.0), LONGEST_WAIT_S)
