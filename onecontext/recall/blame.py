"""BLAME: which milestone wrote a line of the user's code, who recorded it, and what was known then.

Rule 1: a line has the commit that git blames; the milestone is the one whose ``Code-Commit`` is that commit, else the
        oldest one whose ``Code-Commit`` has it in its history and whose work it is: made after the milestone of that
        branch that named code before, or after the branch began. What was there before is nobody's.
Rule 2: nothing is guessed from texts, names or authors: a commit that no milestone tells of has none.
Rule 3: nothing is written, neither here nor in the user's repository.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from onecontext.memory import message, metadata
from onecontext.recall.files import Files, committed
from onecontext.recall.history import History
from onecontext.recall.revisions import show
from onecontext.records import Milestone, Raw, Step, decode_milestone, decode_step, split
from onecontext.store.layout import Layout
from onecontext.store.objects import Objects
from onecontext.store.project import Project
from onecontext.store.project_blame import Code, CodeCommit

_SLACK = timedelta(seconds=1)  # git keeps whole seconds


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
    """The lines of a file. ``path`` is from the top of the work tree; ``known`` is there for a single line alone."""

    path: str
    lines: tuple[Line, ...]
    origins: dict[str, Origin]
    known: Known | None


class _Claim(NamedTuple):
    """A milestone with the commit that it names, and the time after which its work began."""

    milestone: Milestone
    commit: str
    since: datetime


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
    told = _told(code, commits, list(_claims(layout, code))) if commits else {}
    lines = tuple(Line(line.number, line.text, line.commit) for line in found)
    origins = {name: _origin(commit, told.get(name)) for name, commit in commits.items()}
    only = told.get(lines[0].commit or "") if len(lines) == 1 else None
    return Blame(shown, lines, origins, _known(layout, only) if only else None)


def _folder(path: Path) -> Path:
    """Return the nearest folder of ``path`` that is there: of a file that was removed, too, its commits tell."""
    return next(folder for folder in path.parents if folder.is_dir())


def _origin(commit: CodeCommit, milestone: Milestone | None) -> Origin:
    return Origin(commit.id, commit.author, datetime.fromtimestamp(commit.at_s, UTC), commit.subject, milestone)


def _told(code: Code, commits: dict[str, CodeCommit], claims: list[_Claim]) -> dict[str, Milestone]:
    """Return the milestone of each commit that has one."""
    claims.sort(key=lambda claim: claim.milestone.at)
    exact: dict[str, Milestone] = {}
    for claim in claims:
        exact.setdefault(claim.commit, claim.milestone)
    found = {}
    for commit in commits.values():
        milestone = exact.get(commit.id) or _first_with(code, commit, claims)
        if milestone is not None:
            found[commit.id] = milestone
    return found


def _first_with(code: Code, commit: CodeCommit, claims: list[_Claim]) -> Milestone | None:
    at = datetime.fromtimestamp(commit.at_s, UTC)
    return next(
        (
            claim.milestone
            for claim in claims
            if claim.since - _SLACK <= at <= claim.milestone.at + _SLACK and code.holds(claim.commit, commit.id)
        ),
        None,
    )


def _claims(layout: Layout, code: Code) -> Iterator[_Claim]:
    """Yield every milestone of every branch that names a commit which is here, each once."""
    seen: set[tuple[str, str, str]] = set()
    names: dict[str, str | None] = {}
    objects = Objects(layout)
    for branch in layout.branches():
        files = committed(objects, layout.tip(branch) or "")
        history = History(layout, branch, files)
        for told in [branch, *history.merged()]:
            since = _began(files, told)
            for raw in reversed(list(history.committed(told))):
                named = raw.frame.get("code_commit")
                if not isinstance(named, str):
                    continue
                if named not in names:
                    names[named] = code.full_name(named)
                milestone, commit = decode_milestone(raw), names[named]
                if raw.key not in seen and commit is not None:
                    seen.add(raw.key)
                    yield _Claim(milestone, commit, since)
                since = milestone.at


def _began(files: Files, branch: str) -> datetime:
    path = f"branches/{branch}/metadata.yaml"
    created = metadata.load(files.read(path), where=path).get("created")
    try:
        at = datetime.fromisoformat(str(created))
    except ValueError:
        # Unknown, as of an import: then nothing bounds what its first milestone brought.
        return datetime.min.replace(tzinfo=UTC) + _SLACK
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _known(layout: Layout, milestone: Milestone) -> Known:
    objects = Objects(layout)
    commit = show(layout, milestone.id).commit
    before = milestone.at - timedelta(seconds=1)
    command = f"onecontext context --branch {milestone.branch} --at {before:%Y-%m-%dT%H:%M:%SZ}"
    if commit is None or (info := objects.info(commit)).parents == ():
        return Known((), command)
    if message.trailers(info.message).get(message.RECORD) != milestone.id:
        # It came with an import, many in one commit: which step belongs to which is not known.
        return Known((), command)
    steps = _added(objects, objects.tree_of(info.parents[0]), info.tree, milestone.branch)
    return Known(tuple(decode_step(raw) for raw in steps), command)


def _added(objects: Objects, old: str, new: str, branch: str) -> Iterable[Raw]:
    """Return the steps that became history between two trees, oldest first."""
    folder = f"branches/{branch}/log/"
    for path, (before, after) in sorted(objects.changed(old, new).items()):
        if path.startswith(folder) and after is not None:
            known = {raw.key for raw in split(objects.blob(before)).records} if before else set()
            yield from (raw for raw in split(objects.blob(after)).records if raw.key not in known)
