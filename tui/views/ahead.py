"""Keys typed ahead, for the application: what follows a key that asks for words is for the line that it opens.

A slow line hands over several keys at once, and a person need not wait for a line to be there. Without this the words
of a message would be taken for keys of the view below: a ``P`` pauses the mission, a ``q`` leaves.

Rule 1: what comes behind a key that may open a line waits until that key was obeyed and what it opened has the focus.
Rule 2: in a line, what moves and deletes is done before what is typed behind it.
Rule 3: nothing waits for longer than :data:`PATIENCE_S`, and all is handed on in the order it was typed.
"""

from collections import deque

from textual import events, on
from textual.app import App
from textual.dom import DOMNode
from textual.message import Message
from textual.screen import Screen
from textual.timer import Timer

OPENING = frozenset("MBPRSE+-/&:@%!scf")
"""The keys that open a line, a menu or an editor, in one view or in all."""
PATIENCE_S = 1.0


def _is_waited_for(event: events.Key, *, typing: bool) -> bool:
    """Say whether what follows a key must not be faster: while a text is typed, letters are, and moves are actions."""
    return not event.is_printable if typing else event.character in OPENING


def _is_typed_into(target: DOMNode) -> bool:
    """Say whether letters are words there, and not keys."""
    return target.check_consume_key("a", "a")


class Obeyed(Message):
    """Runs behind a key from widget to widget: who gets it has seen to that key."""


class AheadApp(App[None]):
    """An application that takes what is typed ahead for what it was meant for."""

    def __init__(self) -> None:
        super().__init__()
        self._ahead: deque[events.Event] = deque()
        self._until: Timer | None = None
        """Runs while keys wait; None: they are handed on as they come."""
        self._below: Screen[object] | None = None

    async def on_event(self, event: events.Event) -> None:
        if not isinstance(event, events.Key | events.Paste) or event.is_forwarded:
            await super().on_event(event)
        elif self._until is not None:
            self._ahead.append(event)
        else:
            await self._hand_on(event)

    async def _hand_on(self, event: events.Event) -> None:
        target, self._below = self.focused or self.screen, self.screen
        await super().on_event(event)
        if isinstance(event, events.Key) and _is_waited_for(event, typing=_is_typed_into(target)):
            self._until = self.set_timer(PATIENCE_S, self._go_on)
            target.post_message(Obeyed())

    @on(Obeyed)
    def _was_obeyed(self) -> None:
        # A screen that was opened asks for the focus while it is mounted, a line that is there already at once; both
        # are seen to by the application, before what is asked of it from here.
        if self.screen is self._below:
            self.call_later(self._go_on)
        else:
            self.screen.call_after_refresh(self.call_later, self._go_on)

    async def _go_on(self) -> None:
        if self._until is not None:
            self._until.stop()
            self._until = None
        while self._ahead and self._until is None:
            await self._hand_on(self._ahead.popleft())
