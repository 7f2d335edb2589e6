"""Sending: into the journal, and into the arrays of readers that know nothing else.

Rule 1: a message is sent when ``message.sent`` is on the disk. Among our own members that is all.
Rule 2: what goes into an array is recorded as ``message.posted`` behind it; what a crash left without is posted later.
    To one reader all is posted in the order of the journal: who posts a message first posts what was sent before it.
Rule 3: nobody sends under a name that is not ours.
Rule 4: an array never grows beyond what a reader of ours reads of it: what does not fit waits in the journal until its
    reader has taken out what is there.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from shlex import quote

from onecontext.errors import InvalidText, LockTimeout, UnknownMember, UsageError
from teams.engine.event import Draft
from teams.engine.journal import Journal, random_id, utc_now
from teams.protocol.mail.inbox import Inbox, inbox_of
from teams.protocol.mail.message import Message
from teams.protocol.mail.post import Post
from teams.protocol.roster import Roster

LIMIT_CHARACTERS = 1_000_000
WAIT_S = 15.0  # longer than the lock of a killed holder lasts
POSTED_WITHIN_S = 10.0


class Sender:
    """Sends the mail of one team, in ``folder`` (``teams/<team>``). Safe for threads and for processes."""

    def __init__(
        self,
        folder: Path,
        roster: Roster,
        journal: Journal,
        post: Post,
        *,
        clock: Callable[[], datetime] = utc_now,
        new_id: Callable[[], str] = random_id,
    ) -> None:
        self._folder = folder
        self._roster = roster
        self._journal = journal
        self._post = post
        self._clock = clock
        self._new_id = new_id

    def send(
        self,
        to: str,
        text: str,
        *,
        sender: str,
        summary: str | None = None,
        msg_id: str | None = None,
        in_reply_to: str | None = None,
        by: str | None = None,
    ) -> Message:
        """Send ``text`` to one member and return the message, without secrets.

        Args:
            msg_id: None gives it a new one. Sending one that was sent to ``to`` before does nothing more: so whoever
                goes on after a crash may send again.
            in_reply_to: the ``msg_id`` of the message that this one answers.
            by: the person who speaks through ``sender``; None is nobody else. It is recorded and not sent.

        Raises:
            UnknownMember: ``to`` is nobody in the team, or ``sender`` is not one of ours.
            InvalidText, UsageError: the text is blank, has a lone surrogate, or more than a million characters.
            Damaged: a symlink stands in the place of the inboxes.
        """
        message = self._send([to], text, sender=sender, summary=summary, msg_id=msg_id, in_reply_to=in_reply_to, by=by)
        return message[0]

    def broadcast(self, text: str, *, sender: str, summary: str | None = None, by: str | None = None) -> list[Message]:
        """Send ``text`` to every other member, one message each, and return the messages."""
        names = [member.name for member in self._roster.read().members if member.name != sender]
        return self._send(names, text, sender=sender, summary=summary, by=by)

    def reply(
        self,
        message: Message,
        text: str,
        *,
        summary: str | None = None,
        msg_id: str | None = None,
        by: str | None = None,
    ) -> Message:
        """Answer ``message`` as the one to whom it went; errors as in :meth:`send`."""
        return self.send(
            message.sender, text, sender=message.to, summary=summary, msg_id=msg_id, in_reply_to=message.msg_id, by=by
        )

    def post_again(self) -> list[Message]:
        """Write into inboxes of other programs what a crash kept from them; return those messages.

        What was sent less than ten seconds ago is left to its sender, who may be at it.
        """
        self._post.catch_up()
        late = [m for m in self._post.unposted() if (self._clock() - m.at).total_seconds() > POSTED_WITHIN_S]
        newest = {message.to: message for message in late}
        return [posted for message in newest.values() for posted in self._deliver(message)]

    def _send(
        self,
        names: Sequence[str],
        text: str,
        *,
        sender: str,
        summary: str | None,
        msg_id: str | None = None,
        in_reply_to: str | None = None,
        by: str | None = None,
    ) -> list[Message]:
        check_text(text)
        summary = summary if summary and summary.strip() else None
        check_text(summary or "none")
        config = self._roster.read()
        for name in names:
            inbox_of(self._folder, self._journal, config.member(name).name).check_folder()
        color = config.member(sender).color
        self._post.catch_up()
        if not self._post.is_ours(sender):
            raise UnknownMember(
                f"{sender} belongs to another program; only members that joined here can send here",
                hint=f"'onecontext team join {quote(self._journal.team)} --name YOU --by-hand' makes you one",
            )
        messages = [
            Message(
                msg_id=msg_id or self._new_id(),
                sender=sender,
                to=name,
                text=text,
                at=self._clock(),
                summary=summary,
                color=color,
                in_reply_to=in_reply_to,
                by=by,
            )
            for name in names
        ]
        sent = self._record(messages)
        for message in sent:
            if not self._post.is_ours(message.to):
                # It is sent by now, and an error would say that it is not: what keeps it out of the array, a lock or
                # a full disk, is left to the next who posts there.
                with suppress(LockTimeout, OSError):
                    self._deliver(message)
        return sent

    def _record(self, messages: Sequence[Message]) -> list[Message]:
        """Put them into the journal at once, each only if its id was not sent to its recipient before."""

        def refuse_known() -> None:
            self._post.catch_up()
            if known := [message for message in messages if self._post.is_sent(message.to, message.msg_id)]:
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

    def _deliver(self, message: Message) -> list[Message]:
        """Write the message, behind those before it, into the array of a reader that knows nothing else.

        Returns:
            What was posted: nothing where somebody did it before, or where nothing more fits.
        """
        inbox = inbox_of(self._folder, self._journal, message.to)
        posted: list[Message] = []
        if not inbox.path.parent.is_dir():
            self._roster.read()  # of a team that is gone nothing is made again
        with inbox.locked(wait_s=WAIT_S):
            # Under the lock: a sender that slept finds here that another has posted for it.
            self._post.catch_up()
            if not self._post.is_unposted(message.to, message.msg_id):
                return []
            for earlier in [one for one in self._post.unposted() if one.to == message.to]:
                if not self._append(inbox, earlier):
                    break
                posted.append(earlier)
                if earlier.msg_id == message.msg_id:
                    break
        return posted

    def _append(self, inbox: Inbox, message: Message) -> bool:
        """Put one message into the array and record it; False when it does not fit. The caller holds the lock."""
        entry = message.to_entry()
        # There already when a sender was killed between the entry and its record.
        if not inbox.has(entry):
            if not inbox.has_room(entry):
                inbox.take_out_read()
            if not inbox.has_room(entry):
                return False
            if problem := inbox.append(entry):
                self._journal.append("foreign.write", {"path": f"inboxes/{inbox.path.name}", "what": problem})
        self._journal.append("message.posted", {"msg_id": message.msg_id, "to": message.to}, agent=message.sender)
        return True


class _SentBefore(Exception):
    """Some of the messages are on record already."""

    def __init__(self, messages: list[Message]) -> None:
        super().__init__(messages)
        self.messages = messages


def check_text(text: str) -> None:
    """Refuse what no message can say.

    Raises:
        InvalidText, UsageError: it is blank, has a lone surrogate, or more than a million characters.
    """
    if not text.strip():
        raise UsageError("the message says nothing", hint="give it a text")
    if len(text) > LIMIT_CHARACTERS:
        raise UsageError(f"a message of {len(text):,} characters is more than the {LIMIT_CHARACTERS:,} that fit")
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise InvalidText(f"the text has a lone surrogate at character {error.start}") from error
