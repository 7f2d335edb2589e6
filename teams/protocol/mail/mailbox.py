"""Mail of a team.

Rule 1: the journal is the mail: a message is sent when ``message.sent`` is on the disk and delivered when
    ``message.delivered`` is. That makes delivery once, whoever crashes in between.
Rule 2: inbox arrays are written for readers that know nothing else and read for writers that know nothing else; an
    entry that the journal does not know is recorded as it comes in. Among our own members mail is the journal alone.
Rule 3: what goes into an array is recorded as ``message.posted`` behind it; what a crash left without is posted later.
Rule 4: nobody sends under a name that is not ours.
"""

import threading
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

from onecontext.errors import InvalidText, UnknownMember, UsageError
from teams.engine.event import Draft
from teams.engine.journal import Journal, random_id, utc_now
from teams.engine.locks import mkdir_lock
from teams.engine.watch import watch
from teams.protocol.mail.inbox import Inbox
from teams.protocol.mail.message import Message, as_prompt, identities
from teams.protocol.mail.post import Post
from teams.protocol.roster import Roster

LIMIT_CHARACTERS = 1_000_000
WAIT_S = 10.0
LOOK_AGAIN_S = 1.0
POSTED_WITHIN_S = 10.0


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

    @property
    def post(self) -> Post:
        """What the journal says about messages and members."""
        return self._post

    def send(
        self,
        to: str,
        text: str,
        *,
        sender: str,
        summary: str | None = None,
        msg_id: str | None = None,
        in_reply_to: str | None = None,
    ) -> Message:
        """Send ``text`` to one member and return the message, without secrets.

        Args:
            msg_id: None gives it a new one. Sending one that was sent to ``to`` before does nothing more: so whoever
                goes on after a crash may send again.
            in_reply_to: the ``msg_id`` of the message that this one answers.

        Raises:
            UnknownMember: ``to`` is nobody in the team, or ``sender`` is not one of ours.
            InvalidText, UsageError: the text has a lone surrogate, or more than a million characters.
        """
        return self._send([to], text, sender=sender, summary=summary, msg_id=msg_id, in_reply_to=in_reply_to)[0]

    def broadcast(self, text: str, *, sender: str, summary: str | None = None) -> list[Message]:
        """Send ``text`` to every other member, one message each, and return the messages."""
        names = [member.name for member in self._roster.read().members if member.name != sender]
        return self._send(names, text, sender=sender, summary=summary)

    def reply(self, message: Message, text: str, *, summary: str | None = None, msg_id: str | None = None) -> Message:
        """Answer ``message`` as the one to whom it went; errors as in :meth:`send`."""
        return self.send(
            message.sender, text, sender=message.to, summary=summary, msg_id=msg_id, in_reply_to=message.msg_id
        )

    def receive(self, name: str) -> list[Message]:
        """Return what was sent to ``name`` and not acknowledged, oldest first; the same again until it is.

        Raises:
            UnknownMember: there is no such member, or another program reads its mail.
        """
        self._check_reader(name)
        self._take_in(name)
        return self._post.pending(name)

    def wait(self, name: str, *, timeout_s: float | None, stop: threading.Event | None = None) -> list[Message]:
        """Return what :meth:`receive` returns as soon as that is something; nothing when the time is over.

        Args:
            timeout_s: 0 looks once, None waits for ever.
            stop: set from another thread, ends the waiting within a second; None is nobody.
        """
        deadline = None if timeout_s is None else time.monotonic() + timeout_s
        if (messages := self.receive(name)) or timeout_s == 0:
            return messages
        changed = threading.Event()
        watching = watch([self._journal.folder, self._folder / "inboxes"], changed.set)
        try:
            while True:
                changed.clear()
                left_s = None if deadline is None else deadline - time.monotonic()
                if (messages := self.receive(name)) or (left_s is not None and left_s <= 0):
                    return messages
                if stop is not None and stop.is_set():
                    return []
                changed.wait(LOOK_AGAIN_S if left_s is None else min(LOOK_AGAIN_S, left_s))
        finally:
            watching.close()

    def acknowledge(self, name: str, messages: Sequence[Message]) -> None:
        """Record that ``name`` has these; they are not received again. Doing it twice does nothing more."""
        self._check_reader(name)
        told = dict.fromkeys(message.msg_id for message in messages if self._post.is_pending(name, message.msg_id))
        self._journal.append_all(
            [Draft("message.delivered", {"msg_id": msg_id, "to": name}, agent=name) for msg_id in told]
        )
        self._take_in(name)

    def post_again(self) -> list[Message]:
        """Write into inboxes of other programs what a crash kept from them; return those messages.

        What was sent less than ten seconds ago is left to its sender, who may be at it.
        """
        self._post.catch_up()
        late = [m for m in self._post.unposted() if (self._clock() - m.at).total_seconds() > POSTED_WITHIN_S]
        return [message for message in late if self._deliver(message)]

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

    def _send(
        self,
        names: Sequence[str],
        text: str,
        *,
        sender: str,
        summary: str | None,
        msg_id: str | None = None,
        in_reply_to: str | None = None,
    ) -> list[Message]:
        _check_text(text)
        config = self._roster.read()
        for name in names:
            self._inbox(config.member(name).name)
        color = config.member(sender).color
        if not self.is_ours(sender):
            raise UnknownMember(f"{sender} belongs to another program; only members that joined here can send here")
        messages = [
            Message(
                msg_id=msg_id or self._new_id(),
                sender=sender,
                to=name,
                text=text,
                at=self._clock(),
                summary=summary or None,
                color=color,
                in_reply_to=in_reply_to,
            )
            for name in names
        ]
        sent = self._record(messages)
        for message in sent:
            if not self._post.is_ours(message.to):
                self._deliver(message)
        return sent

    def _record(self, messages: Sequence[Message]) -> list[Message]:
        """Put them into the journal at once, each only if its id was not sent to its recipient before."""

        def refuse_known() -> None:
            self._post.catch_up()
            if known := [message for message in messages if self._post.is_known(message.to, message.msg_id)]:
                raise _SentBefore(known)

        try:
            events = self._journal.append_all(
                [Draft("message.sent", message.to_data(), agent=message.sender) for message in messages],
                guard=refuse_known,
            )
        except _SentBefore as before:
            left = [message for message in messages if message not in before.messages]
            return [*before.messages, *self._record(left)]
        self._post.catch_up()
        return [Message.of_event(event) for event in events]

    def _deliver(self, message: Message) -> bool:
        """Write the message into the array of a reader that knows nothing else; False when somebody did before."""
        inbox = self._inbox(message.to)
        inbox.path.parent.mkdir(exist_ok=True)
        with mkdir_lock(inbox.path, wait_s=WAIT_S):
            # Under the lock: a sender that slept finds here that another has posted for it.
            self._post.catch_up()
            if not self._post.is_unposted(message.to, message.msg_id):
                return False
            # There already when a sender was killed between the entry and its record.
            if not inbox.has(message.msg_id):
                problem = inbox.append(message.to_entry())
                if problem:
                    what = {"path": f"inboxes/{inbox.path.name}", "what": problem}
                    self._journal.append("foreign.write", what)
            self._journal.append("message.posted", {"msg_id": message.msg_id, "to": message.to}, agent=message.sender)
        return True

    def _inbox(self, name: str) -> Inbox:
        # Names come from a file that others write, and this one becomes part of a path.
        if Path(name).name != name:
            raise UnknownMember(f"{name!r} can have no inbox: it is no file name")
        return Inbox(self._folder / "inboxes" / f"{name}.json", self._journal.folder / "malformed")

    def _check_reader(self, name: str) -> None:
        self._roster.read().member(name)
        if not self.is_ours(name):
            raise UnknownMember(f"another program reads the mail of {name}; only members that joined here receive here")


class _SentBefore(Exception):
    """Some of the messages are on record already."""

    def __init__(self, messages: list[Message]) -> None:
        super().__init__(messages)
        self.messages = messages


def _check_text(text: str) -> None:
    if len(text) > LIMIT_CHARACTERS:
        raise UsageError(f"a message of {len(text):,} characters is more than the {LIMIT_CHARACTERS:,} that fit")
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise InvalidText(f"the text has a lone surrogate at character {error.start}") from error


__all__ = ["LIMIT_CHARACTERS", "Mailbox", "Message", "as_prompt"]
