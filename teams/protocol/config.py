"""What stands in ``config.json``: a team and its members, as the client knows them.

Rule 1: what others wrote is kept: fields we do not know, the order of keys, members that are none.
Rule 2: a bad member never hides the others: it is named in ``problems``, and left where it is.
Rule 3: nothing is read or written here.
"""

from collections.abc import Sequence
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, ValidationError

from onecontext.errors import Damaged, UnknownMember, UsageError
from onecontext.text.validation import first_problem

LEAD = "team-lead"
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
            problems.append(f"member {place} ({name_of(document)[:80]!r}) is none: {why}")
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


def check_role(role: str) -> str:
    """Return ``role`` unchanged if it is a word that can say what a member or a task is for.

    Raises:
        UsageError: it is blank, or would not stay on its line.
    """
    if not role.strip() or not role.isprintable():
        raise UsageError(f"{role[:80]!r} is no role: it is a word, such as worker or validator")
    return role


def name_of(document: Any) -> str:
    """Return the name in what stands in a list of members, "" where it has none."""
    name = document.get("name") if isinstance(document, dict) else None
    return name if isinstance(name, str) else ""
