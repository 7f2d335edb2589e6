"""What files a commit of the user's repository has, and commits that are like another but for some files.

Rule 1: nothing is written into any folder: other content is another tree in git's own store. So no symlink that
        somebody committed can lead a file of ours elsewhere.
Rule 2: no reference is made; what is not used any more goes with git's own housekeeping.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import pygit2
from pygit2.enums import FileMode

from onecontext.errors import UsageError
from onecontext.store.project import Project
from onecontext.store.project_open import commit_of, disk_errors_told, open_repository

MAX_READ_BYTES = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class StoredFile:
    """One entry of a commit: the name of its content in git, and its mode as git has it (0o120000 is a symlink)."""

    object_name: str
    mode: int

    @property
    def is_regular(self) -> bool:
        return self.mode in (FileMode.BLOB, FileMode.BLOB_EXECUTABLE)


def files_of(project: Project, commit: str) -> dict[str, StoredFile]:
    """Return the paths of ``commit``, ``/`` between names, to what lies there; submodules are among them.

    Raises:
        UnknownRevision: no such commit.
    """
    index = pygit2.Index()
    index.read_tree(commit_of(open_repository(project.git_path), commit).tree)
    return {entry.path: StoredFile(str(entry.id), int(entry.mode)) for entry in index}


def read_stored(project: Project, file: StoredFile) -> bytes | None:
    """Return the content of a regular file; None for anything else, and for more than 4 MiB."""
    content = open_repository(project.git_path).get(pygit2.Oid(hex=file.object_name)) if file.is_regular else None
    if not isinstance(content, pygit2.Blob) or content.size > MAX_READ_BYTES:
        return None
    return bytes(content.data)


def with_files(project: Project, commit: str, changes: Mapping[str, StoredFile | bytes | None], *, author: str) -> str:
    """Return a commit on top of ``commit`` in which the paths of ``changes`` are as given; None takes a path away.

    What stands in the way of a path, a file where it needs a folder or the other way round, is taken away too. It is
    ``commit`` itself when that changes nothing.

    Raises:
        UsageError: nothing a file in a repository can be called.
        UnknownRevision: no such commit.
        StorageError: the disk is full or read-only.
    """
    repository = open_repository(project.git_path)
    base = commit_of(repository, commit)
    index = pygit2.Index()
    index.read_tree(base.tree)
    there = {entry.path for entry in index}
    for path in changes:
        for gone in _in_the_way(path, there):
            index.remove(gone)
            there.discard(gone)
    with disk_errors_told():
        for path, content in changes.items():
            if content is not None:
                _put(repository, index, path, content)
        tree = index.write_tree(repository)
        if tree == base.tree.id:
            return str(base.id)
        who = pygit2.Signature(author, f"{author}@onecontext", int(project.clock().timestamp()), 0)
        return str(repository.create_commit(None, who, who, "As it is measured", tree, [base.id]))


def _in_the_way(path: str, there: set[str]) -> list[str]:
    names = path.split("/")
    above = {"/".join(names[:depth]) for depth in range(1, len(names) + 1)} & there
    return [*above, *(other for other in there if other.startswith(f"{path}/"))]


def _put(repository: pygit2.Repository, index: pygit2.Index, path: str, content: StoredFile | bytes) -> None:
    if isinstance(content, bytes):
        content = StoredFile(str(repository.create_blob(content)), int(FileMode.BLOB))
    try:
        index.add(pygit2.IndexEntry(path, pygit2.Oid(hex=content.object_name), FileMode(content.mode)))
    except (pygit2.GitError, ValueError, OSError) as error:
        raise UsageError(f"{path!r} is nothing a file in a repository can be called: {error}") from error
