"""What a revision means: a branch, a tag, a record id, a git commit, a unique prefix of one of these, or BRANCH@TIME.

Rule 1: a branch is looked for first, then a tag, then records and commits together; several answers are an error.
Rule 2: what a rollback or a deleted branch took out of sight is found all the same.
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime

from onecontext.errors import AmbiguousRevision, UnknownRevision
from onecontext.memory import message
from onecontext.names import check_name, is_name
from onecontext.recall import past
from onecontext.recall.graph import GraphCommit, GraphRow, lay_out
from onecontext.recall.imported import milestones_in
from onecontext.recall.newest import newest
from onecontext.records import Milestone, decode_milestone, iso, split
from onecontext.store import refs
from onecontext.store.layout import Layout
from onecontext.store.objects import CommitInfo, Objects
from onecontext.text.fence import one_line

_HEX = re.compile(r"[0-9a-f]{4,64}", re.ASCII)
_NAMED = 8
_SUBJECT = 100  # characters
_SEARCHED = (refs.HEADS, refs.TAGS, refs.DELETED, refs.DELETED_TAGS)


def resolve(layout: Layout, objects: Objects, revision: str, *, at: datetime | None = None) -> CommitInfo:
    """Return the git commit that ``revision`` means.

    Args:
        at: a branch means its tip at that time, and nothing younger is found; None is now.

    Raises:
        UnknownRevision: nothing answers to it.
        AmbiguousRevision: several records or commits begin so.
        UsageError: what stands behind an ``@`` is no time.
    """
    name, has_time, time = revision.partition("@")
    if has_time:
        return past.tip_at(layout, objects, check_name(name, what="branch"), past.parse_time(time))
    if is_name(revision) and layout.tip(revision):
        return past.tip_at(layout, objects, revision, at)
    tag = refs.read(layout, refs.tag_ref(revision)) if is_name(revision) else None
    if tag and (named := objects.peel(tag)):
        return _not_younger(objects.info(named), revision, at)
    wanted = revision.lower()
    if not _HEX.fullmatch(wanted):
        raise UnknownRevision(
            f"{revision[:80]!r} is no branch, no tag, and no record or commit in hexadecimal digits",
            hint="'onecontext log' lists records, 'onecontext branch' and 'onecontext tag' list names",
        )
    found = [
        (commit.id, record if record.startswith(wanted) else commit.id[:12])
        for commit in objects.walk(_everything(layout, objects))
        for record in _records(objects, commit, wanted)
        if record.startswith(wanted) or commit.id.startswith(wanted)
    ]
    if not found:
        raise UnknownRevision(f"nothing is called {revision!r}", hint="'onecontext log' lists what there is")
    if len(found) > 1:
        some = sorted(found, key=lambda one: one[1])[:_NAMED]
        lines = [candidate_line(name, objects.info(commit)) for commit, name in some]
        raise AmbiguousRevision(revision, [name for _, name in some], lines)
    return _not_younger(objects.info(found[0][0]), revision, at)


def candidate_line(name: str, commit: CommitInfo) -> str:
    """Return a line about a commit that a revision could mean: its time, branch, author and subject."""
    at = datetime.fromtimestamp(commit.at_s, UTC)
    branch = message.trailers(commit.message).get(message.BRANCH, "")
    subject = one_line((commit.message.splitlines() or [""])[0], limit=_SUBJECT)
    return f"{name}  {at:%Y-%m-%d %H:%M}  {branch}/{commit.author}  {subject}"


def _records(objects: Objects, commit: CommitInfo, wanted: str) -> list[str]:
    """Return the ids of records that a commit brought: its own, or those of an import that begin with ``wanted``."""
    brought = [raw.id for raw in milestones_in(objects, commit, wanted)]
    return brought or [message.trailers(commit.message).get(message.RECORD, "")]


def commit_of(layout: Layout, revision: str) -> str:
    """Return the full name of the git commit that ``revision`` means."""
    return resolve(layout, Objects(layout), revision).id


def show(layout: Layout, revision: str, *, at: datetime | None = None) -> Milestone:
    """Return the milestone that ``revision`` names; for a branch or a tag, the newest one that is in its memory.

    Raises:
        UnknownRevision: nothing answers to it, or the commit holds no milestone.
    """
    objects = Objects(layout)
    commit = resolve(layout, objects, revision, at=at)
    trailers = message.trailers(commit.message)
    record, branch = trailers.get(message.RECORD), trailers.get(message.BRANCH)
    name = revision.partition("@")[0]
    if is_name(name) and layout.tip(name):
        record, branch = None, name
    elif is_name(name) and refs.read(layout, refs.tag_ref(name)):
        record = None
    else:
        branch = branch if record else None
    if branch is None and (brought := milestones_in(objects, commit, revision.lower())):
        return replace(decode_milestone(brought[0]), commit=commit.id)
    shown = objects.read(commit.tree, f"branches/{branch}/commit.md") if branch else None
    for raw in reversed(split(shown or b"").records):
        if record in (None, raw.id):
            return replace(decode_milestone(raw), commit=_holding(objects, commit, raw.id) if not record else commit.id)
    raise UnknownRevision(
        f"commit {commit.id[:12]} holds no milestone: {(commit.message.splitlines() or [''])[0]}",
        hint=f"'onecontext diff {commit.id[:12]}' shows what it changed",
    )


def diff(layout: Layout, old: str, new: str, *, at: datetime | None = None) -> str:
    """Return the unified diff of the memory's files between two revisions."""
    objects = Objects(layout)
    return objects.diff(resolve(layout, objects, old, at=at).id, resolve(layout, objects, new, at=at).id)


