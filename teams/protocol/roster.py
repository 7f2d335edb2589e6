"""Who is in a team: coming and going in ``teams/<team>/config.json``, a file we share with the client.

Rule 1: written under ``config.json.lock``, read without: the client rewrites it in place; half a file is tried again.
Rule 2: what others wrote is kept: fields we do not know, the order of keys, members that are none.
Rule 3: which members are ours is in the journal (``team.created``, ``member.joined``, ``member.left``), not here.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from onecontext.errors import NoTeam
from onecontext.names import check_name
from onecontext.store.files import replace_text
from teams.engine.journal import random_id, utc_now
from teams.engine.locks import mkdir_lock
from teams.engine.stamp import Kept
from teams.protocol.config import LEAD, Config, Member, check_role, name_of
from teams.protocol.reading import read_json
from teams.protocol.wire import dumps

COLOURS = ("blue", "green", "yellow", "purple", "orange", "pink", "cyan", "red")
WAIT_S = 15.0  # longer than the lock of a killed holder lasts


class Roster:
    """The members of one team, in ``folder`` (``teams/<team>``)."""

    def __init__(self, folder: Path, *, clock: Callable[[], datetime] = utc_now) -> None:
        self.path = folder / "config.json"
        self._clock = clock
        self._kept = Kept(self.path, self._parsed)

    def create(self, team: str, *, cwd: Path, session_id: str | None = None) -> bool:
        """Make a team with its lead; False when there was one already, which is then as it was."""
        now = self._now_ms()
        lead = {
            "agentId": f"{LEAD}@{team}",
            "name": LEAD,
            "agentType": LEAD,
            "joinedAt": now,
            "tmuxPaneId": "leader",
            "cwd": str(cwd),
            "subscriptions": [],
            "backendType": "in-process",
        }
        document = {
            "name": team,
            "createdAt": now,
            "leadAgentId": f"{LEAD}@{team}",
            "leadSessionId": session_id or random_id(),
            "members": [lead],
        }
        with mkdir_lock(self.path, wait_s=WAIT_S):
            if self.path.exists():
                return False
            replace_text(self.path, dumps(document), durable=True)
        return True

    def read(self) -> Config:
        """Return the team as it is.

        Raises:
            NoTeam: there is no such file.
            Damaged: it stays garbled.
        """
        return self._kept.get()

    def _parsed(self) -> Config:
        try:
            config: Config = read_json(self.path, parse=lambda document: Config.parse(document, source=str(self.path)))
        except FileNotFoundError as error:
            raise NoTeam(f"there is no team at {self.path.parent}") from error
        return config

    def join(
        self,
        name: str,
        *,
        role: str = "worker",
        model: str | None = None,
        cwd: Path,
        record: Callable[[Member], object],
    ) -> Member:
        """Append a member and return it; a second ``ann`` becomes ``ann-2``.

        Args:
            record: called with the member before the file is written; what it raises keeps the member out.

        Raises:
            InvalidName: nobody may be called so. UsageError: the role is no word.
        """
        check_name(name, what="agent")
        check_role(role)
        with mkdir_lock(self.path, wait_s=WAIT_S):
            config = self.read()
            free = _free_name(name, [name_of(member) for member in config.to_document()["members"]])
            member = {
                "agentId": f"{free}@{config.name}",
                "name": free,
                "agentType": role,
                "color": _free_colour([member.color for member in config.members]),
                "joinedAt": self._now_ms(),
                # Not tmux: a client that ends a member closes the pane named here, and we have none.
                "tmuxPaneId": "in-process",
                "subscriptions": [],
                **({"model": model} if model else {}),
                "planModeRequired": False,
                "cwd": str(cwd),
                "backendType": "in-process",
            }
            joined = Member.model_validate(member)
            record(joined)
            self._write(config, [*config.to_document()["members"], member])
        return joined

    def leave(self, name: str, *, record: Callable[[Member], object]) -> Member:
        """Take a member out and return it; ``record`` is called before the file is written.

        Raises:
            UnknownMember: there is none.
        """
        with mkdir_lock(self.path, wait_s=WAIT_S):
            config = self.read()
            gone = config.member(name)
            record(gone)
            self._write(config, [one for one in config.to_document()["members"] if name_of(one) != name])
        return gone

    def _write(self, config: Config, members: Sequence[Any]) -> None:
        replace_text(self.path, dumps(config.to_document() | {"members": list(members)}), durable=True)

    def _now_ms(self) -> int:
        return int(self._clock().timestamp() * 1000)


def _free_name(name: str, taken: Sequence[str]) -> str:
    if name not in taken:
        return name
    number = 2
    while f"{name}-{number}" in taken:
        number += 1
    return f"{name}-{number}"


def _free_colour(taken: Sequence[str | None]) -> str:
    """Return the first colour nobody has, and when all are taken the next in turn."""
    for colour in COLOURS:
        if colour not in taken:
            return colour
    return COLOURS[(len(taken) - 1) % len(COLOURS)]
