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

from onecontext.errors import REPAIR, Damaged, StorageError
from onecontext.store import gitlock, tidying
from onecontext.store.commits import CommitInfo as CommitInfo
from onecontext.store.commits import commit_content
from onecontext.store.kinds import is_file, not_files
from onecontext.store.layout import Layout
from onecontext.store.trees import (
    FILE_MODE,
    TREE_MODE,
    Changes,
    Line,
    build,
    differing,
    object_name,
    tree_content,
    tree_lines,
)
from onecontext.store.unwritten import Unwritten

# A memory made by another user of this machine is read all the same: nothing that lies in it is ever run.
pygit2.settings.owner_validation = False

_BLOB = pygit2.enums.FileMode.BLOB
_STORAGE_WORDS = ("No space", "Read-only", "Permission denied", "failed to write", "failed to create", "quota")


class Entry(NamedTuple):
    """A line of a tree: object name as hex, and whether it is a folder."""

    id: str
    is_tree: bool


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except pygit2.GitError as error:
        if any(word in str(error) for word in _STORAGE_WORDS):
            raise StorageError(f"git objects could not be written: {error}") from error
        raise Damaged(f"git: {error}", hint=REPAIR) from error
    except KeyError as error:
        raise Damaged(f"a git object is missing: {error}", hint=REPAIR) from error


class Objects:
    """The object store behind one :class:`Layout`. Not for sharing between threads; making one takes 0.1 ms."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._packs = layout.git / "objects" / "pack"
        self._unwritten = Unwritten(self._packs)
        self._made: list[str] = []
        self._recent: dict[str, bytes] = {}
        self._trees: dict[str, dict[str, Line]] = {}

    @cached_property
    def _repository(self) -> Any:
        # Opened by its exact path: neither GIT_DIR nor a search upwards can lead somewhere else.
        # On a FIFO libgit2 would wait for ever.
        for path in (self._layout.git / "config", *not_files(self._packs)):
            if not is_file(path):
                raise Damaged(f"{path} is no file", hint=REPAIR)
        with _translated():
            return pygit2.Repository(str(self._layout.git))

    def blob_id(self, content: bytes) -> str:
        """Return the name ``content`` would have as a blob, without writing it."""
        return object_name(b"blob", content)

    def read(self, tree: str | None, path: str) -> bytes | None:
        """Return the blob at ``path`` of ``tree``; None when there is none (or no tree)."""
        entry = self.entry(tree, path)
        return self.blob(entry.id) if entry and not entry.is_tree else None

    def blob(self, blob: str) -> bytes:
        """Return the content of a blob."""
        if blob in self._recent:
            return self._recent[blob]
        with _translated():
            return bytes(self._object(blob).data)

    def entry(self, tree: str | None, path: str) -> Entry | None:
        """Return what ``tree`` has at ``path``; None when there is nothing."""
        if tree is None:
            return None
        with _translated():
            node = self._object(tree)
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
        return {name: Entry(line.id, line.mode == TREE_MODE) for name, line in self._lines(found.id).items()}

    def write_tree(self, base: str | None, changes: Changes) -> str:
        """Make ``base`` with ``changes`` a new tree and return its name; :meth:`commit` writes it."""
        return build(base, changes, self._lines, self._unwritten.add)

    def graft(self, base: str, folders: Mapping[str, str]) -> str:
        """Make ``base`` with whole entries of its top replaced (names to tree or blob names) a new tree."""
        lines = dict(self._lines(base))
        for name, entry in folders.items():
            is_tree = self._unwritten.is_tree(entry)
            if is_tree is None:
                with _translated():
                    is_tree = isinstance(self._repository[entry], pygit2.Tree)
            lines[name] = Line(TREE_MODE if is_tree else FILE_MODE, entry)
        return self._unwritten.add(b"tree", tree_content(lines))

    def _lines(self, tree: str | None) -> dict[str, Line]:
        if tree is None:
            return {}
        if tree not in self._trees:
            with _translated():
                new = tree in self._unwritten
                self._trees[tree] = tree_lines(
                    self._unwritten.content(tree) if new else self._repository[tree].read_raw()
                )
        return self._trees[tree]

    def commit(self, tree: str, parents: tuple[str, ...], message: str, author: str, at: datetime) -> str:
        """Write a commit object by ``author`` (a checked name), and all that is new below it; no ref moves.

        Raises:
            StorageError: full or read-only; nothing refers to what was written.
        """
        name = self._unwritten.add(b"commit", commit_content(tree, parents, message, author, at))
        # The work tree shows these next, and need not inflate what has just been deflated.
        self._recent = self._unwritten.blobs()
        self._write()
        return name

    def _write(self) -> None:
        try:
            self._made.append(self._unwritten.write(durable=self._layout.durability != "none"))
        except OSError as error:
            raise StorageError(f"git objects could not be written: {error}") from error

    def _object(self, name: str) -> Any:
        if name in self._unwritten:
            self._write()
        return self._repository[name]

    def move(self, branch: str, *, expect: str | None, to: str) -> None:
        """Move ``refs/heads/<branch>`` from ``expect`` (None: it is not there) to ``to``.

        Raises:
            Conflict: it names another commit by now; it was left there.
            LockTimeout: a git command holds the ref.
        """

        def unmoved() -> bool:
            return self._layout.tip(branch) == expect

        scratch = self._layout.scratch(f"ref-{branch}")
        durable = self._layout.durability != "none"
        gitlock.put(self._layout.ref(branch), f"{to}\n".encode(), scratch, still=unmoved, durable=durable)

    def tidy(self, branch: str) -> None:
        """Make few packs of many, now and then, after a commit of ``branch``, whose lock the caller holds."""
        for pack in self._made:
            tidying.note(self._layout.pack_list(branch), self._packs, pack, self._content)
        self._made.clear()

    def _content(self, name: str) -> tuple[int, bytes]:
        with _translated():
            kind, content = self._repository.read(name)
        return int(kind), bytes(content)

    def info(self, commit: str) -> CommitInfo:
        """Return what ``commit`` says of itself."""
        with _translated():
            return _info(self._object(commit))

    def tree_of(self, commit: str) -> str:
        """Return the name of the tree of ``commit``."""
        with _translated():
            return str(self._object(commit).tree_id)

    def has(self, commit: str) -> bool:
        """Say whether the object is here."""
        return commit in self._unwritten or commit in self._repository

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
        return differing(old, new, self._lines)

    def diff(self, old: str, new: str) -> str:
        """Return the unified diff between two commits."""
        with _translated():
            patch = self._repository.diff(self._object(old), self._object(new)).patch
        return patch or ""

    def update_index(self, index_path: str, tree: str | None, changes: Mapping[str, str | None]) -> None:
        """Change the stand-alone index file ``index_path``: start from ``tree`` if given, then set paths to blobs.

        The entries carry no file times, so git compares contents the next time it is asked, and is always right.
        """
        with _translated():
            index = pygit2.Index(index_path)
            if tree is not None:
                index.read_tree(self._object(tree))
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
