"""The messages of a team, as its events show them: the newest, and exact counts.

Rule 1: a message is known by its reader and its number: what goes to several has one number.
"""

from collections import OrderedDict

from teams.engine.event import Event
from tui import fields
from tui.forms import IDLE_FORM, about_of
from tui.projection.replacing import replace
from tui.snapshot import Message

KEPT = 5_000


class Mail:
    """Messages in the order they were sent; the oldest are let go, their count is not."""

    def __init__(self) -> None:
        self._messages: OrderedDict[tuple[str, str], Message] = OrderedDict()
        self.sent = 0
        self.idle = 0

    def all(self) -> tuple[Message, ...]:
        return tuple(self._messages.values())

    def take_sent(self, event: Event) -> None:
        data = event.data
        form, text = fields.text(data, "form"), fields.text(data, "text")
        message = Message(
            id=fields.text(data, "msg_id") or event.id,
            at=event.at,
            sender=fields.text(data, "from") or event.agent or "",
            to=fields.text(data, "to"),
            text=text,
            summary=fields.text(data, "summary"),
            form=form,
            idle=form == IDLE_FORM,
            about=about_of(form, text),
            in_reply_to=fields.text(data, "in_reply_to"),
        )
        self._messages[message.to, message.id] = message
        self.sent += 1
        self.idle += message.idle
        if len(self._messages) > KEPT:
            self._messages.popitem(last=False)

    def take_delivered(self, event: Event) -> None:
        """Take in that a reader of ours has a message."""
        self._note(event, delivered=True, delivered_at=event.at)

    def take_posted(self, event: Event) -> None:
        """Take in that a message is in the inbox of another program, which does not tell when it reads."""
        self._note(event, posted=True)

    def _note(self, event: Event, **what: object) -> None:
        key = fields.text(event.data, "to") or event.agent or "", fields.text(event.data, "msg_id")
        message = self._messages.get(key)
        if message and not message.delivered:
            self._messages[key] = replace(message, **what)
