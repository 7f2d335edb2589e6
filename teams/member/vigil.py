"""What goes on beside a member's work: the lease of the task in hand is renewed, and what cannot wait is looked at.

Rule 1: nothing here decides. What is noticed (a claim that passed on, an order to stop) is told through ``look``.
Rule 2: what fails once is tried again at the next look; a claim that passed on is for good.
"""

import threading
import time
from collections.abc import Callable
from types import TracebackType

from onecontext.errors import LockTimeout, OneContextError, StaleEpoch, UnknownTask

LOOK_S = 0.5


class Vigil:
    """A thread that looks up twice a second. ``lost`` says why the claim in hand is gone, "" while it is not."""

    def __init__(self, look: Callable[[], None]) -> None:
        self._look = look
        self._renew: Callable[[], object] | None = None
        self._every_s = 0.0
        self._due = 0.0
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="vigil", daemon=True)
        self.lost = ""

    def __enter__(self) -> "Vigil":
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join()

    def keep(self, renew: Callable[[], object] | None, *, every_s: float = 0.0) -> None:
        """Call ``renew`` every so many seconds from now on; None is nothing to keep."""
        with self._lock:
            self._renew, self._every_s, self.lost = renew, every_s, ""
            self._due = time.monotonic() + every_s

    def _run(self) -> None:
        while True:
            try:
                self._keep()
                self._look()
            except (OneContextError, OSError):
                # The member meets the same where it reads its mail and has its claim, and ends or says so there.
                pass
            if self._over.wait(LOOK_S):
                return

    def _keep(self) -> None:
        with self._lock:
            if self._renew is None or self.lost or time.monotonic() < self._due:
                return
            try:
                self._renew()
            except LockTimeout:
                return
            except (StaleEpoch, UnknownTask) as error:
                self.lost = error.message
            self._due = time.monotonic() + self._every_s
