"""Merge a commit into a branch of the user's repository, in memory, and move the branch only if nobody else did.

Rule 1: nothing is written before it is clear that there is no conflict, and no work tree or index is touched ever.
Rule 2: the branch moves by compare-and-set; whoever comes second merges again onto what the first left.
"""

import random
import time
from dataclasses import dataclass

import pygit2

from onecontext.errors import Conflict, StorageError, UsageError

_TRIES = 60


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


def merge_into(
    repository: pygit2.Repository,
    branch: str,
    wanted: pygit2.Commit,
    message: str,
    who: pygit2.Signature,
    start: pygit2.Commit,
) -> MergedWork:
    """Merge ``wanted`` into ``branch``, which begins at ``start`` when it is missing. See ``Project.merge``."""
    name = f"refs/heads/{branch}"
    if not pygit2.reference_is_valid_name(name):
        raise UsageError(f"{branch!r} cannot name a branch")
    refused: Exception | None = None
    first = None
    for attempt in range(_TRIES):
        _refuse_checked_out(repository, branch)
        reference = repository.references.get(name)
        tip = start if reference is None else reference.peel(pygit2.Commit)
        if reference is not None and _contains(repository, tip.id, wanted.id):
            return MergedWork(str(tip.id), already=True)
        index = repository.merge_commits(tip, wanted)
        if index.conflicts is not None:
            return MergedWork(None if reference is None else str(tip.id), conflicts=_paths(index.conflicts))
        tree = index.write_tree(repository)
        commit = repository.create_commit(None, who, who, message, tree, [tip.id, wanted.id])
        refused = _move(repository, name, reference, commit)
        if refused is None:
            return MergedWork(str(commit), parents=(str(tip.id), str(wanted.id)))
        first = first or tip.id
        time.sleep(random.uniform(0.001, 0.01) * min(attempt + 1, 10))
    if first == tip.id:
        raise StorageError(f"branch {branch!r} cannot be moved: {refused}") from refused
    raise Conflict(
        f"others moved branch {branch!r} each of the {_TRIES} times we tried; their work stands, ours is not in"
    )


def _refuse_checked_out(repository: pygit2.Repository, branch: str) -> None:
    found = repository.branches.local.get(branch)
    if found is not None and found.is_checked_out():
        raise UsageError(
            f"branch {branch!r} is checked out, so moving it would leave your files behind",
            hint="choose another branch, or switch to another one first",
        )


def _contains(repository: pygit2.Repository, tip: pygit2.Oid, wanted: pygit2.Oid) -> bool:
    return tip == wanted or bool(repository.descendant_of(tip, wanted))


def _move(
    repository: pygit2.Repository, name: str, reference: pygit2.Reference | None, commit: pygit2.Oid
) -> Exception | None:
    """Point ``name`` to ``commit`` if it is still as ``reference`` says (None: missing), else return what was said.

    A loser is told by GitError, ValueError or OSError, depending on whether it lost at the value or at the lock file.
    """
    message = f"onecontext: merge {str(commit)[:12]}"
    try:
        if reference is None:
            repository.create_reference_direct(name, commit, False, message)
        else:
            reference.set_target(commit, message)
    except (pygit2.GitError, ValueError, OSError) as error:
        return error
    return None


def _paths(conflicts: pygit2.index.ConflictCollection) -> tuple[str, ...]:
    """Return the paths in conflict; each side that has the file names it."""
    return tuple(sorted({side.path for sides in conflicts for side in sides if side is not None}))
