"""The user's own repository: tasks get copies of it, and what they did comes back as commits.

Rule 1: through libgit2 only. No git command runs in a folder that an agent can write, so nothing planted there
        (a hook, core.fsmonitor, a filter) runs on the host.
Rule 2: we write objects, refs/onecontext/… and the branch that was asked for. HEAD, index, work tree, config and hooks
        of the user stay byte for byte what they are.
Rule 3: bytes are stored as they are in the copy: no line ending is converted, in neither direction.
"""

import random
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pygit2

from onecontext.errors import AmbiguousRevision, Conflict, InvalidText, NoRepository, UnknownRevision, UsageError
from onecontext.store.project_copy import copy_objects, make_copy, open_to_others, remove_copy
from onecontext.store.project_handed import Handed
from onecontext.store.project_merge import MergeCandidate, move_branch, try_merge
from onecontext.store.project_open import (
    commit_of,
    common_path,
    disk_errors_told,
    open_repository,
    refuse_a_disk_error,
)
from onecontext.store.project_tree import write_tree
from onecontext.text.redact import redact

__all__ = ["Handed", "MergeCandidate", "Project", "remove_copy"]

Clock = Callable[[], datetime]
_DIFF_LIMIT_CHARS = 1_000_000
_TRIES = 60


def _utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class Project:
    """A repository of the user. ``path`` is the top of its work tree; of a bare one, the repository itself.

    A handle holds nothing open, so threads may share it. Commits are written as full hexadecimal object names.
    """

    path: Path
    git_path: Path
    clock: Clock = _utc_now

    @classmethod
    def find(cls, cwd: Path, *, clock: Clock = _utc_now) -> "Project":
        """Return the repository that ``cwd`` is in: its own, a linked worktree's, or a bare one.

        ``$GIT_DIR`` and its like are not looked at.

        Raises:
            NoRepository: there is none, it has no commit, or it cannot be read; the message says which.
        """
        found = pygit2.discover_repository(str(cwd))
        if found is None:
            raise NoRepository(
                f"{cwd} is not in a git repository", hint="run 'git init' there, and commit what you have"
            )
        repository = open_repository(Path(found))
        top = Path(repository.workdir or repository.path)
        if repository.head_is_unborn:
            hint = "run 'git add -A' and 'git commit' there first"
            if repository.is_bare:
                hint = "it is a bare one: push a commit to it from a clone"
            raise NoRepository(f"the repository {top} has no commit yet", hint=hint)
        return cls(path=top, git_path=Path(repository.path), clock=clock)

    @property
    def head_commit(self) -> str:
        """The commit that HEAD is at."""
        return str(open_repository(self.git_path).head.peel(pygit2.Commit).id)

    @property
    def is_dirty(self) -> bool:
        """Whether the user has changes that are not committed, untracked files included. Tasks do not see them."""
        repository = open_repository(self.git_path)
        return not repository.is_bare and bool(repository.status())

    def tip(self, branch: str) -> str | None:
        """Return the commit at the tip of ``branch``, or None when there is no such branch."""
        repository = open_repository(self.git_path)
        reference = repository.references.get(f"refs/heads/{branch}")
        return None if reference is None else str(reference.peel(pygit2.Commit).id)

    def holds(self, tip: str, commit: str) -> bool:
        """Say whether ``commit`` is ``tip`` or part of its history; False for one that is not there.

        Raises:
            UnknownRevision: there is no commit ``tip``.
        """
        repository = open_repository(self.git_path)
        newest = commit_of(repository, tip)
        wanted = pygit2.Oid(hex=commit)
        return wanted in repository and (newest.id == wanted or bool(repository.descendant_of(newest.id, wanted)))

    def clone_to(self, path: Path, commit: str, *, handed: Handed | None = None) -> None:
        """Make ``path`` a working copy of ``commit``, with a .git of its own on branch ``task``.

        It has the history, no remote, no hook and none of the user's configuration. Objects are hard links where
        the file system can.

        Args:
            handed: loose objects as packs, for many copies one after another; None: each is linked by itself.

        Raises:
            UsageError: ``path`` is there already.
            UnknownRevision: no such commit.
            NoRepository: objects of the commit are missing here (a partial clone).
            OSError, StorageError: full or read-only; what was made of ``path`` stays.
        """
        if path.exists() or path.is_symlink():
            raise UsageError(f"{path} is there already; a copy is made in a new folder")
        repository = open_repository(self.git_path)
        wanted = commit_of(repository, commit)
        try:
            copy = make_copy(path)
            copy_objects(common_path(repository), path / ".git", handed)
            copy.check_out(wanted.id)
            open_to_others(path)
        except (pygit2.GitError, KeyError) as error:
            refuse_a_disk_error(error)
            raise NoRepository(
                f"{self.path} lacks objects of commit {commit[:12]}: {error}",
                hint="a partial clone is completed by 'git fetch --refetch'",
            ) from error

    def snapshot(self, copy: Path, message: str, *, author: str, parent: str, ref: str) -> str | None:
        """Commit what lies in the working copy ``copy`` into the user's repository, under ``ref``.

        Files are taken as ``git add -A`` would: what .gitignore names is left out unless ``parent`` has it. Symlinks
        are stored as symlinks; a repository inside the copy gives its files, a submodule stays as it was; FIFOs,
        sockets and devices are no content. The copy's .git is not read.

        Args:
            author: the agent's name.
            parent: the commit the work started from.
            ref: such as ``refs/onecontext/<mission>/<task>/<attempt>``; moved if it is there.

        Returns:
            The new commit, or None when the content is that of ``parent``: nothing is written then.

        Raises:
            UsageError: a file is too large, has a name that git reserves, or the copy is too deep; nothing is written
                but loose objects.
            UnknownRevision: no such parent.
            StorageError: the disk is full or read-only.
        """
        if not ref.startswith("refs/onecontext/"):
            raise UsageError(f"{ref!r} is not under refs/onecontext/")
        repository = open_repository(self.git_path)
        before = commit_of(repository, parent)
        with disk_errors_told():
            tree = write_tree(repository, copy, before.tree, exclude=common_path(repository) / "info" / "exclude")
            if tree == before.tree.id:
                return None
            who = self._signature(author)
            commit = repository.create_commit(None, who, who, _checked(message), tree, [before.id])
            repository.references.create(ref, commit, force=True)
        return str(commit)

    def ensure_branch(self, branch: str, base: str) -> str:
        """Make ``branch`` at commit ``base`` if it is missing, and return the commit at its tip.

        Raises:
            UsageError: nothing a branch can be called.
            UnknownRevision: no such commit.
        """
        repository = open_repository(self.git_path)
        start = commit_of(repository, base)
        with suppress(Conflict):  # somebody else made it, now or long ago
            move_branch(repository, branch, expect=None, commit=start.id)
        return self.tip(branch) or base

    def try_merge(
        self, branch: str, commit: str, message: str, *, author: str, base: str | None = None
    ) -> MergeCandidate:
        """Merge ``commit`` into ``branch`` on trial: the merge is made, always with two parents; the branch stays.

        Args:
            base: where ``branch`` would begin if it is missing; None: HEAD.

        Raises:
            UnknownRevision: no such commit.
            UsageError: ``branch`` is checked out, here or in a linked worktree, or nothing a branch can be called.
        """
        repository = open_repository(self.git_path)
        wanted = commit_of(repository, commit)
        start = commit_of(repository, base or self.head_commit)
        with disk_errors_told():
            return try_merge(repository, branch, wanted, _checked(message), self._signature(author), start)

    def merge_made(self, branch: str, commit: str) -> MergeCandidate | None:
        """Return a merge that was made on trial before, as :meth:`try_merge` did then.

        None: the branch has moved since, or is gone, or the commit is: it could not land any more.
        """
        repository = open_repository(self.git_path)
        tip = self.tip(branch)
        try:
            parents = tuple(str(parent) for parent in commit_of(repository, commit).parent_ids)
        except (UnknownRevision, AmbiguousRevision):
            return None
        if tip is None or not (self.holds(tip, commit) or parents[:1] == (tip,)):
            return None
        return MergeCandidate(branch, tip, commit, parents=parents, already=parents[:1] != (tip,))

    def land(self, candidate: MergeCandidate) -> None:
        """Let the branch name the merge made on trial. Nothing to do when it had the commit already.

        Raises:
            UsageError: it has conflicts, or the branch is checked out, here or in a linked worktree.
            Conflict: the branch is not where it was on trial: merge on trial again.
        """
        if candidate.conflicts:
            raise UsageError(f"it does not merge: {', '.join(candidate.conflicts)} are in conflict")
        if not candidate.already:
            repository = open_repository(self.git_path)
            move_branch(repository, candidate.branch, expect=candidate.tip, commit=pygit2.Oid(hex=candidate.commit))

    def merge(self, branch: str, commit: str, message: str, *, author: str, base: str | None = None) -> MergeCandidate:
        """Merge ``commit`` into ``branch`` and land it, again and again while others move the branch.

        With conflicts nothing lands, and they are in what is returned. See :meth:`try_merge` and :meth:`land`.
        """
        for attempt in range(_TRIES):
            candidate = self.try_merge(branch, commit, message, author=author, base=base)
            if candidate.conflicts:
                return candidate
            try:
                self.land(candidate)
            except Conflict:
                time.sleep(random.uniform(0.001, 0.01) * min(attempt + 1, 10))
            else:
                return candidate
        raise Conflict(f"others moved branch {branch!r} each of the {_TRIES} times we tried; their work stands")

    def drop_dead_locks(self, mission: str, *, branches: str | None = None) -> list[str]:
        """Remove the lock files that a killed run left on the refs of ``mission``, and return their names.

        Git leaves it to people to tell a dead lock from a live one. Here it can be told: only the one process that
        holds the mission's own lock, our caller, writes ``refs/heads/onecontext/<mission>``,
        ``refs/heads/<branches>/…`` and ``refs/onecontext/<mission>/…``; locks on anything else stay.

        Args:
            branches: what the names of the mission's branches begin with, where it has several; None: it has one.
        """
        refs = common_path(open_repository(self.git_path)) / "refs"
        branch = refs / "heads" / "onecontext" / f"{mission}.lock"
        folders = [refs / "onecontext" / mission, *([refs / "heads" / branches] if branches else [])]
        found = [branch, *(path for folder in folders for path in sorted(folder.rglob("*.lock")))]
        left = [path for path in found if path.is_file() and not path.is_symlink()]
        for path in left:
            path.unlink()
        return [str(path.relative_to(refs)) for path in left]

    def diff(self, old: str | None, new: str) -> str:
        """Return the unified diff from commit ``old`` to ``new``, cut at a million characters.

        ``old`` None is the first parent of ``new``; of a commit without any, all that it has.
        """
        repository = open_repository(self.git_path)
        after = commit_of(repository, new)
        before = commit_of(repository, old) if old is not None else next(iter(after.parents), None)
        found = repository.diff(before, after) if before else after.tree.diff_to_tree(swap=True)
        return (found.patch or "")[:_DIFF_LIMIT_CHARS]

    def _signature(self, author: str) -> pygit2.Signature:
        return pygit2.Signature(author, f"{author}@onecontext", int(self.clock().timestamp()), 0)


def _checked(message: str) -> str:
    try:
        message.encode("utf-8")
    except UnicodeEncodeError as error:
        raise InvalidText(f"the message has a lone surrogate at character {error.start}") from error
    # It says what an agent said of its work, and stays in the user's history.
    return redact(message).replace("\0", "\\0")
