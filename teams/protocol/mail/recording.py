"""How a message that another program wrote gets into the journal: once, and marked as what it is."""

from collections.abc import Collection, Mapping
from typing import Any

from onecontext.errors import Conflict
from teams.engine.event import Event
from teams.engine.journal import Journal
from teams.protocol.mail.forms import parse_form
from teams.protocol.mail.post import Post

_TAKEN = ("from", "text", "summary", "color", "timestamp")


def record_foreign(
    journal: Journal, post: Post, to: str, entry: Mapping[str, Any], msg_id: str, names: Collection[str]
) -> list[Event]:
    """Record an entry of the inbox of ``to``; return its event, nothing when the journal has it already.

    Args:
        names: of everybody in the roster. Who writes under another, or under that of one of ours (who never write
            past the journal), is recorded as not verified.
    """
    if post.is_known(to, msg_id):
        return []
    sender = entry["from"]
    data = {key: entry[key] for key in _TAKEN if entry.get(key)}
    data |= {"msg_id": msg_id, "to": to, "text": entry["text"], "foreign": True}
    if form := parse_form(entry["text"]):
        data["form"] = form.type
    if sender not in names or post.is_ours(sender):
        data["verified"] = False

    def expect_new() -> None:
        post.catch_up()
        if post.is_known(to, msg_id):
            raise _Settled(f"message {msg_id} to {to} was recorded at the same moment")

    try:
        return [journal.append("message.sent", data, agent=sender, guard=expect_new)]
    except _Settled:
        return []


class _Settled(Conflict):
    """Another process was first; nothing was written."""
