"""The end of one worker's work: its own, or that of the whole mission."""

import threading
import time

_LOOK_S = 0.1


class Withdrawal(threading.Event):
    """An event that is also set while ``mission`` is; setting it leaves ``mission`` alone."""

    def __init__(self, mission: threading.Event) -> None:
        super().__init__()
        self._mission = mission

    def is_set(self) -> bool:
        """Say whether the work is to end."""
        return super().is_set() or self._mission.is_set()

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until the work is to end, ``timeout`` seconds at the most (None: for ever); say whether it is."""
        until = None if timeout is None else time.monotonic() + timeout
        while not self.is_set():
            left = _LOOK_S if until is None else min(_LOOK_S, until - time.monotonic())
            if left <= 0:
                return False
            super().wait(left)
        return True
