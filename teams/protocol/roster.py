"""Who is in a team: ``teams/<team>/config.json``, a file we share with the client.

Rule 1: written under ``config.json.lock``, read without: the client rewrites it in place; half a file is tried again.
Rule 2: what others wrote is kept: fields we do not know, the order of keys, members that are none.
Rule 3: a bad member never hides the others: it is named in ``problems``, and left where it is.
Rule 4: which members are ours is in the journal (``team.created``, ``member.joined``, ``member.left``), not here.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, ValidationError

from onecontext.errors import Damaged, NoTeam, UnknownMember
from onecontext.names import check_name
from onecontext.store.files import replace_text
from onecontext.text.validation import first_problem
from teams.engine.journal import random_id, utc_now
from teams.engine.locks import mkdir_lock
from teams.engine.stamp import Kept
from teams.protocol.reading import read_json
from teams.protocol.wire import dumps

LEAD = "team-lead"
COLOURS = ("blue", "green", "yellow", "purple", "orange", "pink", "cyan", "red")
WAIT_S = 10.0
LIMIT_MEMBERS = 1000
_LIMIT_NAME_BYTES = 200


class Member(BaseModel):
    """One member as the client knows it. Times are milliseconds since 1970; None means the field is not there."""

    model_config = ConfigDict(frozen=True, strict=True, extra="allow")

    agent_id: str = Field(alias="agentId")
    name: str
    agent_type: str | None = Field(default=None, alias="agentType")
    color: str | None = None
    joined_at: int = Field(alias="joinedAt")
    pane_id: str = Field(default="", alias="tmuxPaneId")
    subscriptions: tuple[Any, ...] = Field(default=(), strict=False)
    model: str | None = None
    prompt: str | None = None
    plan_mode_required: bool | None = Field(default=None, alias="planModeRequired")
    cwd: str = ""
    backend_type: str | None = Field(default=None, alias="backendType")
    is_active: bool | None = Field(default=None, alias="isActive")

    @property
    def role(self) -> str:
        """What the member is for; ``worker`` where nobody said."""
        return self.agent_type or "worker"


class Config(BaseModel):
    """The whole of ``config.json``."""

    model_config = ConfigDict(frozen=True, strict=True, extra="allow")

    name: str
    description: str | None = None
    created_at: int = Field(alias="createdAt")
    lead_agent_id: str = Field(alias="leadAgentId")
    lead_session_id: str | None = Field(default=None, alias="leadSessionId")
    members: tuple[Member, ...] = Field(strict=False)
    _source: dict[str, Any] = PrivateAttr(default_factory=dict)
    _problems: tuple[str, ...] = PrivateAttr(default=())

    @classmethod
    def parse(cls, document: Any, *, source: str) -> Self:
        """Return the configuration in ``document``; ``source`` says in errors where it came from.

        Raises:
            Damaged: it is none. One bad member does not make it so.
        """
        listed = document.get("members") if isinstance(document, dict) else None
        members, problems = _told_apart(listed) if isinstance(listed, list) else (listed, [])
        try:
            config = cls.model_validate({**document, "members": members} if isinstance(document, dict) else document)
        except ValidationError as error:
            raise Damaged(f"{source} is not a team's configuration: {first_problem(error)}") from error
        config._source = document
        config._problems = tuple(problems)
        return config

    @property
    def problems(self) -> Sequence[str]:
        """What stands in ``members`` and is none, a sentence each."""
        return self._problems

    def to_document(self) -> dict[str, Any]:
        """Return the document as it was read, bad members included."""
        return dict(self._source)

    def member(self, name: str) -> Member:
        """Return a member by name.

        Raises:
            UnknownMember: there is none.
        """
        for member in self.members:
            if member.name == name:
                return member
        known = ", ".join(member.name for member in self.members)
        raise UnknownMember(f"no member {name!r} in team {self.name}; there are {known or 'none'}")


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
            InvalidName: nobody may be called so.
        """
        check_name(name, what="agent")
        with mkdir_lock(self.path, wait_s=WAIT_S):
            config = self.read()
            free = _free_name(name, [_name_of(member) for member in config.to_document()["members"]])
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
            self._write(config, [one for one in config.to_document()["members"] if _name_of(one) != name])
        return gone

    def _write(self, config: Config, members: Sequence[Any]) -> None:
        replace_text(self.path, dumps(config.to_document() | {"members": list(members)}), durable=True)

    def _now_ms(self) -> int:
        return int(self._clock().timestamp() * 1000)


def _told_apart(listed: Sequence[Any]) -> tuple[list[Member], list[str]]:
    """Return the members in a list, and a sentence about each element that is none."""
    members: dict[str, Member] = {}
    problems = []
    for place, document in enumerate(listed, start=1):
        try:
            member = Member.model_validate(document)
        except ValidationError as error:
            why = first_problem(error)
        else:
            why = "" if is_file_name(member.name) else "its name is no file name"
        if why:
            problems.append(f"member {place} ({_name_of(document)[:80]!r}) is none: {why}")
            continue
        if member.name in members:
            problems.append(f"member {place} ({member.name!r}) has a name that another has")
        members.setdefault(member.name, member)
        if len(members) > LIMIT_MEMBERS or len(problems) > LIMIT_MEMBERS:
            problems.append(f"there are more than {LIMIT_MEMBERS:,} members; the others are not looked at")
            break
    return [*members.values()], problems


def is_file_name(name: str) -> bool:
    """Say whether ``name`` can name an inbox: it comes from a file that others write, and becomes part of a path."""
    is_path = name in ("", ".", "..") or "/" in name or not name.isprintable()
    return not is_path and len(name.encode("utf-8", "replace")) <= _LIMIT_NAME_BYTES


def _name_of(document: Any) -> str:
    name = document.get("name") if isinstance(document, dict) else None
    return name if isinstance(name, str) else ""


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
