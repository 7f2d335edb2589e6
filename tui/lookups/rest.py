"""How often something may be looked up again by itself.

Rule 1: whatever it costs, it takes no more than a twentieth of a core: after a second of work come twenty without.
"""

import time
from types import TracebackType

REST_FOR_WORK = 20


class Rest:
    """Used as a context around the work; :meth:`is_over` says whether it may be done again by now."""

    def __init__(self, least_s: float = 0.0) -> None:
        """Begin rested; ``least_s``: a pause is never shorter."""
        self._least_s = least_s
        self._begun_s = self._until_s = 0.0

    def is_over(self) -> bool:
        """Say whether enough time has passed since the work was done."""
        return time.monotonic() >= self._until_s

    def __enter__(self) -> None:
        self._begun_s = time.monotonic()
        self._until_s = float("inf")

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        now_s = time.monotonic()
        self._until_s = now_s + max(self._least_s, REST_FOR_WORK * (now_s - self._begun_s))
