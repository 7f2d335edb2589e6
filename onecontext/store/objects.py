"""Git objects and refs of a memory: the one module that works with pygit2's repository.

Rule 1: no index takes part in a commit; a tree is built from the tip's by changing only the touched paths.
Rule 2: a ref moves from the commit the caller saw to a new one, or not at all (compare-and-set).
Rule 3: pygit2 runs no program: no hook, no filter, no fsmonitor of whoever can write the folder.
Rule 4: pygit2's errors leave this module as ours.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from functools import cached_property
from typing import Any, NamedTuple

import pygit2

from onecontext.errors import Damaged, StorageError
from onecontext.store import gitlock
from onecontext.store.layout import Layout

# Objects, refs and packs are fsynced before a commit is acknowledged: about 0.6 ms an object, ten objects a commit.
pygit2.settings.enable_fsync_gitdir(True)
# A memory made by another user of this machine is read all the same: nothing that lies in it is ever run.
pygit2.settings.owner_validation = False

_BLOB, _TREE = pygit2.enums.FileMode.BLOB, pygit2.enums.FileMode.TREE
_STORAGE_WORDS = ("No space", "Read-only", "Permission denied", "failed to write", "failed to create", "quota")

Changes = Mapping[str, bytes | None]
"""Paths to new content; None takes the path away."""


class Entry(NamedTuple):
    """A line of a tree: object name as hex, and whether it is a folder."""

    id: str
    is_tree: bool


class CommitInfo(NamedTuple):
    """What a git commit says of itself."""

    id: str
    parents: tuple[str, ...]
    tree: str
    message: str
    author: str
    at_s: int


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except pygit2.GitError as error:
        if any(word in str(error) for word in _STORAGE_WORDS):
            raise StorageError(f"git objects could not be written: {error}") from error
        raise Damaged(f"git: {error}", hint="'git -C .onecontext fsck --strict' tells more") from error
    except KeyError as error:
        raise Damaged(f"a git object is missing: {error}") from error


class Objects:
    """The object store behind one :class:`Layout`. Not for sharing between threads; making one takes 0.1 ms."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout

    @cached_property
    def _repository(self) -> Any:
        # Opened by its exact path: neither GIT_DIR nor a search upwards can lead somewhere else.
        with _translated():
            return pygit2.Repository(str(self._layout.git))

    def blob_id(self, content: bytes) -> str:
        """Return the name ``content`` would have as a blob, without writing it."""
        return str(pygit2.hash(content))

    def read(self, tree: str | None, path: str) -> bytes | None:
        """Return the blob at ``path`` of ``tree``; None when there is none (or no tree)."""
        entry = self.entry(tree, path)
        return self.blob(entry.id) if entry and not entry.is_tree else None

    def blob(self, blob: str) -> bytes:
        """Return the content of a blob."""
        with _translated():
            return bytes(self._repository[blob].data)

    def entry(self, tree: str | None, path: str) -> Entry | None:
        """Return what ``tree`` has at ``path``; None when there is nothing."""
        if tree is None:
            return None
        with _translated():
            node = self._repository[tree]
        for part in path.split("/"):
            if not isinstance(node, pygit2.Tree) or part not in node:
                return None
            node = node / part
        return Entry(str(node.id), isinstance(node, pygit2.Tree))

    def entries(self, tree: str | None, path: str = "") -> dict[str, Entry]:
        """Return the names in the folder ``path`` of ``tree`` ("" is its top), to entries; empty when not there."""
        found = self.entry(tree, path) if path else (Entry(tree, True) if tree else None)
        if found is None or not found.is_tree:
            return {}
        with _translated():
            return {e.name: Entry(str(e.id), isinstance(e, pygit2.Tree)) for e in self._repository[found.id]}

    def write_tree(self, base: str | None, changes: Changes) -> str:
        """Write ``base`` with ``changes`` as a new tree and return its name; only touched folders are written."""
        with _translated():
            return str(self._tree(self._repository[base] if base else None, changes))

    def graft(self, base: str, folders: Mapping[str, str]) -> str:
        """Write ``base`` with whole entries of its top replaced (names to tree or blob names)."""
        with _translated():
            builder = self._repository.TreeBuilder(self._repository[base])
            for name, entry in folders.items():
                mode = _TREE if isinstance(self._repository[entry], pygit2.Tree) else _BLOB
                builder.insert(name, pygit2.Oid(hex=entry), mode)
            return str(builder.write())

    def _tree(self, base: Any, changes: Changes) -> Any:
        builder = self._repository.TreeBuilder(base) if base is not None else self._repository.TreeBuilder()
        below: dict[str, dict[str, bytes | None]] = {}
        for path, content in changes.items():
            name, _, rest = path.partition("/")
            if rest:
                below.setdefault(name, {})[rest] = content
            elif content is not None:
                builder.insert(name, self._repository.create_blob(content), _BLOB)
            elif builder.get(name) is not None:
                builder.remove(name)
        for name, inner in below.items():
            old = base / name if base is not None and name in base else None
            self._insert_folder(builder, name, old if isinstance(old, pygit2.Tree) else None, inner)
        return builder.write()

    def _insert_folder(self, builder: Any, name: str, old: Any, inner: Changes) -> None:
        folder = self._tree(old, inner)
        if len(self._repository[folder]):
            builder.insert(name, folder, _TREE)
        elif builder.get(name) is not None:
            builder.remove(name)

    def commit(self, tree: str, parents: tuple[str, ...], message: str, author: str, at: datetime) -> str:
        """Write a commit object by ``author`` (a checked name) and return its name; no ref moves."""
        with _translated():
            who = pygit2.Signature(author, f"{author}@onecontext", int(at.timestamp()), 0)
            oids = [pygit2.Oid(hex=parent) for parent in parents]
            return str(self._repository.create_commit(None, who, who, message, pygit2.Oid(hex=tree), oids))

    def move(self, branch: str, *, expect: str | None, to: str) -> None:
        """Move ``refs/heads/<branch>`` durably from ``expect`` (None: it is not there) to ``to``.

        Raises:
            Conflict: it names another commit by now; it was left there.
            LockTimeout: a git command holds the ref.
        """

        def unmoved() -> bool:
            return self._layout.tip(branch) == expect

        scratch = self._layout.scratch(f"ref-{branch}")
        gitlock.put(self._layout.ref(branch), f"{to}\n".encode(), scratch, still=unmoved)

    def info(self, commit: str) -> CommitInfo:
        """Return what ``commit`` says of itself."""
        with _translated():
            return _info(self._repository[commit])

    def tree_of(self, commit: str) -> str:
        """Return the name of the tree of ``commit``."""
        with _translated():
            return str(self._repository[commit].tree_id)

    def has(self, commit: str) -> bool:
        """Say whether the object is here."""
        return commit in self._repository

    def merge_base(self, ours: str, theirs: str) -> str | None:
        """Return the best common ancestor; None when the two have none."""
        with _translated():
            base = self._repository.merge_base(pygit2.Oid(hex=ours), pygit2.Oid(hex=theirs))
            return str(base) if base else None

    def peel(self, name: str) -> str | None:
        """Return the commit that an object is, or, if it is an annotated tag, tells of; None where it is neither."""
        with _translated():
            found = self._repository[name]
        while isinstance(found, pygit2.Tag):
            found = found.get_object()
        return str(found.id) if isinstance(found, pygit2.Commit) else None

    def walk(self, tips: list[str], *, hide: str | None = None) -> Iterator[CommitInfo]:
        """Yield the commits reachable from ``tips`` and not from ``hide``, children first, newest first."""
        if not tips:
            return
        with _translated():
            order = pygit2.enums.SortMode.TOPOLOGICAL | pygit2.enums.SortMode.TIME
            walker = self._repository.walk(pygit2.Oid(hex=tips[0]), order)
            for tip in tips[1:]:
                walker.push(pygit2.Oid(hex=tip))
            if hide is not None:
                walker.hide(pygit2.Oid(hex=hide))
            for commit in walker:
                yield _info(commit)

    def changed(self, old: str | None, new: str) -> dict[str, tuple[str | None, str | None]]:
        """Return the paths that differ between two trees, to their blobs (old, new); None where it is not there."""
        found: dict[str, tuple[str | None, str | None]] = {}
        with _translated():
            self._compare(self._repository[old] if old else None, self._repository[new], "", found)
        return found

    def _compare(self, old: Any, new: Any, prefix: str, found: dict[str, tuple[str | None, str | None]]) -> None:
        # Equal folders have equal names and are passed over, so this costs what has changed, not what there is.
        before = {entry.name: entry for entry in old} if old is not None else {}
        after = {entry.name: entry for entry in new} if new is not None else {}
        for name in sorted(before.keys() | after.keys()):
            left, right = before.get(name), after.get(name)
            if left is not None and right is not None and left.id == right.id:
                continue
            trees = [node if isinstance(node, pygit2.Tree) else None for node in (left, right)]
            blobs = [str(node.id) if isinstance(node, pygit2.Blob) else None for node in (left, right)]
            if any(trees):
                self._compare(trees[0], trees[1], f"{prefix}{name}/", found)
            if any(blobs):
                found[prefix + name] = (blobs[0], blobs[1])

    def diff(self, old: str, new: str) -> str:
        """Return the unified diff between two commits."""
        with _translated():
            patch = self._repository.diff(self._repository[old], self._repository[new]).patch
        return patch or ""

    def update_index(self, index_path: str, tree: str | None, changes: Mapping[str, str | None]) -> None:
        """Change the stand-alone index file ``index_path``: start from ``tree`` if given, then set paths to blobs.

        The entries carry no file times, so git compares contents the next time it is asked, and is always right.
        """
        with _translated():
            index = pygit2.Index(index_path)
            if tree is not None:
                index.read_tree(self._repository[tree])
            for path, blob in changes.items():
                if blob is not None:
                    index.add(pygit2.IndexEntry(path, pygit2.Oid(hex=blob), _BLOB))
                elif path in index:
                    index.remove(path)
            index.write()


def _info(commit: Any) -> CommitInfo:
    parents = tuple(str(parent) for parent in commit.parent_ids)
    author = commit.author.name if commit.author else ""
    return CommitInfo(str(commit.id), parents, str(commit.tree_id), commit.message, author, commit.commit_time)
