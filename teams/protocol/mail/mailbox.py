"""Receiving: what the journal has for a member of ours, and what other programs put into its array.

Rule 1: a message is delivered when ``message.delivered`` is on the disk, and received again until then. That makes
    delivery once, whoever crashes in between.
Rule 2: an entry of an array that the journal does not know is recorded as it comes in; what was delivered or is
    malformed is taken out, so an array never grows with history.
"""

import threading
import time
from collections.abc import Sequence
from pathlib import Path

from onecontext.errors import UnknownMember, UsageError
from teams.engine.event import Draft
from teams.engine.journal import Journal
from teams.engine.watch import watch
from teams.protocol.mail.inbox import inbox_of
from teams.protocol.mail.message import Message, identities
from teams.protocol.mail.post import Post
from teams.protocol.mail.recording import record_foreign
from teams.protocol.roster import Roster

WAIT_S = 15.0  # longer than the lock of a killed holder lasts
LOOK_AGAIN_S = 1.0
# How soon waiting ends after a burst; a member that waits has nothing else to do.
CALLS_PER_S = 200.0


class Mailbox:
    """The mail of our own members in one team, in ``folder`` (``teams/<team>``). Safe for threads and processes."""

    def __init__(self, folder: Path, roster: Roster, journal: Journal, post: Post) -> None:
        self._folder = folder
        self._roster = roster
        self._journal = journal
        self._post = post

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

        Raises:
            UnknownMember: as :meth:`receive`. UsageError: the time is below 0, or no number.
        """
        if timeout_s is not None and not timeout_s >= 0:
            raise UsageError(f"nobody can wait for {timeout_s:g} s; 0 looks once")
        deadline = None if timeout_s is None else time.monotonic() + timeout_s
        if (messages := self.receive(name)) or timeout_s == 0:
            return messages
        changed = threading.Event()
        watching = watch([self._journal.folder, self._folder / "inboxes"], changed.set, calls_per_s=CALLS_PER_S)
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

    def _take_in(self, name: str) -> None:
        """Record entries by others, and clear the inbox of what was delivered or is malformed."""
        inbox = inbox_of(self._folder, self._journal, name)
        self._post.catch_up()
        entries, problem = inbox.read()
        if not problem and all(self._post.is_pending(name, msg_id) for msg_id in identities(entries)):
            return
        with inbox.locked(wait_s=WAIT_S) as lock:
            self._post.catch_up()
            entries, problem = inbox.read()
            if problem:
                inbox.keep_aside()
                self._journal.append(
                    "foreign.write", {"path": f"inboxes/{inbox.path.name}", "what": problem}, agent=name
                )
            names = {member.name for member in self._roster.read().members}
            for entry, msg_id in zip(entries, identities(entries), strict=True):
                if not entry.get("read"):
                    record_foreign(self._journal, self._post, name, entry, msg_id, names)
            self._post.catch_up()
            left = [
                entry
                for entry, msg_id in zip(entries, identities(entries), strict=True)
                if self._post.is_pending(name, msg_id)
            ]
            if lock.is_ours() and (problem or len(left) < len(entries)):
                inbox.write(left)

    def _check_reader(self, name: str) -> None:
        self._roster.read().member(name)
        self._post.catch_up()
        if not self._post.is_ours(name):
            raise UnknownMember(f"another program reads the mail of {name}; only members that joined here receive here")
