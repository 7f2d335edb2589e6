"""Git objects and refs of a memory: the one module that works with pygit2's repository.

Rule 1: no index takes part in a commit; a tree is built from the tip's by changing only the touched paths.
Rule 2: a ref moves from the commit the caller saw to a new one, or not at all (compare-and-set).
Rule 3: pygit2 runs no program: no hook, no filter, no fsmonitor of whoever can write the folder.
Rule 4: pygit2's errors leave this module as ours.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from functools import cached_property
from typing import Any, NamedTuple

import pygit2

from onecontext.errors import REPAIR, Damaged
from onecontext.store import gitlock, tidying
from onecontext.store.commits import CommitInfo as CommitInfo
from onecontext.store.commits import commit_content, tree_named
from onecontext.store.layout import Layout
from onecontext.store.opened import Repository
from onecontext.store.translating import translated
from onecontext.store.trees import (
    FILE_MODE,
    TREE_MODE,
    Changes,
    Lines,
    build,
    differing,
    file_before,
    line,
    object_name,
    tree_content,
    tree_lines,
    with_entries,
)
from onecontext.store.unwritten import Unwritten
from onecontext.store.ways import check_all_regular

# A memory made by another user of this machine is read all the same: nothing that lies in it is ever run.
pygit2.settings.owner_validation = False
# A memory of a long mission has hundreds of packs, and libgit2 would keep each open that it has read: a process may
# have 1,024 files. The one that was not read for longest is closed, and opened again when it is wanted.
pygit2.settings.mwindow_file_limit = 64

_FILES = (0o100644, 0o100755, 0o100664, 0o120000)


class Entry(NamedTuple):
    """A line of a tree: object name as hex, and whether it is a folder."""

    id: str
    is_tree: bool


class Objects:
    """The object store behind one :class:`Layout`. Not for sharing between threads; making one takes 0.1 ms."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._packs = layout.git / "objects" / "pack"
        self._unwritten = Unwritten(self._packs)
        self._made: list[tuple[str, int]] = []
        self._recent: dict[str, bytes] = {}
        self._trees: dict[str, Lines] = {}

    @cached_property
    def _repository(self) -> Any:
        # Opened by its exact path: neither GIT_DIR nor a search upwards can lead somewhere else.
        self._layout.check()
        check_all_regular(str(self._packs))
        with translated():
            # As a bare one, so that no .gitattributes of the work tree is looked for.
            return Repository(str(self._layout.git), pygit2.enums.RepositoryOpenFlag.BARE)

    def close(self) -> None:
        """Close git's files, whoever else holds the repository; they are opened again when they are asked for."""
        if opened := self.__dict__.pop("_repository", None):
            opened.free()

    def __del__(self) -> None:
        self.close()

    def blob_id(self, content: bytes) -> str:
        """Return the name ``content`` would have as a blob, without writing it."""
        return object_name(b"blob", content)

    def read(self, tree: str | None, path: str) -> bytes | None:
        """Return the blob at ``path`` of ``tree``; None when there is none (or no tree)."""
        entry = self.entry(tree, path)
        return self.blob(entry.id) if entry and not entry.is_tree else None

    def blob(self, blob: str) -> bytes:
        """Return the content of a blob."""
        if blob in self._unwritten:
            return self._unwritten.content(blob)
        if blob in self._recent:
            return self._recent[blob]
        with translated():
            # At half the time that a pygit2 object takes, which would be made only to be read once.
            kind, content = self._repository.read(blob)
        if kind != pygit2.enums.ObjectType.BLOB:
            raise Damaged(f"the object {blob} should be a file, and is none", hint=REPAIR)
        return bytes(content)

    def entry(self, tree: str | None, path: str) -> Entry | None:
        """Return what ``tree`` has at ``path``; None when there is nothing."""
        found = Entry(tree, True) if tree else None
        for part in path.split("/"):
            if found is None or not found.is_tree:
                return None
            entry = self._lines(found.id).get(part)
            found = Entry(entry.id, entry.mode == TREE_MODE) if entry else None
        return found

    def entries(self, tree: str | None, path: str = "") -> dict[str, Entry]:
        """Return the names in the folder ``path`` of ``tree`` ("" is its top), to entries; empty when not there."""
        found = self.entry(tree, path) if path else (Entry(tree, True) if tree else None)
        if found is None or not found.is_tree:
            return {}
        return {name: Entry(line.id, line.mode == TREE_MODE) for name, line in self._lines(found.id).items()}

    def write_tree(self, base: str | None, changes: Changes) -> str:
        """Make ``base`` with ``changes`` a new tree and return its name; :meth:`write` puts it on disk."""
        return build(base, changes, self._lines, self._add_blob, self._add_tree)

    def graft(self, base: str, folders: Mapping[str, str]) -> str:
        """Make ``base`` with whole entries of its top replaced (names to tree or blob names) a new tree."""
        new: Lines = {}
        for name, entry in folders.items():
            is_tree = self._unwritten.is_tree(entry)
            if is_tree is None:
                with translated():
                    is_tree = isinstance(self._repository[entry], pygit2.Tree)
            new[name] = line(name, TREE_MODE if is_tree else FILE_MODE, entry)
        return self._add_tree(with_entries(self._lines(base), new), base)

    def _add_blob(self, content: bytes, instead_of: str | None) -> str:
        return self._unwritten.add(b"blob", content, instead_of)

    def _add_tree(self, lines: Lines, instead_of: str | None) -> str:
        name = self._unwritten.add(b"tree", tree_content(lines), instead_of)
        self._trees[name] = lines
        return name

    def _lines(self, tree: str | None) -> Lines:
        if tree is None:
            return {}
        if tree not in self._trees:
            with translated():
                new = tree in self._unwritten
                self._trees[tree] = tree_lines(
                    self._unwritten.content(tree) if new else self._repository[tree].read_raw()
                )
        return self._trees[tree]

    def add_commit(self, tree: str, parents: tuple[str, ...], message: str, author: str, at: datetime) -> str:
        """Make a commit object by ``author`` (a checked name) and return its name; :meth:`write` puts it on disk."""
        return self._unwritten.add(b"commit", commit_content(tree, parents, message, author, at))

    @property
    def unwritten_bytes(self) -> int:
        """The size of what is in memory and not on disk."""
        return self._unwritten.size_bytes

    def write(self, *, durable: bool | None = None) -> None:
        """Write all that is new; no ref moves. ``durable`` says whether to fsync, None is by the memory's durability.

        Raises:
            OSError: full or read-only; nothing refers to what was written, and all of it is still in memory.
        """
        if not self._unwritten:
            return
        self._made.append((self._unwritten.write(durable=self._synced(durable)), len(self._unwritten)))
        # The work tree shows these next, and need not inflate what has just been deflated.
        self._recent = self._unwritten.forget()

    def keep_only(self, tree: str) -> None:
        """Let go of what was read for other trees than ``tree``, and of git's files, so that one kept does not grow.

        libgit2 keeps each pack open that it has read, also those that were united since and are gone.
        """
        self.close()
        wanted = [tree]
        kept: dict[str, Lines] = {}
        while wanted:
            name = wanted.pop()
            if name in self._trees and name not in kept:
                kept[name] = self._trees[name]
                wanted += [entry.id for entry in kept[name].values() if entry.mode == TREE_MODE]
        self._trees, self._recent = kept, {}

    def _object(self, name: str) -> Any:
        if name in self._unwritten:
            self.write()
        return self._repository[name]

    def move(self, branch: str, *, expect: str | None, to: str, durable: bool | None = None) -> None:
        """Move ``refs/heads/<branch>`` from ``expect`` (None: it is not there) to ``to``; ``durable`` as in write.

        Raises:
            Conflict: it names another commit by now; it was left there.
            LockTimeout: a git command holds the ref.
        """

        def unmoved() -> bool:
            return self._layout.tip(branch) == expect

        scratch = self._layout.scratch(f"ref-{branch}")
        synced = self._synced(durable)
        gitlock.put(self._layout.ref(branch), f"{to}\n".encode(), scratch, still=unmoved, durable=synced)

    def _synced(self, durable: bool | None) -> bool:
        return self._layout.durability != "none" if durable is None else durable

    def tidy(self, branch: str) -> None:
        """Make few packs of many, now and then, after a commit of ``branch``, whose lock the caller holds."""
        for pack, objects in self._made:
            tidying.note(self._layout.pack_list(branch), self._packs, pack, objects, self._content)
        self._made.clear()

    def _content(self, name: str) -> tuple[int, bytes]:
        with translated():
            kind, content = self._repository.read(name)
        return int(kind), bytes(content)

    def info(self, commit: str) -> CommitInfo:
        """Return what ``commit`` says of itself."""
        with translated():
            return _info(self._object(commit))

    def tree_of(self, commit: str) -> str:
        """Return the name of the tree of ``commit``."""
        if commit in self._unwritten:
            return tree_named(self._unwritten.content(commit))
        with translated():
            return str(self._object(commit).tree_id)

    def has(self, commit: str) -> bool:
        """Say whether the object is here."""
        return commit in self._unwritten or commit in self._repository

    def merge_base(self, ours: str, theirs: str) -> str | None:
        """Return the best common ancestor; None when the two have none."""
        with translated():
            base = self._repository.merge_base(pygit2.Oid(hex=ours), pygit2.Oid(hex=theirs))
            return str(base) if base else None

    def peel(self, name: str) -> str | None:
        """Return the commit that an object is, or, if it is an annotated tag, tells of; None where it is neither."""
        with translated():
            found = self._repository[name]
        while isinstance(found, pygit2.Tag):
            found = found.get_object()
        return str(found.id) if isinstance(found, pygit2.Commit) else None

    def walk(self, tips: list[str], *, hide: str | None = None) -> Iterator[CommitInfo]:
        """Yield the commits reachable from ``tips`` and not from ``hide``, children first, newest first."""
        if not tips:
            return
        with translated():
            order = pygit2.enums.SortMode.TOPOLOGICAL | pygit2.enums.SortMode.TIME
            walker = self._repository.walk(pygit2.Oid(hex=tips[0]), order)
            for tip in tips[1:]:
                walker.push(pygit2.Oid(hex=tip))
            if hide is not None:
                walker.hide(pygit2.Oid(hex=hide))
            for commit in walker:
                yield _info(commit)

    def changed(
        self, old: str | None, new: str, *, has: Callable[[str], bool] | None = None
    ) -> dict[str, tuple[str | None, str | None]]:
        """Return the paths that differ between two trees, to their blobs (old, new); None where it is not there.

        ``has`` says which count, as in :func:`onecontext.store.trees.differing`; what does not is not read.
        """
        return differing(old, new, self._lines, has=has)

    def changed_in_git(self, old: str | None, new: str) -> dict[str, tuple[str | None, str | None]]:
        """Return what :meth:`changed` does of trees that are on disk, by libgit2, which is quicker in wide folders.

        Names are as they stand there: who takes them for paths of a work tree must look at them first.
        """
        with translated():
            tree = self._repository[new]
            delta = self._repository[old].diff_to_tree(tree) if old else tree.diff_to_tree(swap=True)
            return {
                one.new_file.path: (_file_id(one.old_file), _file_id(one.new_file))
                for one in delta.deltas
                if _file_id(one.old_file) or _file_id(one.new_file)
            }

    def diff(self, old: str, new: str) -> str:
        """Return the unified diff between two commits."""
        with translated():
            patch = self._repository.diff(self._object(old), self._object(new)).patch
        return patch or ""

    def file_before(self, tree: str | None, path: str | None) -> str | None:
        """Return the file of ``tree`` that stands before ``path`` in git's order; see :func:`trees.file_before`."""
        return file_before(tree, path, self._lines)

    def new_index(self, path: str, tree: str) -> None:
        """Make the stand-alone index file ``path`` list the files of ``tree``, without file times."""
        with translated():
            index = pygit2.Index(path)
            index.read_tree(self._object(tree))
            index.write()


def _info(commit: Any) -> CommitInfo:
    parents = tuple(str(parent) for parent in commit.parent_ids)
    author = commit.author.name if commit.author else ""
    return CommitInfo(str(commit.id), parents, str(commit.tree_id), commit.message, author, commit.commit_time)


def _file_id(side: Any) -> str | None:
    """Return the blob on one side of a change; None where there is no file."""
    return str(side.id) if side.mode in _FILES else None
