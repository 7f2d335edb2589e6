"""Merge a commit into a branch of the user's repository: first in memory, then by moving the branch if nobody else did.

Rule 1: no work tree and no index is touched, and a branch that somebody has checked out is not moved.
Rule 2: the branch moves by compare-and-set: what lands is the very commit that was made on trial, or nothing.
"""

from dataclasses import dataclass

import pygit2

from onecontext.errors import Conflict, StorageError, UsageError

_TRIES = 60


@dataclass(frozen=True, slots=True)
class MergeCandidate:
    """A merge made on trial: a commit that no branch names yet.

    ``tip`` is where the branch was, None when there was no such branch. ``commit`` is the merge; when ``already`` is
    True, or when there are ``conflicts`` (paths, sorted), none was made: it is then the tip, or where a missing branch
    would begin, and ``parents`` is empty.
    """

    branch: str
    tip: str | None
    commit: str
    parents: tuple[str, ...] = ()
    conflicts: tuple[str, ...] = ()
    already: bool = False


def try_merge(
    repository: pygit2.Repository,
    branch: str,
    wanted: pygit2.Commit,
    message: str,
    who: pygit2.Signature,
    start: pygit2.Commit,
) -> MergeCandidate:
    """Merge ``wanted`` on trial into ``branch``, which would begin at ``start`` when it is missing."""
    # Refused now, although it is looked at again on landing: nobody should measure what cannot land.
    _refuse_checked_out(repository, branch)
    reference = repository.references.get(_reference_name(branch))
    here = start if reference is None else reference.peel(pygit2.Commit)
    tip = None if reference is None else str(here.id)
    if reference is not None and _contains(repository, here.id, wanted.id):
        return MergeCandidate(branch, tip, str(here.id), already=True)
    index = repository.merge_commits(here, wanted)
    if index.conflicts is not None:
        return MergeCandidate(branch, tip, str(here.id), conflicts=_paths(index.conflicts))
    tree = index.write_tree(repository)
    commit = repository.create_commit(None, who, who, message, tree, [here.id, wanted.id])
    return MergeCandidate(branch, tip, str(commit), parents=(str(here.id), str(wanted.id)))


def move_branch(repository: pygit2.Repository, branch: str, *, expect: str | None, commit: pygit2.Oid) -> None:
    """Let ``branch`` name ``commit`` if it still names ``expect`` (None: is still missing).

    Raises:
        UsageError: it is checked out.
        Conflict: somebody moved, made or removed it; it stays as they left it.
        StorageError: it could not be written.
    """
    name = _reference_name(branch)
    _refuse_checked_out(repository, branch)
    refused: Exception | None = None
    for _ in range(_TRIES):
        reference = repository.references.get(name)
        if (None if reference is None else str(reference.target)) != expect:
            raise Conflict(f"somebody else moved branch {branch!r} meanwhile; it is as they left it")
        try:
            if reference is None:
                repository.create_reference_direct(name, commit, False, f"onecontext: {str(commit)[:12]}")
            else:
                # Compared once more under the ref's own lock: libgit2 refuses if the value is not the one we read.
                reference.set_target(commit, f"onecontext: {str(commit)[:12]}")
        except (pygit2.GitError, ValueError, OSError) as error:
            # Lost at the value, or at a lock file that somebody holds for a moment: the next round tells which.
            refused = error
        else:
            return
    raise StorageError(f"branch {branch!r} cannot be moved: {refused}") from refused


def _reference_name(branch: str) -> str:
    name = f"refs/heads/{branch}"
    if not pygit2.reference_is_valid_name(name):
        raise UsageError(f"{branch!r} cannot name a branch")
    return name


def _refuse_checked_out(repository: pygit2.Repository, branch: str) -> None:
    found = repository.branches.local.get(branch)
    if found is not None and not repository.is_bare and found.is_checked_out():
        raise UsageError(
            f"branch {branch!r} is checked out, so moving it would leave your files behind",
            hint="choose another branch, or switch to another one first",
        )


def _contains(repository: pygit2.Repository, tip: pygit2.Oid, wanted: pygit2.Oid) -> bool:
    return tip == wanted or bool(repository.descendant_of(tip, wanted))


def _paths(conflicts: pygit2.index.ConflictCollection) -> tuple[str, ...]:
    """Return the paths in conflict; each side that has the file names it."""
    return tuple(sorted({side.path for sides in conflicts for side in sides if side is not None}))