def parent_of(layout: Layout, revision: str) -> str | None:
    """Return the first parent of a revision; None for the very first commit."""
    parents = resolve(layout, Objects(layout), revision).parents
    return parents[0] if parents else None


def graph(
    layout: Layout, *, limit: int, at: datetime | None = None, known: dict[str, CommitInfo] | None = None
) -> list[GraphRow]:
    """Return the newest ``limit`` commits of all branches with their lanes, newest first.

    Args:
        at: of the branches as they were at that time; None is now.
        known: what was read before, which is not read again; what is read now is added. None: nothing was.
    """
    objects = Objects(layout)
    known = {} if known is None else known
    names: dict[str, list[str]] = {}
    for branch in layout.branches():
        if tip := past.tip_if_any(layout, objects, branch, at):
            names.setdefault(tip.id, []).append(branch)

    def info(commit: str) -> CommitInfo:
        if commit not in known:
            known[commit] = objects.info(commit)
        return known[commit]

    return lay_out([_drawn(commit, names) for commit in newest(info, names, limit)])


def _drawn(commit: CommitInfo, names: Mapping[str, list[str]]) -> GraphCommit:
    subject = (commit.message.splitlines() or [""])[0]
    when = datetime.fromtimestamp(commit.at_s, UTC)
    return GraphCommit(commit.id, commit.parents, tuple(names.get(commit.id, ())), subject, when, commit.author)


def _everything(layout: Layout, objects: Objects) -> list[str]:
    """Return the tips of all branches, deleted ones included, and what tags name."""
    named = [target for prefix in _SEARCHED for target in refs.under(layout, prefix).values()]
    return [commit for target in named if (commit := objects.peel(target))]


def _not_younger(commit: CommitInfo, revision: str, at: datetime | None) -> CommitInfo:
    if at is not None and commit.at_s > at.timestamp():
        raise UnknownRevision(
            f"{revision[:80]!r} was not there yet at {iso(at)}", hint="leave --at out, or name a later time"
        )
    return commit


def _holding(objects: Objects, newest: CommitInfo, record: str) -> str | None:
    """Return the commit that recorded a milestone, looking from ``newest`` back."""
    return next((c.id for c in objects.walk([newest.id]) if record in _records(objects, c, record)), None)
