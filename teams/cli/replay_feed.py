"""Feeding a recorded journal to a team folder, line by line, with the files that a live run would have written.

Rule 1: a line is written byte for byte, and only behind exactly what was fed before: if anybody else wrote to that
    journal, feeding stops and what both wrote stays.
Rule 2: the journal comes first and the file follows, as in a live run. What an event does to the files can be done
    twice, so feeding that was cut short anywhere goes on where it stopped.
Rule 3: what is in a journal was written by anybody: names that are no file names make no files.
"""

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from onecontext.errors import Conflict, Damaged, InvalidName, UnknownMember, UnknownTask
from onecontext.names import check_name, is_name
from onecontext.store.files import append_bytes, replace_text
from teams.engine.event import Event
from teams.engine.locks import file_lock, mkdir_lock
from teams.mission.contract import parse_contract
from teams.protocol.board.ledger import DELETED
from teams.protocol.board.taskfiles import TaskFiles
from teams.protocol.config import Config
from teams.protocol.mail.inbox import Inbox
from teams.protocol.mail.message import Message
from teams.protocol.roster import Roster
from teams.protocol.team import Team
from teams.protocol.wire import dumps

WAIT_S = 15.0  # longer than the lock of a killed holder lasts


class Feed:
    """One team folder that is being fed; ``fed_bytes`` of its journal are there already."""

    def __init__(self, root: Path, team: str, *, fed_bytes: int = 0) -> None:
        self.team = Team(check_name(team, what="team"), root, cwd=root)
        self.fed_bytes = fed_bytes
        self.at_work: set[str] = set()
        self._over: set[str] = set()
        self._sent_before: dict[tuple[str, str], Message] = {}
        self._files = TaskFiles(root / "tasks" / team)
        for folder in (self.team.folder / "inboxes", self.team.journal.folder):
            folder.mkdir(parents=True, exist_ok=True)
        self._files.make()

    def write(self, line: bytes, event: Event) -> None:
        """Write one event: its line, and what it does to the files.

        Raises:
            Conflict: somebody else wrote to the journal; nothing was written.
            Damaged: the event lacks what its type needs; its line was written.
        """
        path = self.team.journal.path
        with file_lock(self.team.journal.folder / "journal.lock", wait_s=WAIT_S):
            size = path.stat().st_size if path.exists() else 0
            if size != self.fed_bytes:
                raise Conflict(
                    f"somebody else wrote to {path}: it has {size:,} bytes, {self.fed_bytes:,} were fed",
                    hint="feed into a new folder",
                )
            append_bytes(path, line, durable=False)
        self.fed_bytes += len(line)
        self.settle(event)

    def settle(self, event: Event) -> None:
        """Do to the files what the event did; doing it again changes nothing.

        Raises:
            Damaged: the event lacks what its type needs.
        """
        try:
            self.note(event)
            self.beat()
            if event.type.startswith("task.") and isinstance(event.data.get("task"), dict):
                self._task(event)
            elif effect := self._effects().get(event.type):
                effect(event)
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise Damaged(f"event {event.seq} ({event.type}) lacks what such events have: {error}") from error

    def beat(self) -> None:
        """Beat for everybody who is at work, and end it for who was."""
        for name in self.at_work:
            self.team.beat(name)
        while self._over:
            self.team.hearts.beat(self._over.pop(), stop=True)

    def _effects(self) -> dict[str, Callable[[Event], None]]:
        return {
            "team.created": self._created,
            "member.joined": self._joined,
            "member.left": self._left,
            "message.sent": self._sent,
            "message.posted": self._posted,
            "message.delivered": self._delivered,
            "mission.planned": self._planned,
        }

    def note(self, event: Event) -> None:
        """Note who is at work after the event, and what was sent; nothing is written."""
        if event.type == "message.sent":
            message = Message.of_event(event)
            self._sent_before[message.to, message.msg_id] = message
        elif event.type == "attempt.started" and event.agent and is_name(event.agent):
            self.at_work.add(event.agent)
        elif event.type == "attempt.ended" and event.agent in self.at_work:
            self.at_work.discard(event.agent)
            self._over.add(event.agent)

    def _task(self, event: Event) -> None:
        task_id = event.task or ""
        with suppress(UnknownTask):  # an id that cannot name a file
            if event.type == DELETED:
                self._files.remove(task_id)
            else:
                self._files.write(task_id, event.data["task"])

    def _created(self, event: Event) -> None:
        config = Config.parse(event.data["config"], source=f"event {event.seq}")
        if not self._config_path.exists():
            replace_text(self._config_path, dumps(config.to_document()))

    def _joined(self, event: Event) -> None:
        name = event.data["name"]
        roster = self._roster(event)
        config = roster.read()
        if name in [member.name for member in config.members]:
            return
        lead = config.members[0] if config.members else None
        with suppress(InvalidName):
            roster.join(
                name,
                role=event.data.get("role") or "worker",
                model=event.data.get("model"),
                cwd=Path(lead.cwd if lead else "."),
                record=_recorded,
            )

    def _left(self, event: Event) -> None:
        with suppress(UnknownMember):
            self._roster(event).leave(event.data["name"], record=_recorded)

    def _roster(self, event: Event) -> Roster:
        """Return the roster as of the event; a client's team, whose journal has no beginning of it, gets a lead."""
        roster = Roster(self.team.folder, clock=lambda: event.at)
        if not self._config_path.exists():
            roster.create(self.team.name, cwd=self.team.root, session_id=event.id)
        return roster

    def _sent(self, event: Event) -> None:
        if event.data.get("foreign"):
            # Another program wrote it into the array, from where it was taken in.
            self._into_array(Message.of_event(event))

    def _posted(self, event: Event) -> None:
        message = self._sent_before.get((event.data["to"], event.data["msg_id"]))
        if message is not None:
            self._into_array(message)

    def _into_array(self, message: Message) -> None:
        inbox = self._inbox(message.to)
        if inbox is None:
            return
        with mkdir_lock(inbox.path, wait_s=WAIT_S):
            entries, _ = inbox.read()
            if message.msg_id not in [entry.get("msg_id") for entry in entries]:
                inbox.append(message.to_entry())

    def _delivered(self, event: Event) -> None:
        self._sent_before.pop((event.data["to"], event.data["msg_id"]), None)
        inbox = self._inbox(event.data["to"])
        if inbox is None or not inbox.path.exists():
            return
        with mkdir_lock(inbox.path, wait_s=WAIT_S):
            entries, _ = inbox.read()
            left = [entry for entry in entries if entry.get("msg_id") != event.data["msg_id"]]
            if len(left) < len(entries):
                inbox.write(left)

    def _planned(self, event: Event) -> None:
        contract = parse_contract(event.data["contract"], source=f"event {event.seq}")
        replace_text(self.team.journal.folder / "contract.yaml", contract.to_yaml())

    def _inbox(self, name: Any) -> Inbox | None:
        if not isinstance(name, str) or not name or Path(name).name != name or "\0" in name:
            return None
        return Inbox(self.team.folder / "inboxes" / f"{name}.json", self.team.journal.folder / "malformed")

    @property
    def _config_path(self) -> Path:
        return self.team.folder / "config.json"


def _recorded(_: object) -> None:
    """Record nothing: the event is on record already."""
