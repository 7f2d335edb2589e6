"""Pictures on their way to the screen: from the source's thread, at a pace, the newest alone.

Rule 1: whatever came meanwhile, one picture waits, and one timer for it.
"""

from collections import deque
from collections.abc import Callable
from typing import Any

from textual.app import App
from textual.message import Message

from tui.clocks import Pace
from tui.snapshot import Snapshot


class Arrived(Message):
    """A new picture is there to be drawn."""


class Arriving:
    """Hands the newest picture to ``draw`` when ``pace`` lets it."""

    def __init__(self, app: App[Any], pace: Pace, draw: Callable[[Snapshot], None]) -> None:
        self._app, self._pace, self._draw = app, pace, draw
        # Its ends are taken and given in one step each, so no picture is lost between two threads.
        self._newest: deque[Snapshot] = deque(maxlen=1)
        self._waits = False

    def receive(self, snapshot: Snapshot) -> None:
        """Called by the source's thread: leave the picture here and say so."""
        self._newest.append(snapshot)
        self._app.post_message(Arrived())

    def take(self) -> None:
        """Draw the picture that is here, now or as soon as may be."""
        if self._waits or not self._newest:
            return
        if wait_s := self._pace.wait_s():
            self._waits = True
            self._app.set_timer(wait_s, self._again)
        else:
            self._draw(self._newest.pop())

    def _again(self) -> None:
        self._waits = False
        self.take()
