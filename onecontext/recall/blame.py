"""BLAME: which milestone wrote a line of the user's code, who recorded it, and what was known then.

Rule 1: a line has the commit that git blames; the milestone is the one whose ``Code-Commit`` is that commit, else the
        oldest one whose ``Code-Commit`` has it in its history and whose work it is: made after the milestone of that
        branch that named code before, or after the branch began. What was there before is nobody's.
Rule 2: nothing is guessed from texts, names or authors: a commit that no milestone tells of has none.
Rule 3: nothing is written, neither here nor in the user's repository.
Rule 4: what of a branch cannot be read costs what only that could tell, and it is said; the others tell what they know.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from onecontext.errors import DamagedDocument, InvalidName
from onecontext.memory import metadata
from onecontext.names import is_name
from onecontext.recall.files import Files, committed
from onecontext.recall.history import History
from onecontext.records import Milestone, Step, decode_milestone
from onecontext.store.layout import Layout
from onecontext.store.objects import Objects
from onecontext.store.project import Project
from onecontext.store.project_blame import Code, CodeCommit

_SLACK = timedelta(seconds=1)  # git keeps whole seconds
_NEVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Origin:
    """Where lines come from: a commit of the code, and the milestone that tells of it; None where none does."""

    commit: str
    author: str
    at: datetime
    subject: str
    milestone: Milestone | None


@dataclass(frozen=True)
class Line:
    """A line, counted from 1. ``commit`` is a key of :attr:`Blame.origins`; None: in the work tree alone."""

    number: int
    text: str
    commit: str | None


@dataclass(frozen=True)
class Known:
    """What the writer of a line had at hand: the steps taken for that milestone, oldest first, and a command that
    shows the whole memory of the branch as it was just before."""

    steps: tuple[Step, ...]
    how_to_get: str


@dataclass(frozen=True)
class Blame:
    """The lines of a file. ``path`` is from the top of the work tree; ``known`` is there for a single line alone.

    ``unread`` says in a sentence each what of the memory could not be read: milestones that it would have led to are
    missing in ``origins``.
    """

    path: str
    lines: tuple[Line, ...]
    origins: dict[str, Origin]
    known: Known | None
    unread: tuple[str, ...] = ()


class _Claim(NamedTuple):
    """A milestone with the commit that it names, the time after which its work began, and the history that tells it."""

    milestone: Milestone
    commit: str
    since: datetime
    history: History


def blame(
    layout: Layout, path: Path, *, first: int | None = None, last: int | None = None, revision: str | None = None
) -> Blame:
    """Return where the lines of the user's file ``path`` come from.

    Args:
        path: absolute; the repository is the one around it.
        first: the first line that is asked about, counted from 1; None is the first one there is.
        last: the last one; None is the last one there is.
        revision: a commit, branch or tag of the user's repository; None is the work tree.

    Raises:
        NoRepository: the file is in none.
        UsageError: it is not committed, no text, or has no such line.
        UnknownRevision: nothing answers to ``revision``.
    """
    code = Code(Project.find(_folder(path)))
    shown = code.path_of(path)
    found = code.blame(shown, revision, first, last)
    commits = {name: code.told(name) for name in dict.fromkeys(line.commit for line in found) if name is not None}
    unread: dict[str, None] = {}
    told = _told(code, commits, list(_claims(layout, code, unread))) if commits else {}
    lines = tuple(Line(line.number, line.text, line.commit) for line in found)
    origins = {name: _origin(commit, told.get(name)) for name, commit in commits.items()}
    only = told.get(lines[0].commit or "") if len(lines) == 1 else None
    return Blame(shown, lines, origins, _known(layout, only) if only else None, tuple(unread))


def _folder(path: Path) -> Path:
    """Return the nearest folder of ``path`` that is there: of a file that was removed, too, its commits tell."""
    if path.is_dir() and not path.is_symlink():
        return path  # it is no file, which its own repository says, and not the one around that
    return next(folder for folder in path.parents if folder.is_dir())


def _origin(commit: CodeCommit, claim: _Claim | None) -> Origin:
    at = datetime.fromtimestamp(commit.at_s, UTC)
    return Origin(commit.id, commit.author, at, commit.subject, claim.milestone if claim else None)


def _told(code: Code, commits: dict[str, CodeCommit], claims: list[_Claim]) -> dict[str, _Claim]:
    """Return whose each commit is, where it is somebody's."""
    claims.sort(key=lambda claim: claim.milestone.at)
    exact: dict[str, _Claim] = {}
    for claim in claims:
        exact.setdefault(claim.commit, claim)
    found = {}
    for commit in commits.values():
        if whose := exact.get(commit.id) or _first_with(code, commit, claims):
            found[commit.id] = whose
    return found


