"""What a revision means: a branch, a record id, a git commit, or a unique prefix of one of the last two.

Rule 1: a branch is looked for first, then records and commits together; several answers are an error.
"""

import re
from dataclasses import replace
from datetime import UTC, datetime

from onecontext.errors import AmbiguousRevision, InvalidName, UnknownRevision
from onecontext.memory import message
from onecontext.recall.graph import GraphCommit, GraphRow, lay_out
from onecontext.records import Milestone, decode_milestone, split
from onecontext.store.layout import Layout
from onecontext.store.objects import CommitInfo, Objects

_HEX = re.compile(r"[0-9a-f]{4,64}", re.ASCII)
_NAMED = 8


def resolve(layout: Layout, objects: Objects, revision: str) -> CommitInfo:
    """Return the git commit that ``revision`` means.

    Raises:
        UnknownRevision: nothing answers to it.
        AmbiguousRevision: several records or commits begin so.
    """
    try:
        tip = layout.tip(revision)
    except InvalidName:
        tip = None
    if tip:
        return objects.info(tip)
    wanted = revision.lower()
    if not _HEX.fullmatch(wanted):
        raise UnknownRevision(f"{revision[:80]!r} is no branch, and no record or commit in hexadecimal digits")
    found = {
        commit.id: record if record.startswith(wanted) else commit.id[:12]
        for commit in objects.walk(tips(layout))
        if (record := message.trailers(commit.message).get(message.RECORD, "")).startswith(wanted)
        or commit.id.startswith(wanted)
    }
    if not found:
        raise UnknownRevision(f"nothing is called {revision!r}", hint="'onecontext log' lists what there is")
    if len(found) > 1:
        raise AmbiguousRevision(revision, sorted(found.values())[:_NAMED])
    return objects.info(next(iter(found)))


def show(layout: Layout, revision: str) -> Milestone:
    """Return the milestone that ``revision`` names; for a branch, its newest one.

    Raises:
        UnknownRevision: nothing answers to it, or the commit holds no milestone.
    """
    objects = Objects(layout)
    commit = resolve(layout, objects, revision)
    if revision in layout.branches():
        commit = next((c for c in objects.walk([commit.id]) if _is_milestone_of(c, revision)), commit)
    trailers = message.trailers(commit.message)
    record, branch = trailers.get(message.RECORD), trailers.get(message.BRANCH)
    if record and branch:
        newest = objects.read(commit.tree, f"branches/{branch}/commit.md") or b""
        for raw in reversed(split(newest).records):
            if raw.id == record:
                return replace(decode_milestone(raw), commit=commit.id)
    raise UnknownRevision(
        f"commit {commit.id[:12]} holds no milestone: {commit.message.splitlines()[0]}",
        hint=f"'onecontext diff {commit.id[:12]}' shows what it changed",
    )


def diff(layout: Layout, old: str, new: str) -> str:
    """Return the unified diff of the memory's files between two revisions."""
    objects = Objects(layout)
    return objects.diff(resolve(layout, objects, old).id, resolve(layout, objects, new).id)


def parent_of(layout: Layout, revision: str) -> str | None:
    """Return the first parent of a revision; None for the very first commit."""
    parents = resolve(layout, Objects(layout), revision).parents
    return parents[0] if parents else None


def graph(layout: Layout, *, limit: int) -> list[GraphRow]:
    """Return the newest ``limit`` commits of all branches with their lanes, newest first."""
    names: dict[str, list[str]] = {}
    for branch in layout.branches():
        names.setdefault(layout.tip(branch) or "", []).append(branch)
    commits: list[GraphCommit] = []
    for commit in Objects(layout).walk(tips(layout)):
        if len(commits) == limit:
            break
        subject = (commit.message.splitlines() or [""])[0]
        at = datetime.fromtimestamp(commit.at_s, UTC)
        refs = tuple(names.get(commit.id, ()))
        commits.append(GraphCommit(commit.id, commit.parents, refs, subject, at, commit.author))
    return lay_out(commits)


def tips(layout: Layout) -> list[str]:
    """Return the tips of all branches."""
    return [tip for branch in layout.branches() if (tip := layout.tip(branch))]


def _is_milestone_of(commit: CommitInfo, branch: str) -> bool:
    found = message.trailers(commit.message)
    return message.RECORD in found and found.get(message.BRANCH) == branch
