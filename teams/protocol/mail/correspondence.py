"""All mail of a team, delivered or not, for whoever wants to read along. Nothing is written here."""

from collections.abc import Iterator, Sequence
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
    for letter in in_inboxes(folder, journal):
        key = (letter.message.to, letter.message.msg_id)
        sent.setdefault(key, letter.message)
        if not letter.delivered:
            posted.discard(key)
    delivered |= posted
    return [Letter(message, key in delivered) for key, message in sent.items()]


def in_inboxes(folder: Path, journal: Journal) -> Iterator[Letter]:
    """Yield what lies in inboxes, whether the journal has it or not; ``delivered``: its reader marked it as read.

    Old clients mark what they have read, later ones take it out.
    """
    for path in sorted((folder / "inboxes").glob("*.json")):
        entries, _ = Inbox(path, journal.folder).read()
        for entry, msg_id in zip(entries, identities(entries), strict=True):
            yield Letter(of_entry(entry, msg_id, to=path.stem), bool(entry.get("read")))
