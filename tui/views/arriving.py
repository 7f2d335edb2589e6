"""Pictures on their way to the screen: from the source's thread, at a pace, the newest alone.

Rule 1: whatever came meanwhile, one picture waits, and one timer for it.
"""

from collections import deque
from collections.abc import Callable
from functools import partial
from typing import Any

from textual.app import App
from textual.driver import Driver

from tui.clocks import BEHIND_S, Pace
from tui.snapshot import Snapshot
from tui.views.receipts import LEAVING_S, Receipts


class Arriving:
    """Hands the newest picture to ``draw`` when ``pace`` lets it, and on a slow line the terminal."""

    def __init__(self, app: App[Any], pace: Pace, draw: Callable[[Snapshot], None]) -> None:
        self._app, self._pace, self._draw = app, pace, draw
        # Its ends are taken and given in one step each, so no picture is lost between two threads.
        self._newest: deque[Snapshot] = deque(maxlen=1)
        self._waits = self._settling = self._begun = False
        self._receipts = Receipts(self._send)
        self.answered = self._receipts.answered

    def receive(self, snapshot: Snapshot) -> None:
        """Called by the source's thread: leave the picture here and say so."""
        self._newest.append(snapshot)
        self._app.call_later(self.take)

    def take(self) -> None:
        """Draw the picture that is here, now or as soon as may be."""
        if self._waits or self._settling or not self._newest:
            return
        if wait_s := self._pace.wait_s() if self._receipts.taken else BEHIND_S:
            self._waits = True
            self._app.set_timer(wait_s, self._again)
            return
        self._begun = True
        self._draw(self._newest.pop())
        if self._pace.is_slow and self._terminal:
            self._app.call_after_refresh(self._ask)

    def tick(self, draw: Callable[[], None]) -> None:
        """Draw what only the time has changed, once there is a picture, unless the terminal is behind."""
        if self._begun and self._receipts.taken and not self._settling:
            self._pace.tick(draw)

    def settled(self, then: Callable[[], object], *, for_good: bool = False, most_s: float = LEAVING_S) -> None:
        """Call ``then`` once no answer of the terminal is on its way, after ``most_s`` seconds at the latest.

        Nothing is drawn meanwhile, and ``for_good`` nothing afterwards, as that would be asked about.
        """
        self._settling = True
        if self._receipts.owed and most_s > 0:
            again = partial(self.settled, then, for_good=for_good, most_s=most_s - BEHIND_S)
            self._app.set_timer(BEHIND_S, again)
            return
        then()
        self._settling = for_good
        self.take()

    def _ask(self) -> None:
        if not self._settling:
            self._receipts.ask()

    def _again(self) -> None:
        self._waits = False
        self.take()

    @property
    def _terminal(self) -> Driver | None:
        driver = self._app._driver
        return None if driver is None or driver.is_headless or driver.is_web else driver

    def _send(self, sequence: str) -> None:
        if terminal := self._terminal:
            terminal.write(sequence)
            terminal.flush()
