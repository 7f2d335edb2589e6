"""Open the user's repository and find things in it; what libgit2 says becomes an error of ours here."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pygit2

from onecontext.errors import Damaged, NoRepository, StorageError, UnknownRevision
from onecontext.store.opened import Repository

# libgit2 puts strerror(3) at the end of what it says; pygit2 hands on nothing but the text.
DISK_WORDS = ("No space left", "Read-only file system", "Permission denied", "quota exceeded", "Input/output error")


def open_repository(path: Path) -> Repository:
    """Open the repository folder ``path`` (a .git folder, a linked worktree's, or a bare repository).

    Raises:
        NoRepository: libgit2 cannot or will not: damaged, of a newer kind, or somebody else's.
    """
    try:
        return Repository(str(path))
    except (pygit2.GitError, KeyError) as error:
        hint = ""
        if "not owned" in str(error):
            hint = f"if you trust it: git config --global --add safe.directory {path.parent}"
        raise NoRepository(f"the repository {path} cannot be opened: {error}", hint=hint) from error


def commit_of(repository: pygit2.Repository, name: str) -> pygit2.Commit:
    """Return the commit of that full name.

    Raises:
        UnknownRevision: there is none; short names and branches are not looked up here.
    """
    try:
        found = repository[pygit2.Oid(hex=name)]
    except (KeyError, ValueError) as error:
        raise UnknownRevision(f"the repository has no commit {name[:64]!r}") from error
    except pygit2.GitError as error:
        raise Damaged(f"commit {name[:12]} cannot be read: {error}") from error
    if not isinstance(found, pygit2.Commit):
        raise UnknownRevision(f"{name[:12]} is no commit")
    return found


def refuse_a_disk_error(error: Exception) -> None:
    """Raise what libgit2 says of a full or read-only disk as an error of the disk; return when it says something else.

    Raises:
        StorageError: the disk refused, which says nothing about the repository.
    """
    if any(words in str(error) for words in DISK_WORDS):
        raise StorageError(str(error), hint="make room or see who owns the folder, then run it again") from error


@contextmanager
def disk_errors_told() -> Iterator[None]:
    """Let what libgit2 or the system says of a full or read-only disk leave as StorageError, and the rest as it is."""
    try:
        yield
    except (pygit2.GitError, OSError) as error:
        refuse_a_disk_error(error)
        raise


def common_path(repository: pygit2.Repository) -> Path:
    """Return the folder that a linked worktree shares with its repository (gitrepository-layout(5), commondir)."""
    own = Path(repository.path)
    try:
        common = (own / "commondir").read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        return own
    return (own / common).resolve()
