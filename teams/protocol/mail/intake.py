"""Messages between members of other programs, taken into the journal: late clients take what they read out of an inbox,
so history is kept by whoever records it.

Rule 1: nothing is taken out of an inbox that is not ours, and nothing in it is changed.
Rule 2: a message is recorded once, known by its id or, without one, by the identity of its entry
    (:func:`teams.protocol.mail.message.identities`); the journal's lock decides between several who look.
Rule 3: an inbox that cannot be read whole is a violation; what can be told apart in it is recorded.
"""

from collections.abc import Iterator
from pathlib import Path

from teams.engine.event import Event
from teams.engine.journal import Journal
from teams.protocol.config import is_file_name
from teams.protocol.mail.inbox import Inbox
from teams.protocol.mail.message import identities
from teams.protocol.mail.post import Post
from teams.protocol.mail.recording import record_foreign
from teams.protocol.roster import Roster
from teams.protocol.violations import GARBLED, Violation, Violations


class MailIntake:
    """Takes in the mail of others in one team, in ``folder`` (``teams/<team>``). Safe for threads and for processes."""

    def __init__(self, folder: Path, roster: Roster, journal: Journal, post: Post, violations: Violations) -> None:
        self._folder = folder
        self._roster = roster
        self._journal = journal
        self._violations = violations
        self._post = post

    def take_in(self) -> list[Event]:
        """Record what is in the inboxes of members that are not ours; twice in a row, the second records nothing.

        Raises:
            NoTeam, Damaged: there is no roster to tell who is who.
        """
        self._post.catch_up()
        events: list[Event] = []
        found: list[Violation] = []
        names: set[str] | None = None
        for inbox in self._foreign_inboxes():
            name = inbox.path.stem
            entries, problem = inbox.read()
            if problem:
                found.append(Violation(self._path(name), GARBLED, problem))
            for entry, msg_id in zip(entries, identities(entries), strict=True):
                if not self._post.is_known(name, msg_id):
                    names = names or {member.name for member in self._roster.read().members}
                    events += record_foreign(self._journal, self._post, name, entry, msg_id, names)
        return [*events, *self._violations.settle(found, looked_at=self._is_here)]

    def _foreign_inboxes(self) -> Iterator[Inbox]:
        folder = self._folder / "inboxes"
        if folder.is_symlink() or not folder.is_dir():
            return
        for path in sorted(folder.iterdir()):
            if path.suffix == ".json" and is_file_name(path.stem) and not self._post.is_ours(path.stem):
                yield Inbox(path, self._journal.folder / "malformed")

    def _path(self, name: str) -> str:
        return f"teams/{self._folder.name}/inboxes/{name}.json"

    def _is_here(self, path: str) -> bool:
        return path.startswith(self._path("")[: -len(".json")])
