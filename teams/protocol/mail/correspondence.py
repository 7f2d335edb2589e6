"""All mail of a team, delivered or not, for whoever wants to read along. Nothing is written here."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from teams.engine.journal import Journal
from teams.protocol.mail.inbox import Inbox
from teams.protocol.mail.message import Message, identities, of_entry


@dataclass(frozen=True)
class Letter:
    """A message, and whether its reader has it: one of ours acknowledged it, another took it out of its inbox."""

    message: Message
    delivered: bool


def correspondence(folder: Path, journal: Journal) -> Sequence[Letter]:
    """Return every message, oldest first: what the journal has, then what waits in inboxes and nobody has taken in.

    Args:
        folder: ``teams/<team>``.
    """
    sent: dict[tuple[str, str], Message] = {}
    delivered: set[tuple[str, str]] = set()
    posted: set[tuple[str, str]] = set()
    for event in journal.read():
        if event.type == "message.sent":
            message = Message.of_event(event)
            sent.setdefault((message.to, message.msg_id), message)
        elif event.type == "message.delivered":
            delivered.add((event.data["to"], event.data["msg_id"]))
        elif event.type == "message.posted":
            posted.add((event.data["to"], event.data["msg_id"]))
    for path in sorted((folder / "inboxes").glob("*.json")):
        entries, _ = Inbox(path, journal.folder).read()
        for entry, msg_id in zip(entries, identities(entries), strict=True):
            sent.setdefault((path.stem, msg_id), of_entry(entry, msg_id, to=path.stem))
            # Old clients mark what they have read, later ones take it out.
            if not entry.get("read"):
                posted.discard((path.stem, msg_id))
    delivered |= posted
    return [Letter(message, key in delivered) for key, message in sent.items()]