def _first_with(code: Code, commit: CodeCommit, claims: list[_Claim]) -> _Claim | None:
    at = datetime.fromtimestamp(commit.at_s, UTC)
    return next(
        (
            claim
            for claim in claims
            if claim.since - _SLACK <= at <= claim.milestone.at + _SLACK and code.holds(claim.commit, commit.id)
        ),
        None,
    )


def _claims(layout: Layout, code: Code, unread: dict[str, None]) -> Iterator[_Claim]:
    """Yield every milestone of every branch that names a commit which is here, each once.

    What cannot be read goes into ``unread``, a sentence each, in order.
    """
    seen: set[tuple[str, str, str]] = set()
    names: dict[str, str | None] = {}
    objects = Objects(layout)
    for branch in layout.branches():
        files = committed(objects, layout.tip(branch) or "")
        history, merged = _history(layout, branch, files, unread)
        for told in [branch, *merged]:
            since = _began(files, branch, told, unread)
            for raw in reversed(list(history.committed(told))):
                named = raw.frame.get("code_commit")
                if not isinstance(named, str):
                    continue
                if named not in names:
                    names[named] = code.full_name(named)
                milestone, commit = decode_milestone(raw), names[named]
                if raw.key not in seen and commit is not None:
                    seen.add(raw.key)
                    yield _Claim(milestone, commit, since, history)
                since = milestone.at


def _history(layout: Layout, branch: str, files: Files, unread: dict[str, None]) -> tuple[History, list[str]]:
    """Return the history of a branch and the branches that it tells, too: none where that cannot be read."""
    try:
        history = History(layout, branch, files)
        return history, history.merged()
    except (DamagedDocument, InvalidName) as error:
        unread[_unread(error, branch)] = None
        return History(layout, branch, files, known={}), []


def _unread(error: DamagedDocument | InvalidName, branch: str) -> str:
    return f"in the memory of the branch {branch}: {error.message}"


def _began(files: Files, branch: str, told: str, unread: dict[str, None]) -> datetime:
    path = f"branches/{told}/metadata.yaml"
    try:
        created = metadata.load(files.read(path), where=path).get("created")
    except DamagedDocument as error:
        unread[_unread(error, branch)] = None
        # What was there before is nobody's (rule 1): its first milestone has only the commit that it names.
        return _NEVER
    try:
        at = datetime.fromisoformat(str(created))
    except ValueError:
        # Unknown, as of an import: then nothing bounds what its first milestone brought.
        return datetime.min.replace(tzinfo=UTC) + _SLACK
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _known(layout: Layout, claim: _Claim) -> Known:
    milestone = claim.milestone
    before = milestone.at - timedelta(seconds=1)
    # A branch that was merged and deleted cannot be asked any more, nor one that only a forged frame names.
    is_there = is_name(milestone.branch) and layout.tip(milestone.branch) is not None
    branch = milestone.branch if is_there else claim.history.branch
    command = f"onecontext context --branch {branch} --at {before:%Y-%m-%dT%H:%M:%SZ}"
    return Known(tuple(claim.history.steps_of(milestone)), command)
