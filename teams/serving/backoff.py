"""How long a task rests after something went wrong with it.

Rule 1: no clock and no randomness of its own: both come from outside, so that a test has hours in no time.
"""

from collections.abc import Callable

from teams.serving.workflow import BackOff

_MOST_DOUBLINGS = 60


def rest_s(backoff: BackOff, failures: int, *, random: Callable[[], float], least_s: float = 0.0) -> float:
    """Return the seconds after the ``failures``-th failure in a row, counted from 1.

    ``base_s`` doubled with each failure, ``max_s`` at the most, less a random share of up to ``jitter``.

    Args:
        random: returns a number from 0 to 1, as :func:`random.random`.
        least_s: what the other side asked for, such as a ``Retry-After``; it is kept.
    """
    doubled = backoff.base_s * 2.0 ** min(failures - 1, _MOST_DOUBLINGS)
    return max(min(doubled, backoff.max_s) * (1.0 - backoff.jitter * random()), least_s)
