"""Turn a folder that an agent can write into a git tree, without being led astray by what lies in it.

Rule 1: every name is opened relative to its folder and never through a symlink, so only what is in the copy is read.
Rule 2: no FIFO, socket or device is opened; nothing is run; the copy's own .git is not looked at.
Rule 3: bytes go in as they are. What did not change costs one hash, and writes nothing.
"""

import os
import stat
from dataclasses import dataclass
from pathlib import Path

import pygit2

from onecontext.errors import UsageError
from onecontext.store.project_ignore import Ignore

MAX_FILE_BYTES = 100 * 1024 * 1024
# What one attempt may add; a few commands make terabytes of holes, which cost nothing until they are read.
MAX_NEW_BYTES = 1024 * 1024 * 1024
MAX_DEPTH = 64
_MAX_IGNORE_BYTES = 1024 * 1024
_FOLDER_FLAGS = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FILE_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_TREE, _LINK, _SUBMODULE = 0o040000, 0o120000, 0o160000
_FILE, _PROGRAM = 0o100644, 0o100755


@dataclass(frozen=True, slots=True)
class _Entry:
    name: bytes
    mode: int
    id: pygit2.Oid


def write_tree(repository: pygit2.Repository, copy: Path, before: pygit2.Tree, *, exclude: Path) -> pygit2.Oid:
    """Write the content of ``copy`` as trees and blobs into ``repository``, and return the tree.

    Args:
        before: the tree the work started from; what it has is taken even if .gitignore names it.
        exclude: the user's info/exclude; need not be there.

    Raises:
        UsageError: a file or the whole change is too large, a name is one that git reserves, folders are nested too
            deep, or there are too many patterns to ignore by.
    """
    walk = _Walk(repository, Ignore(exclude.read_bytes() if exclude.is_file() else b""), any_tree=before.id)
    descriptor = os.open(copy, _FOLDER_FLAGS)
    try:
        return walk.tree(descriptor, (), before, ignored=False) or repository.write(pygit2.GIT_OBJECT_TREE, b"")
    finally:
        os.close(descriptor)


