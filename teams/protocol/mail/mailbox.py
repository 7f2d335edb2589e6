"""Mail of a team.

Rule 1: the journal is the mail: a message is sent when ``message.sent`` is on the disk and delivered when
    ``message.delivered`` is. That makes delivery once, whoever crashes in between.
Rule 2: inbox arrays are written for readers that know nothing else and read for writers that know nothing else; an
    entry that the journal does not know is recorded as it comes in.
Rule 3: nobody sends under a name that is not ours.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

from onecontext.errors import InvalidText, UnknownMember, UsageError
from teams.engine.journal import Journal, random_id, utc_now
from teams.engine.locks import mkdir_lock
from teams.protocol.mail.inbox import Inbox
from teams.protocol.mail.message import Message, as_prompt, identities
from teams.protocol.mail.post import Post
from teams.protocol.roster import Roster
from teams.protocol.wire import iso_ms

LIMIT_CHARACTERS = 1_000_000
WAIT_S = 10.0
COARSE_S = 0.05  # by so much the times of files may lag behind the clock


class Mailbox:
    """The inboxes of one team, in ``folder`` (``teams/<team>``). Safe for threads and for processes."""

    def __init__(
        self,
        folder: Path,
        roster: Roster,
        journal: Journal,
        *,
        clock: Callable[[], datetime] = utc_now,
        new_id: Callable[[], str] = random_id,
    ) -> None:
        self._folder = folder
        self._roster = roster
        self._journal = journal
        self._clock = clock
        self._new_id = new_id
        self._post = Post(journal)

    def send(
        self, to: str, text: str, *, sender: str, summary: str | None = None, msg_id: str | None = None
    ) -> Message:
        """Send ``text`` to one member and return the message, without secrets.

        Args:
            msg_id: who may be killed and do it again names the message; one that is on record is not sent twice, and
                comes back as it was. None makes a new id.

        Raises:
            UnknownMember: ``to`` is nobody in the team, or ``sender`` is not one of ours.
            InvalidText, UsageError: the text has a lone surrogate, or more than a million characters.
        """
        _check_text(text)
        config = self._roster.read()
        config.member(to)
        color = config.member(sender).color
        if not self.is_ours(sender):
            raise UnknownMember(f"{sender} belongs to another program; only members that joined here can send here")
        if msg_id is not None and (known := self._post.sent(to, msg_id)):
            return self._deliver_again(known)
        message = Message(
            msg_id=msg_id or self._new_id(),
            sender=sender,
            to=to,
            text=text,
            at=self._clock(),
            summary=summary or None,
            color=color,
        )
        return self._deliver(self._record(message))

    def broadcast(self, text: str, *, sender: str, summary: str | None = None) -> list[Message]:
        """Send ``text`` to every other member, one message each, and return the messages."""
        names = [member.name for member in self._roster.read().members if member.name != sender]
        return [self.send(name, text, sender=sender, summary=summary) for name in names]

    def receive(self, name: str) -> list[Message]:
        """Return what was sent to ``name`` and not acknowledged, oldest first; the same again until it is.

        Raises:
            UnknownMember: there is no such member, or another program reads its mail.
        """
        self._check_reader(name)
        self._take_in(name)
        return self._post.pending(name)

    def acknowledge(self, name: str, messages: Sequence[Message]) -> None:
        """Record that ``name`` has these; they are not received again. Doing it twice does nothing more."""
        self._check_reader(name)
        for message in messages:
            if self._post.is_pending(name, message.msg_id):
                self._journal.append("message.delivered", {"msg_id": message.msg_id, "to": name}, agent=name)
        self._take_in(name)

    def is_ours(self, name: str) -> bool:
        """Say whether the member joined through us."""
        self._post.catch_up()
        return self._post.is_ours(name)

    def _take_in(self, name: str) -> None:
        """Record entries by others, and clear the inbox of what was delivered or is malformed."""
        inbox = self._inbox(name)
        self._post.catch_up()
        entries, problem = inbox.read()
        if not problem and all(self._post.is_pending(name, msg_id) for msg_id in identities(entries)):
            return
        with mkdir_lock(inbox.path, wait_s=WAIT_S) as lock:
            self._post.catch_up()
            entries, problem = inbox.read()
            if problem:
                inbox.keep_aside()
                self._journal.append(
                    "foreign.write", {"path": f"inboxes/{inbox.path.name}", "what": problem}, agent=name
                )
            for entry, msg_id in zip(entries, identities(entries), strict=True):
                if not self._post.is_known(name, msg_id) and not entry.get("read"):
                    self._record_foreign(name, entry, msg_id)
            self._post.catch_up()
            left = [
                entry
                for entry, msg_id in zip(entries, identities(entries), strict=True)
                if self._post.is_pending(name, msg_id)
            ]
            if lock.is_ours() and (problem or len(left) < len(entries)):
                inbox.write(left)

    def _record_foreign(self, name: str, entry: dict[str, object], msg_id: str) -> None:
        sender = entry["from"]
        names = {member.name for member in self._roster.read().members}
        data = {key: entry[key] for key in ("from", "text", "summary", "color", "timestamp") if entry.get(key)}
        data |= {"msg_id": msg_id, "to": name, "text": entry["text"], "foreign": True}
        # Our own members never write inboxes past the journal, so an entry under such a name is somebody else's.
        if sender not in names or self._post.is_ours(str(sender)):
            data["verified"] = False
        self._journal.append("message.sent", data, agent=str(sender))

    def _record(self, message: Message) -> Message:
        form = message.form
        data = {
            "msg_id": message.msg_id,
            "to": message.to,
            "from": message.sender,
            "text": message.text,
            "timestamp": iso_ms(message.at),
            **({"summary": message.summary} if message.summary else {}),
            **({"color": message.color} if message.color else {}),
            **({"form": form.type} if form else {}),
        }
        return Message.of_event(self._journal.append("message.sent", data, agent=message.sender))

    def _deliver(self, message: Message) -> Message:
        inbox = self._inbox(message.to)
        inbox.path.parent.mkdir(exist_ok=True)
        with mkdir_lock(inbox.path, wait_s=WAIT_S):
            inbox.append(message.to_entry())
        return message

    def _deliver_again(self, message: Message) -> Message:
        """Write the entry that a kill may have kept from an inbox: only where nobody has written that inbox since."""
        inbox = self._inbox(message.to)
        with mkdir_lock(inbox.path, wait_s=WAIT_S):
            # An inbox that changed later had our entry, which its reader took out, or the change was our own.
            untouched = not inbox.path.exists() or inbox.path.lstat().st_mtime < message.at.timestamp() - COARSE_S
            if untouched and not self._post.is_ours(message.to):
                inbox.append(message.to_entry())
        return message

    def _inbox(self, name: str) -> Inbox:
        # Names come from a file that others write, and this one becomes part of a path.
        if Path(name).name != name:
            raise UnknownMember(f"{name!r} can have no inbox: it is no file name")
        return Inbox(self._folder / "inboxes" / f"{name}.json", self._journal.folder / "malformed")

    def _check_reader(self, name: str) -> None:
        self._roster.read().member(name)
        if not self.is_ours(name):
            raise UnknownMember(f"another program reads the mail of {name}; only members that joined here receive here")


def _check_text(text: str) -> None:
    if len(text) > LIMIT_CHARACTERS:
        raise UsageError(f"a message of {len(text):,} characters is more than the {LIMIT_CHARACTERS:,} that fit")
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise InvalidText(f"the text has a lone surrogate at character {error.start}") from error


__all__ = ["LIMIT_CHARACTERS", "Mailbox", "Message", "as_prompt"]
