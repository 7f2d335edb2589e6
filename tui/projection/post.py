"""What mail changes in a picture: who asks leave, what was answered, and what somebody wrote to a person.

Rule 1: nothing an event holds can raise; a field that is missing is empty.
"""

from collections.abc import Iterable

from teams.engine.event import Event
from tui import fields
from tui.projection import attention
from tui.projection.parts import Parts
from tui.snapshot import LEAD, Request


def over(parts: Parts, requests: Iterable[Request]) -> None:
    """Close what asked a person to look at requests that are decided or void."""
    for request in requests:
        parts.attention.close_one(parts.asked.pop(request.id, 0))


def sent(parts: Parts, event: Event) -> None:
    parts.mail.take_sent(event)
    asked, answered = parts.requests.take_sent(event)
    # A lead that ends one of its members asks the member, not a person.
    if asked is not None and not (asked.kind == "shutdown" and asked.to != LEAD):
        parts.asked[asked.id] = parts.attention.raise_(
            attention.ASKED, event.at, _asks(asked), task=None, agent=asked.asker, until=asked.expires_at
        )
    over(parts, answered)
    wrote(parts, event)


def _asks(request: Request) -> str:
    what = fields.head(request.why or request.action) or "no reason said"
    thing = {"permission": request.tool, "plan": "a plan", "shutdown": "to end"}.get(request.kind, request.kind)
    return f"{request.asker}: {thing}: {what}"


def wrote(parts: Parts, event: Event) -> None:
    """Note what somebody wrote to the lead, where a person reads its mail; a word back to them answers it."""
    sender, to = fields.text(event.data, "from"), fields.text(event.data, "to")
    if not parts.requests.is_ours(LEAD) or fields.text(event.data, "form") or LEAD not in (sender, to):
        return
    if sender == LEAD:
        for number in parts.letters.pop(to, {}).values():
            parts.attention.close_one(number)
    elif message := fields.text(event.data, "msg_id"):
        words = fields.text(event.data, "summary") or fields.head(fields.text(event.data, "text"))
        number = parts.attention.raise_(attention.WROTE, event.at, f"{sender}: {words}", task=None, agent=sender)
        parts.letters.setdefault(sender, {})[message] = number


def delivered(parts: Parts, event: Event) -> None:
    parts.mail.take_delivered(event)
    if parts.letters and fields.text(event.data, "to") == LEAD:
        for of_sender in parts.letters.values():
            parts.attention.close_one(of_sender.pop(fields.text(event.data, "msg_id"), 0))


def decided(parts: Parts, event: Event) -> None:
    request = parts.requests.take_decided(event)
    over(parts, [request] if request is not None else [])
