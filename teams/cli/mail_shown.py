"""How messages look on a terminal and in JSON.

Rule 1: what other programs wrote is text: no name and no message looks like another line of ours.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from onecontext.cli.output import Output, one_line
from teams.protocol.mail.message import Message

_LEAST_CHARACTERS = 8


def short_ids(messages: Iterable[Message]) -> dict[str, str]:
    """Return each message's id to the shortest beginning, of 8 characters at least, that no other id has."""
    ids = sorted({message.msg_id for message in messages})
    short = {}
    for place, msg_id in enumerate(ids):
        beside = [*ids[max(0, place - 1) : place], *ids[place + 1 : place + 2]]
        length = max([_LEAST_CHARACTERS, *(_shared(msg_id, other) + 1 for other in beside)])
        short[msg_id] = msg_id[:length]
    return short


def lines_of(message: Message, msg_id: str, out: Output, *, marks: Sequence[str] = ()) -> list[str]:
    """Return what people are told of a message: id, time, from whom to whom, and its text, indented below."""
    form = message.form
    said = f"[{form.type}] {message.summary or ''}".rstrip() if form else message.text
    first, *rest = said.splitlines() or [""]
    marks = [*marks, *([] if message.verified else ["not verified"])]
    told = f"  {out.paint('(' + ', '.join(marks) + ')', 'yellow')}" if marks else ""
    clock = out.paint(message.at.astimezone().strftime("%H:%M:%S"), "dim")
    way = out.paint(one_line(f"{message.sender} → {message.to}", limit=160), "cyan")
    head = f"  {out.paint(one_line(msg_id), 'yellow')}  {clock}  {way}  {out.paint(first)}{told}"
    return [head, *(f"            {out.paint(line)}" for line in rest)]


def as_data(message: Message) -> dict[str, Any]:
    """Return what programs are told of a message."""
    return {
        "msg_id": message.msg_id,
        "from": message.sender,
        "to": message.to,
        "at": message.at,
        "summary": message.summary,
        "text": message.text,
        "form": message.form.type if message.form else None,
        "verified": message.verified,
        "in_reply_to": message.in_reply_to,
    }


def _shared(one: str, other: str) -> int:
    """Return how many characters both begin with."""
    pairs = zip(one, other, strict=False)
    return next((place for place, (a, b) in enumerate(pairs) if a != b), min(len(one), len(other)))
