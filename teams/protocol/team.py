"""A team: a folder of files that any process can join.

Rule 1: ``<root>/teams/<team>/`` and ``<root>/tasks/<team>/`` are laid out as the client lays them out; what is only
    ours is in ``teams/<team>/onecontext/``.
Rule 2: a handle holds no state that another process would miss: roster, board and mail are read when asked.
"""

import threading
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path

from onecontext.errors import Damaged, NoTeam, UsageError
from onecontext.names import check_name
from onecontext.store.durable import make_folder
from teams.engine.event import Event
from teams.engine.journal import Journal, random_id, utc_now
from teams.protocol.board.board import Board
from teams.protocol.board.people import People
from teams.protocol.board.taskfiles import TaskFiles
from teams.protocol.config import Config, Member, is_file_name
from teams.protocol.heartbeat import Heartbeats, Pulse
from teams.protocol.mail.intake import MailIntake
from teams.protocol.mail.mailbox import Mailbox
from teams.protocol.mail.message import Message
from teams.protocol.mail.post import Post
from teams.protocol.mail.sender import Sender
from teams.protocol.membership import Membership
from teams.protocol.naming import ENDED, teams_under
from teams.protocol.roster import Roster
from teams.protocol.violations import Violations

Names = list[str]


class Team:
    """A handle on one team. Make one with :meth:`create` or :meth:`open`."""

    def __init__(
        self,
        name: str,
        root: Path,
        *,
        cwd: Path,
        clock: Callable[[], datetime] = utc_now,
        new_id: Callable[[], str] = random_id,
    ) -> None:
        self.name = name
        self.root = root
        self.folder = root / "teams" / name
        self.journal = Journal(
            self.folder / "onecontext",
            team=name,
            clock=clock,
            new_id=new_id,
            beside=self.folder / "config.json",
            kept_in=root / ENDED,
        )
        self.hearts = Heartbeats(self.journal.folder / "heartbeat")
        self._cwd = cwd
        self._roster = Roster(self.folder, clock=clock)
        people = People(self._role_of, self.hearts.pulse, self.hearts.beat_if_ours)
        self.board = Board(root, name, self.journal, clock, people=people)
        self._post = Post(self.journal)
        self._mail = Mailbox(self.folder, self._roster, self.journal, self._post)
        self._sender = Sender(self.folder, self._roster, self.journal, self._post, clock=clock, new_id=new_id)
        violations = Violations(self.journal)
        self._membership = Membership(self._roster, self.journal, violations)
        self._foreign_mail = MailIntake(self.folder, self._roster, self.journal, self._post, violations)

    @classmethod
    def create(
        cls,
        name: str,
        *,
        root: Path | str = ".claude",
        cwd: Path | str = ".",
        clock: Callable[[], datetime] = utc_now,
        new_id: Callable[[], str] = random_id,
    ) -> "Team":
        """Make the team's folders and its lead, or open the team that is there.

        Args:
            root: the folder that holds ``teams/`` and ``tasks/``; made when missing.
            cwd: where the members work, as the roster tells the client.

        Raises:
            InvalidName: no team may be called so. UsageError: ``root`` is no folder.
            Damaged: a symlink stands in the place of one of its folders; nothing is made behind it.
        """
        check_name(name, what="team")
        team = cls(name, Path(root).absolute(), cwd=Path(cwd).absolute(), clock=clock, new_id=new_id)
        for folder in (team.folder, team.folder / "inboxes", team.journal.folder, team.root / "tasks" / name):
            _refuse_link(folder)
            try:
                make_folder(folder)
            except (FileExistsError, NotADirectoryError) as error:
                raise UsageError(f"{error.filename} is no folder, so no team can be made in {team.root}") from error
        TaskFiles(team.root / "tasks" / name).make()
        made = team._roster.create(name, cwd=team._cwd, session_id=new_id())
        # A crash between the file and its event leaves a team without one: the journal is then still empty.
        if made or not team.journal.path.exists():
            team.journal.append("team.created", {"config": team.config.to_document()})
        return team

    @classmethod
    def open(
        cls,
        name: str,
        *,
        root: Path | str = ".claude",
        cwd: Path | str = ".",
        clock: Callable[[], datetime] = utc_now,
        new_id: Callable[[], str] = random_id,
    ) -> "Team":
        """Open a team that is there, ours or a live client's; nothing is written.

        Raises:
            NoTeam: there is none of that name. Damaged: its folder is a symlink, which is not followed.
        """
        home = Path(root).absolute()
        # Names of a client's making are not ours to choose; that it is one name, and leads nowhere else, is.
        if not is_file_name(name) or not (home / "teams" / name / "config.json").exists():
            known = ", ".join(cls.list(home)) or "none"
            hint = "'onecontext team list' names those of other folders; --root says which is meant"
            raise NoTeam(f"no team {name!r} in {home}; there are {known}", hint=hint)
        for folder in (home / "teams" / name, home / "teams" / name / "onecontext"):
            _refuse_link(folder)
        return cls(name, home, cwd=Path(cwd).absolute(), clock=clock, new_id=new_id)

    @staticmethod
    def list(root: Path | str) -> Names:
        """Return the names of the teams under ``root``, the one that was last at work first."""
        return teams_under(Path(root))

    @property
    def config(self) -> Config:
        """The roster as it is now."""
        return self._roster.read()

    @property
    def members(self) -> Sequence[Member]:
        """Everybody in the team, the lead first."""
        return self.config.members

    def join(self, name: str, *, role: str = "worker", model: str | None = None) -> Member:
        """Add a member of ours and return it; a second ``ann`` becomes ``ann-2``."""

        def record(member: Member) -> None:
            data = {"name": member.name, "role": role, **({"model": model} if model else {})}
            self.journal.append("member.joined", data, agent=member.name)

        return self._roster.join(name, role=role, model=model, cwd=self._cwd, record=record)

    def leave(self, name: str, *, reason: str = "") -> None:
        """Take a member out of the roster; its inbox and what it did stay.

        Raises:
            UnknownMember: there is none.
        """

        def record(member: Member) -> None:
            self.journal.append("member.left", {"name": name, "reason": reason}, agent=name)

        self._roster.leave(name, record=record)

    def is_ours(self, name: str) -> bool:
        """Say whether a member joined through us and has not left."""
        self._post.catch_up()
        return self._post.is_ours(name)

    def beat(self, name: str) -> None:
        """Say that the process of that member lives and is this one; it is no progress. See :class:`Heartbeats`."""
        self.hearts.beat(name)

    def beating(self, name: str) -> AbstractContextManager[None]:
        """Beat for that member, every two seconds, for as long as a block takes."""
        return self.hearts.beating(name)

    def pulse(self, name: str) -> Pulse:
        """Return whether that member is known to live, and when it last beat."""
        return self.hearts.pulse(name)

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
        """Send a message; see :meth:`Sender.send`."""
        return self._sender.send(
            to, text, sender=sender, summary=summary, msg_id=msg_id, in_reply_to=in_reply_to, by=by
        )

    def broadcast(
        self, text: str, *, sender: str, summary: str | None = None, by: str | None = None
    ) -> Sequence[Message]:
        """Send one message to each other member; see :meth:`Sender.broadcast`."""
        return self._sender.broadcast(text, sender=sender, summary=summary, by=by)

    def reply(
        self,
        message: Message,
        text: str,
        *,
        summary: str | None = None,
        msg_id: str | None = None,
        by: str | None = None,
    ) -> Message:
        """Answer a message as the one to whom it went; see :meth:`Sender.reply`."""
        return self._sender.reply(message, text, summary=summary, msg_id=msg_id, by=by)

    def wait(self, name: str, *, timeout_s: float | None, stop: threading.Event | None = None) -> Sequence[Message]:
        """Return unacknowledged messages as soon as there are any; see :meth:`Mailbox.wait`."""
        return self._mail.wait(name, timeout_s=timeout_s, stop=stop)

    def receive(self, name: str) -> Sequence[Message]:
        """Return unacknowledged messages, oldest first; see :meth:`Mailbox.receive`."""
        return self._mail.receive(name)

    def acknowledge(self, name: str, messages: Sequence[Message]) -> None:
        """Record that ``name`` has these; see :meth:`Mailbox.acknowledge`."""
        self._mail.acknowledge(name, messages)

    def take_in(self) -> Sequence[Event]:
        """Record what other programs did in this team's files, and return the events; none when nothing new is there.

        Members that came and went, tasks made, changed and deleted, messages between members that are not ours, and
        what breaks our rules, each once, however many processes look. The files are left as they are.

        Raises:
            NoTeam: the team is gone.
            Damaged: the journal cannot be read.
        """
        return [*self._membership.take_in(), *self.board.take_in(), *self._foreign_mail.take_in()]

    def post_again(self) -> Sequence[Message]:
        """Post what a crash kept from inboxes of other programs; see :meth:`Sender.post_again`."""
        return self._sender.post_again()

    def _role_of(self, name: str) -> str | None:
        """Return what the member is for; None for who is not in the roster, or where there is none to ask."""
        try:
            members = self._roster.read().members
        except (NoTeam, Damaged):
            return None
        return next((member.role for member in members if member.name == name), None)


def _refuse_link(folder: Path) -> None:
    if folder.is_symlink():
        raise Damaged(f"{folder} is a symlink, which is not followed")
