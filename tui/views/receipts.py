"""Whether the terminal at the far end of a line has drawn what it was sent, by its own word.

Rule 1: on the way through ssh lie megabytes of buffers, so what is written here says nothing about what is seen there:
        a line slower than the pictures would show them ever later. The terminal is asked where its cursor is (DSR 6,
        answered by CPR; ECMA-48 8.3.35 and 8.3.14) behind a picture, and the next one waits for the answer.
Rule 2: a terminal that never answered is never waited for. One that did is asked again when an answer is missing for
        long, as another program may have read it.
Rule 3: who leaves waits for an answer that is on its way, or the shell would take it for keys; not for long.
"""

import time
from collections.abc import Callable

ASK = "\x1b[6n"
MISSING_S = 5.0
LEAVING_S = 1.0


class Receipts:
    """Asks with ``send``; ``clock`` gives seconds."""

    def __init__(self, send: Callable[[str], None], clock: Callable[[], float] = time.monotonic) -> None:
        self._send, self._clock = send, clock
        self._asked_s = 0.0
        self._open = 0
        self._waits = self._ever = False

    def ask(self) -> None:
        """Ask behind what was just sent, unless an answer is awaited."""
        if not self._waits:
            self._ask()

    def answered(self) -> None:
        """Take note of an answer; it stands for all questions before it."""
        self._open = max(0, self._open - 1)
        self._waits, self._ever = False, True

    @property
    def taken(self) -> bool:
        """Whether what was sent last has been drawn, as far as anybody knows."""
        if not (self._waits and self._ever):
            return True
        if self._clock() - self._asked_s > MISSING_S:
            self._ask()
        return False

    @property
    def owed(self) -> bool:
        """Whether an answer may be on its way, to be waited for before the terminal is given back."""
        return self._open > 0 and self._clock() - self._asked_s < (MISSING_S if self._ever else LEAVING_S)

    def _ask(self) -> None:
        self._send(ASK)
        self._open += 1
        self._waits, self._asked_s = True, self._clock()
