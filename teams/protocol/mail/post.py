"""What the journal says about messages and members: the truth that inboxes are copies of.

Rule 1: a message is delivered once: its id and recipient are looked up here, whatever the inbox holds.
Rule 2: an id that another program chose is known, and keeps no message of ours that has the same from being sent.
Rule 3: a member is ours from ``member.joined`` (for the lead: ``team.created``) to ``member.left``, or until another
    program has a member of that name.
"""

import threading

from teams.engine.event import Event
from teams.engine.journal import Journal
from teams.protocol.config import LEAD
from teams.protocol.mail.message import Message


class Post:
    """Messages sent and delivered, and who is ours, kept up to date from the journal. Safe for threads."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._lock = threading.Lock()
        self._pending: dict[str, dict[str, Message]] = {}
        self._known: set[tuple[str, str]] = set()
        self._sent_by_us: set[tuple[str, str]] = set()
        self._unposted: dict[tuple[str, str], Message] = {}
        self._ours: set[str] = set()
        journal.follow(self._apply, ("message.", "team.created", "member."))

    def catch_up(self) -> None:
        """Read what was appended since the last time."""
        self._journal.catch_up()

    def pending(self, name: str) -> list[Message]:
        """Return what was sent to ``name`` and not delivered, oldest first."""
        with self._lock:
            return list(self._pending.get(name, {}).values())

    def is_known(self, name: str, msg_id: str) -> bool:
        """Say whether the message was recorded, delivered or not."""
        return (name, msg_id) in self._known

    def is_sent(self, name: str, msg_id: str) -> bool:
        """Say whether a member of ours sent the message, delivered or not."""
        return (name, msg_id) in self._sent_by_us

    def is_pending(self, name: str, msg_id: str) -> bool:
        """Say whether the message was recorded and not delivered."""
        return msg_id in self._pending.get(name, {})

    def unposted(self) -> list[Message]:
        """Return what was sent to members of other programs and is not known to be in their inboxes, oldest first."""
        with self._lock:
            return list(self._unposted.values())

    def is_unposted(self, name: str, msg_id: str) -> bool:
        """Say whether the message was sent to a member of another program and is not known to be in its inbox."""
        return (name, msg_id) in self._unposted

    def is_ours(self, name: str) -> bool:
        """Say whether a member of that name joined through us and has not left."""
        return name in self._ours

    def _apply(self, event: Event) -> None:
        with self._lock:
            if event.type == "message.sent":
                self._sent(Message.of_event(event), foreign=bool(event.data.get("foreign")))
            elif event.type == "message.posted":
                self._unposted.pop((event.data["to"], event.data["msg_id"]), None)
            elif event.type == "message.delivered":
                self._pending.get(event.data["to"], {}).pop(event.data["msg_id"], None)
            elif event.type == "team.created":
                self._ours.add(LEAD)
            elif event.type == "member.joined":
                self._ours.add(event.data["name"])
            # One of ours comes by ``member.joined``: whoever is found under its name is somebody else.
            elif event.type in ("member.left", "member.found"):
                self._ours.discard(event.data["name"])

    def _sent(self, message: Message, *, foreign: bool) -> None:
        key = (message.to, message.msg_id)
        # The same entry imported twice (two readers of one inbox) is still one message.
        if key in self._sent_by_us or (foreign and key in self._known):
            return
        self._known.add(key)
        if not foreign:
            self._sent_by_us.add(key)
        if foreign or message.to in self._ours:
            self._pending.setdefault(message.to, {})[message.msg_id] = message
        else:
            self._unposted[key] = message
