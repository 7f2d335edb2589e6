"""A task as it lies in ``tasks/<team>/<id>.json`` (docs/formats.md, part 2).

Rule 1: the top level belongs to the client: its fields, its three statuses, fields we do not know kept as they are.
Rule 2: what is ours lives in ``metadata.onecontext`` and nowhere else; there, unknown fields are refused.
Rule 3: a field that is not there is left out, never null: the client does not see a task whose owner is null.
"""

from datetime import datetime
from typing import Any, Literal, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, PrivateAttr, ValidationError

from onecontext.errors import Damaged, NewerFormat
from onecontext.text.validation import first_problem
from teams.protocol.board.states import CLIENT_STATUS, FOREIGN_STATE, State
from teams.protocol.wire import in_order_of

VERSION = 1
Verdict = Literal["accepted", "rejected"]


class Ours(BaseModel):
    """``metadata.onecontext``: what the client does not know; docs/formats.md says what each field means."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")

    v: Literal[1] = 1
    rev: int = Field(default=0, ge=0)
    key: str
    state: State = Field(default=State.READY, strict=False)
    role: str = "worker"
    author: str | None = None
    attempt: int = Field(default=0, ge=0)
    attempts_from: int = Field(default=0, ge=0)
    epoch: int = Field(default=0, ge=0)
    lease_until: AwareDatetime | None = Field(default=None, strict=False)
    assertions: tuple[str, ...] = Field(default=(), strict=False)
    verdict: Verdict | None = None
    reason: str | None = None
    evidence: dict[str, Any] = {}
    mission: str | None = None
    review: bool = True
    reviewer: str | None = None


class Metadata(BaseModel):
    """``metadata`` of a task: ours, and whatever others keep there."""

    model_config = ConfigDict(frozen=True, strict=True, extra="allow")

    onecontext: Ours | None = None


class Task(BaseModel):
    """One task. The properties read ``metadata.onecontext``; where there is none, what the client's own fields say."""

    model_config = ConfigDict(frozen=True, strict=True, extra="allow", populate_by_name=True)

    id: str = Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")
    subject: str
    description: str
    active_form: str | None = Field(default=None, alias="activeForm")
    status: Literal["pending", "in_progress", "completed"]
    blocks: tuple[str, ...] = Field(strict=False)
    blocked_by: tuple[str, ...] = Field(alias="blockedBy", strict=False)
    owner: str | None = None
    metadata: Metadata | None = None
    _source: dict[str, Any] = PrivateAttr(default_factory=dict)
    _seen: State | None = PrivateAttr(default=None)

    @classmethod
    def parse(cls, document: Any, *, source: str) -> Self:
        """Return the task in ``document``; ``source`` says in errors where it came from.

        Raises:
            NewerFormat: our part of it was written by a newer version.
            Damaged: it is no task, or the client would not see it.
        """
        version = _version(document)
        if version > VERSION:
            raise NewerFormat(f"{source}: metadata.onecontext has version {version}; this program knows {VERSION}")
        if isinstance(document, dict) and document.get("owner", "") is None:
            raise Damaged(f"{source} is not a task that a client sees: its owner is null")
        try:
            task = cls.model_validate(document)
        except ValidationError as error:
            raise Damaged(f"{source} is not a task: {first_problem(error)}") from error
        task._source = document
        return task

    def to_document(self) -> dict[str, Any]:
        """Return what is written to the file, keys in the order in which they were read."""
        document = self.model_dump(mode="json", by_alias=True, exclude={"metadata"})
        for name in ("activeForm", "owner"):
            # A null that somebody else put there stays.
            if document[name] is None and self._source.get(name, "") is not None:
                del document[name]
        if self.metadata is not None:
            document["metadata"] = _metadata(self.metadata, self._source.get("metadata"))
        elif "metadata" in self._source:
            document["metadata"] = None
        return in_order_of(document, self._source)

    def is_copy_of(self, document: dict[str, Any]) -> bool:
        """Say whether it was read from just this document."""
        return self._source == document

    def changed(self, *, ours: dict[str, Any], **fields: Any) -> Self:
        """Return a copy with other fields, ours and the client's; the status follows the state."""
        metadata = self.metadata or Metadata()
        mine = self.ours.model_copy(update=ours)
        fields["metadata"] = metadata.model_copy(update={"onecontext": mine})
        copy = self.model_copy(update={"status": CLIENT_STATUS[mine.state], **fields})
        copy._seen = None
        return copy

    def without_ours(self) -> Self:
        """Return a copy that carries nothing of ours, as another program's task."""
        if self.is_foreign:
            return self
        assert self.metadata is not None
        copy = self.model_copy(update={"metadata": self.metadata.model_copy(update={"onecontext": None})})
        copy._seen = None
        return copy

    def seen_as(self, state: State) -> Self:
        """Return a copy that says it stands at ``state``; what would be written to the file stays as it is."""
        if state is self.state:
            return self
        copy = self.model_copy()
        copy._seen = state
        return copy

    @property
    def ours(self) -> Ours:
        """Our part; for a task of another program, what its own fields say."""
        if self.metadata is not None and self.metadata.onecontext is not None:
            return self.metadata.onecontext
        return Ours(key=f"task-{self.id}", state=FOREIGN_STATE[self.status], review=False)

    @property
    def is_foreign(self) -> bool:
        """Whether another program made it and nobody of ours has touched it."""
        return self.metadata is None or self.metadata.onecontext is None

    @property
    def key(self) -> str:
        """The task's stable name in its mission."""
        return self.ours.key

    @property
    def state(self) -> State:
        """Where it stands. As read through the board, ``waiting`` and ``ready`` are up to date."""
        # Asked of each task with each look at a board; by its own name pydantic takes ten times as long to find it.
        private = self.__pydantic_private__
        return (private and private["_seen"]) or self.ours.state

    @property
    def role(self) -> str:
        """Who may claim it."""
        return self.ours.role

    @property
    def author(self) -> str | None:
        """Who did the newest attempt; None before the first."""
        return self.ours.author

    @property
    def attempt(self) -> int:
        """The newest attempt, from 1; 0 before the first."""
        return self.ours.attempt

    @property
    def epoch(self) -> int:
        """How often it has been claimed."""
        return self.ours.epoch

    @property
    def lease_until(self) -> datetime | None:
        """Until when the claim is safe; None when nobody has it."""
        return self.ours.lease_until

    @property
    def assertions(self) -> tuple[str, ...]:
        """What of the contract it owns."""
        return self.ours.assertions

    @property
    def verdict(self) -> Verdict | None:
        """Of the newest attempt; None while there is none."""
        return self.ours.verdict

    @property
    def reason(self) -> str | None:
        """Why it is blocked, was released or was rejected; None otherwise."""
        return self.ours.reason

    @property
    def evidence(self) -> dict[str, Any]:
        """The newest handoff and what validation measured."""
        return self.ours.evidence

    @property
    def findings(self) -> tuple[str, ...]:
        """What was found in the newest attempt; () where nothing was, or its evidence says no list of it."""
        found = self.ours.evidence.get("findings")
        return tuple(map(str, found)) if isinstance(found, list) else ()

    @property
    def mission(self) -> str | None:
        """The mission it belongs to."""
        return self.ours.mission


def _version(document: Any) -> int:
    metadata = document.get("metadata") if isinstance(document, dict) else None
    ours = metadata.get("onecontext") if isinstance(metadata, dict) else None
    version = ours.get("v") if isinstance(ours, dict) else None
    return version if isinstance(version, int) else 0


def _metadata(metadata: Metadata, source: Any) -> dict[str, Any]:
    document = metadata.model_dump(mode="json")
    if document["onecontext"] is None and not (isinstance(source, dict) and source.get("onecontext", "") is None):
        del document["onecontext"]
    return in_order_of(document, source) if isinstance(source, dict) else document
