"""What the operations on a memory return."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from onecontext.records import Milestone


@dataclass(frozen=True)
class Branch:
    """A branch as listed. ``current`` is the one HEAD names; ``commit`` is its tip; ``pending`` counts its steps."""

    name: str
    purpose: str
    parent: str | None
    status: str
    commit: str
    current: bool
    pending: int


@dataclass(frozen=True)
class MergeConflict:
    """Something both sides changed. Ours stands; both sides are kept in ``branches/<branch>/conflicts/``.

    ``where`` is a heading of main.md, a key of the metadata, or empty for a whole file; a side that has none is None.
    """

    path: str
    where: str
    base: Any
    ours: Any
    theirs: Any


@dataclass(frozen=True)
class Merge:
    """What a MERGE did. ``already`` means nothing was written; ``pending`` steps of the source were not part of it."""

    source: str
    already: bool
    milestone: Milestone | None
    commit: str
    conflicts: tuple[MergeConflict, ...] = ()
    pending: int = 0


@dataclass(frozen=True)
class Rollback:
    """What a ROLLBACK did.

    ``target`` is the commit whose memory the branch has again, ``before`` the tip it had until then: rolling back to
    ``before`` undoes it. ``already`` means the memory was the same and nothing was written; ``commit`` is then the tip.
    ``tree`` is the git tree of both ``target`` and ``commit``. ``pending`` counts the steps that stay pending.
    """

    branch: str
    target: str
    before: str
    commit: str
    tree: str
    already: bool
    pending: int


@dataclass(frozen=True)
class Tag:
    """A name that stays on ``commit``. ``record`` is the milestone that commit holds, None where it holds none.

    ``at`` is the time of the commit and ``subject`` its first line.
    """

    name: str
    commit: str
    record: str | None
    at: datetime
    subject: str


@dataclass(frozen=True)
class Deleted:
    """A branch taken out of sight: its tip, the ref that keeps it, and whether another branch has it merged."""

    name: str
    commit: str
    kept: str
    merged: bool


@dataclass(frozen=True)
class Pins:
    """The pinned facts of a branch after a change; ``already`` means there was nothing to write."""

    branch: str
    facts: tuple[str, ...]
    already: bool
    commit: str


@dataclass(frozen=True)
class KeptConflict:
    """A conflict of a merge, as it is kept: what :class:`MergeConflict` says, and where it came from.

    ``id`` means the same conflict for ever. The merge was of ``source`` at ``source_commit`` into ``branch`` at
    ``ours_commit``, ``at`` a time (ISO 8601) ``by`` an agent. ``resolved`` says what was decided; None: it is open.
    """

    id: str
    branch: str
    path: str
    where: str
    base: Any
    ours: Any
    theirs: Any
    source: str
    source_commit: str
    ours_commit: str
    at: str
    by: str
    resolved: str | None


@dataclass(frozen=True)
class Resolution:
    """What was decided: ``take`` is ``ours``, ``theirs`` or ``text``; ``left`` counts the conflicts still open."""

    conflict: KeptConflict
    take: str
    commit: str
    left: int
