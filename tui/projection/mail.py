"""The messages of a team, as its events show them: the newest by id, and exact counts."""

from collections import OrderedDict

from teams.engine.event import Event
from tui import fields
from tui.forms import IDLE_FORM
from tui.projection.replacing import replace
from tui.snapshot import Message

KEPT = 5_000


class Mail:
    """Messages in the order they were sent; the oldest are let go, their count is not."""

    def __init__(self) -> None:
        self._messages: OrderedDict[str, Message] = OrderedDict()
        self.sent = 0
        self.idle = 0

    def all(self) -> tuple[Message, ...]:
        return tuple(self._messages.values())

    def take_sent(self, event: Event) -> None:
        data = event.data
        form = fields.text(data, "form")
        message = Message(
            id=fields.text(data, "msg_id") or event.id,
            at=event.at,
            sender=fields.text(data, "from") or event.agent or "",
            to=fields.text(data, "to"),
            text=fields.text(data, "text"),
            summary=fields.text(data, "summary"),
            form=form,
            idle=form == IDLE_FORM,
        )
        self._messages[message.id] = message
        self.sent += 1
        self.idle += message.idle
        if len(self._messages) > KEPT:
            self._messages.popitem(last=False)

    def take_delivered(self, event: Event) -> None:
        message = self._messages.get(fields.text(event.data, "msg_id"))
        if message:
            self._messages[message.id] = replace(message, delivered=True)
