"""Merge a commit into a branch of the user's repository, in memory, and move the branch only if nobody else did.

Rule 1: nothing is written before it is clear that there is no conflict, and no work tree or index is touched ever.
Rule 2: the branch moves by compare-and-set; whoever comes second merges again onto what the first left.
"""

import random
import time
from dataclasses import dataclass

import pygit2

from onecontext.errors import Conflict, UsageError

_TRIES = 60


@dataclass(frozen=True, slots=True)
class MergeCandidate:
    """A merge that was made but has not landed: its objects are written, the branch has not moved.

    ``tip`` is where the branch was, None when there was none. ``commit`` is the merge commit, or the tip itself when
    the branch has the work ``already``; None with ``conflicts``, which are paths, sorted. ``parents`` are those of the
    merge commit, empty when none was made.
    """

    branch: str
    tip: str | None
    commit: str | None
    parents: tuple[str, ...] = ()
    conflicts: tuple[str, ...] = ()
    already: bool = False


@dataclass(frozen=True, slots=True)
class MergedWork:
    """What a merge did.

    ``commit`` is the tip of the branch afterwards, None when there is no such branch (a conflict on the first merge).
    ``parents`` are those of the merge commit, empty when none was made. ``conflicts`` are paths, sorted; if there are
    any, nothing was written. ``already``: the branch had the commit.
    """

    commit: str | None
    parents: tuple[str, ...] = ()
    conflicts: tuple[str, ...] = ()
    already: bool = False


def prepare(
    repository: pygit2.Repository,
    branch: str,
    wanted: pygit2.Commit,
    message: str,
    who: pygit2.Signature,
    start: pygit2.Commit,
) -> MergeCandidate:
    """Merge ``wanted`` with ``branch`` (which begins at ``start`` when it is missing) without moving it."""
    name = _ref(branch)
    _refuse_checked_out(repository, branch)
    reference = repository.references.get(name)
    tip = start if reference is None else reference.peel(pygit2.Commit)
    before = None if reference is None else str(tip.id)
    if reference is not None and _contains(repository, tip.id, wanted.id):
        return MergeCandidate(branch, before, str(tip.id), already=True)
    index = repository.merge_commits(tip, wanted)
    if index.conflicts is not None:
        return MergeCandidate(branch, before, None, conflicts=_paths(index.conflicts))
    tree = index.write_tree(repository)
    parents = [tip.id, wanted.id]
    commit = repository.create_commit(None, who, who, message, tree, parents)
    return MergeCandidate(branch, before, str(commit), parents=tuple(map(str, parents)))


def land(repository: pygit2.Repository, candidate: MergeCandidate) -> bool:
    """Move the branch to a candidate without conflicts if it is still where it was; False if it is not."""
    if candidate.already:
        return True
    _refuse_checked_out(repository, candidate.branch)
    reference = repository.references.get(_ref(candidate.branch))
    now = None if reference is None else str(reference.target)
    if now != candidate.tip or candidate.commit is None:
        return False
    return _move(repository, _ref(candidate.branch), reference, pygit2.Oid(hex=candidate.commit))


def merge_into(
    repository: pygit2.Repository,
    branch: str,
    wanted: pygit2.Commit,
    message: str,
    who: pygit2.Signature,
    start: pygit2.Commit,
) -> MergedWork:
    """Merge ``wanted`` into ``branch``, which begins at ``start`` when it is missing. See ``Project.merge``."""
    for attempt in range(_TRIES):
        made = prepare(repository, branch, wanted, message, who, start)
        if made.conflicts:
            return MergedWork(made.tip, conflicts=made.conflicts)
        if land(repository, made):
            return MergedWork(made.commit, parents=made.parents, already=made.already)
        time.sleep(random.uniform(0.001, 0.01) * min(attempt + 1, 10))
    raise Conflict(f"others moved branch {branch!r} {_TRIES} times while we merged; it has their work, not ours")


def make_branch(repository: pygit2.Repository, branch: str, start: pygit2.Commit) -> None:
    """Let ``branch`` begin at ``start``; one that is there stays as it is."""
    if repository.references.get(_ref(branch)) is None:
        _move(repository, _ref(branch), None, start.id)


def _ref(branch: str) -> str:
    name = f"refs/heads/{branch}"
    if not pygit2.reference_is_valid_name(name):
        raise UsageError(f"{branch!r} cannot name a branch")
    return name


def _refuse_checked_out(repository: pygit2.Repository, branch: str) -> None:
    found = repository.branches.local.get(branch)
    if found is not None and found.is_checked_out():
        raise UsageError(
            f"branch {branch!r} is checked out, so moving it would leave your files behind",
            hint="choose another branch, or switch to another one first",
        )


def _contains(repository: pygit2.Repository, tip: pygit2.Oid, wanted: pygit2.Oid) -> bool:
    return tip == wanted or bool(repository.descendant_of(tip, wanted))


def _move(repository: pygit2.Repository, name: str, reference: pygit2.Reference | None, commit: pygit2.Oid) -> bool:
    """Point ``name`` to ``commit`` if it is still as ``reference`` says (None: missing); False if it is not.

    A loser is told by GitError or by OSError, depending on whether it lost at the value or at the lock file.
    """
    message = f"onecontext: {str(commit)[:12]}"
    try:
        if reference is None:
            repository.create_reference_direct(name, commit, False, message)
        else:
            reference.set_target(commit, message)
    except (pygit2.GitError, OSError, ValueError):
        return False
    return True


def _paths(conflicts: pygit2.index.ConflictCollection) -> tuple[str, ...]:
    """Return the paths in conflict; each side that has the file names it."""
    return tuple(sorted({side.path for sides in conflicts for side in sides if side is not None}))