class _Walk:
    def __init__(self, repository: pygit2.Repository, ignore: Ignore, *, any_tree: pygit2.Oid) -> None:
        self._repository = repository
        self._ignore = ignore
        self._any_tree = any_tree
        self._new_bytes = 0

    def tree(
        self, held: int, names: tuple[str, ...], before: pygit2.Tree | None, *, ignored: bool
    ) -> pygit2.Oid | None:
        """Write the folder open as ``held``; None when there is nothing in it that git keeps."""
        if len(names) > MAX_DEPTH:
            raise UsageError(f"{'/'.join(names[:4])}/… is nested deeper than {MAX_DEPTH} folders")
        known = {entry.raw_name: entry for entry in before} if before is not None else {}
        if not ignored:
            self._take_in_patterns(held, names)
        entries = []
        for name in os.listdir(held):
            if name != ".git":
                entry = self._entry(held, (*names, name), known.get(os.fsencode(name)), ignored=ignored)
                entries += [entry] if entry is not None else []
        return self._write(entries) if entries else None

    def _take_in_patterns(self, held: int, names: tuple[str, ...]) -> None:
        try:
            mode = os.stat(".gitignore", dir_fd=held, follow_symlinks=False).st_mode
        except FileNotFoundError:
            return
        if stat.S_ISREG(mode):
            self._ignore.add(_raw(names), _content(held, (*names, ".gitignore"), limit_bytes=_MAX_IGNORE_BYTES))

    def _entry(self, held: int, names: tuple[str, ...], known: pygit2.Object | None, *, ignored: bool) -> _Entry | None:
        status = os.stat(names[-1], dir_fd=held, follow_symlinks=False)
        if stat.S_ISDIR(status.st_mode):
            return self._folder(held, names, known, ignored=ignored)
        if not (stat.S_ISREG(status.st_mode) or stat.S_ISLNK(status.st_mode)):
            return None
        tracked = known is not None and not isinstance(known, pygit2.Tree)
        if not tracked and (ignored or self._ignore.leaves_out(_raw(names), is_folder=False)):
            return None
        raw_name = self._checked(names)
        if stat.S_ISLNK(status.st_mode):
            return _Entry(raw_name, _LINK, self._blob(os.fsencode(os.readlink(names[-1], dir_fd=held)), known))
        mode = _PROGRAM if status.st_mode & stat.S_IXUSR else _FILE
        return _Entry(raw_name, mode, self._blob(_content(held, names), known))

    def _folder(
        self, held: int, names: tuple[str, ...], known: pygit2.Object | None, *, ignored: bool
    ) -> _Entry | None:
        if known is not None and known.filemode == _SUBMODULE:
            return _Entry(os.fsencode(names[-1]), _SUBMODULE, known.id)
        before = known if isinstance(known, pygit2.Tree) else None
        ignored = ignored or self._ignore.leaves_out(_raw(names), is_folder=True)
        if ignored and before is None:
            return None
        try:
            inner = os.open(names[-1], _FOLDER_FLAGS, dir_fd=held)
        except OSError as error:
            raise UsageError(f"{'/'.join(names)!r} cannot be committed: {error.strerror}") from error
        try:
            tree = self.tree(inner, names, before, ignored=ignored)
        finally:
            os.close(inner)
        return None if tree is None else _Entry(self._checked(names), _TREE, tree)

    def _blob(self, content: bytes, known: pygit2.Object | None) -> pygit2.Oid:
        if known is not None and pygit2.hash(content) == known.id:
            return known.id
        self._new_bytes += len(content)
        if self._new_bytes > MAX_NEW_BYTES:
            raise UsageError(f"the change has more than {MAX_NEW_BYTES:,} bytes, which is what one commit may add")
        return self._repository.create_blob(content)

    def _write(self, entries: list[_Entry]) -> pygit2.Oid:
        # By hand, since libgit2's tree builder takes only names that are UTF-8. Git sorts a folder as if its name
        # ended in a slash (base_name_compare in git's read-cache.c).
        entries.sort(key=lambda entry: entry.name + (b"/" if entry.mode == _TREE else b""))
        content = b"".join(b"%o %s\0%s" % (entry.mode, entry.name, entry.id.raw) for entry in entries)
        return self._repository.write(pygit2.GIT_OBJECT_TREE, content)

    def _checked(self, names: tuple[str, ...]) -> bytes:
        """Return the last name as bytes, if git would take it (not another spelling of .git on some file system)."""
        raw_name = os.fsencode(names[-1])
        if raw_name.isascii() and b"git" not in raw_name.lower():
            return raw_name
        try:
            # Refused by the same rules as in any tree that libgit2 builds; this builder is not written.
            name = raw_name.decode("utf-8", errors="replace")
            self._repository.TreeBuilder().insert(name, self._any_tree, _TREE)
        except pygit2.GitError as error:
            raise UsageError(f"{'/'.join(names)!r} cannot be committed: git reserves that name") from error
        return raw_name


def _raw(names: tuple[str, ...]) -> tuple[bytes, ...]:
    return tuple(map(os.fsencode, names))


def _content(held: int, names: tuple[str, ...], *, limit_bytes: int = MAX_FILE_BYTES) -> bytes:
    """Return what the regular file ``names[-1]`` in the folder ``held`` holds.

    Raises:
        UsageError: larger than ``limit_bytes``, not readable, or changed into something else meanwhile.
    """
    path = "/".join(names)
    try:
        descriptor = os.open(names[-1], _FILE_FLAGS, dir_fd=held)
    except OSError as error:
        raise UsageError(f"{path!r} cannot be committed: {error.strerror}") from error
    with os.fdopen(descriptor, "rb") as file:
        status = os.fstat(file.fileno())
        if not stat.S_ISREG(status.st_mode):
            raise UsageError(f"{path!r} was changed into something else while it was read")
        content = file.read(limit_bytes + 1)
    if len(content) > limit_bytes:
        raise UsageError(f"{path!r} has {status.st_size:,} bytes; files up to {limit_bytes:,} are committed")
    return content
