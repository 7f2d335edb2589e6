"""A message between members, and its entry in an inbox array (docs/formats.md, part 2).

Rule 1: an entry has an identity even when its writer gave it none: the SHA-256 of sender, time, text and which of the
    equal ones it is.
Rule 2: what a model sees is framed so that no text can close the frame or add an attribute.
"""

import hashlib
import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from xml.sax.saxutils import escape

from teams.engine.event import Event
from teams.protocol.mail.forms import AnyForm, parse_form
from teams.protocol.wire import iso_ms

_CLOSING_TAG = re.compile(r"</(?=teammate-message)", re.IGNORECASE)
_IN_ATTRIBUTES = {'"': "&quot;", "\n": "&#10;", "\r": "&#13;"}


@dataclass(frozen=True)
class Message:
    """One message to one member.

    ``verified`` is False when another program wrote it under a name it does not own; ``in_reply_to`` is the ``msg_id``
    of the message that this one answers, None where nobody said; ``by`` is the person who speaks through ``sender``,
    None where that is nobody else.
    """

    msg_id: str
    sender: str
    to: str
    text: str
    at: datetime
    summary: str | None = None
    color: str | None = None
    verified: bool = True
    in_reply_to: str | None = None
    by: str | None = None

    @property
    def form(self) -> AnyForm | None:
        """The structured message in the text; None for plain text."""
        return parse_form(self.text)

    @classmethod
    def of_event(cls, event: Event) -> "Message":
        """Return what a ``message.sent`` event says."""
        data = event.data
        return cls(
            msg_id=data["msg_id"],
            sender=data["from"],
            to=data["to"],
            text=data["text"],
            at=_time(data.get("timestamp")) or event.at,
            summary=data.get("summary"),
            color=data.get("color"),
            verified=data.get("verified", True),
            in_reply_to=data.get("in_reply_to"),
            by=data.get("by"),
        )

    def to_data(self) -> dict[str, Any]:
        """Return the data of the ``message.sent`` event."""
        form = self.form
        return {
            "msg_id": self.msg_id,
            "to": self.to,
            "from": self.sender,
            "text": self.text,
            "timestamp": iso_ms(self.at),
            **({"summary": self.summary} if self.summary else {}),
            **({"color": self.color} if self.color else {}),
            **({"form": form.type} if form else {}),
            **({"in_reply_to": self.in_reply_to} if self.in_reply_to else {}),
            **({"by": self.by} if self.by else {}),
        }

    def to_entry(self) -> dict[str, Any]:
        """Return the entry of the inbox array, fields in the client's order."""
        return {
            "from": self.sender,
            "text": self.text,
            **({"summary": self.summary} if self.summary else {}),
            "timestamp": iso_ms(self.at),
            **({"color": self.color} if self.color else {}),
            "msgV": 1,
            "msg_id": self.msg_id,
            "type": "message",
            "read": False,
        }


def as_prompt(message: Message) -> str:
    """Return ``message`` as a model sees it: one ``<teammate-message>`` element around the text."""
    attributes = [("teammate_id", message.sender), ("color", message.color), ("summary", message.summary)]
    if not message.verified:
        attributes.append(("verified", "false"))
    head = "".join(f' {name}="{escape(value, _IN_ATTRIBUTES)}"' for name, value in attributes if value)
    text = _CLOSING_TAG.sub(lambda match: match.group().replace("/", "\\/"), message.text)
    return f"<teammate-message{head}>\n{text}\n</teammate-message>"


def of_entry(entry: Mapping[str, Any], msg_id: str, *, to: str) -> Message:
    """Return the message in an entry of the inbox of ``to``; without a readable time it is as old as can be."""
    return Message(
        msg_id=msg_id,
        sender=entry["from"],
        to=to,
        text=entry["text"],
        at=_time(entry.get("timestamp")) or datetime.fromtimestamp(0, UTC),
        summary=entry.get("summary"),
        color=entry.get("color"),
    )


def is_entry(entry: Any) -> bool:
    """Say whether ``entry`` is a message: an object with ``from`` and ``text``, and the rest of the right kind."""
    return (
        isinstance(entry, Mapping)
        and all(isinstance(entry.get(name), str) for name in ("from", "text"))
        and all(isinstance(entry.get(name), str | None) for name in ("timestamp", "summary", "color", "msg_id"))
    )


def identities(entries: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return the identity of each entry of an inbox, in order."""
    seen: Counter[tuple[Any, ...]] = Counter()
    names = []
    for entry in entries:
        content = (entry["from"], entry.get("timestamp"), entry["text"])
        text = json.dumps([*content, seen[content]], separators=(",", ":"))
        names.append(entry.get("msg_id") or hashlib.sha256(text.encode("ascii")).hexdigest())
        seen[content] += 0 if entry.get("msg_id") else 1
    return names


def _time(text: Any) -> datetime | None:
    try:
        at = datetime.fromisoformat(text)
    except (TypeError, ValueError):
        # Another program's idea of a time: the time at which we read the message stands in for it.
        return None
    return at if at.tzinfo else at.replace(tzinfo=UTC)
