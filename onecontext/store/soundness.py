"""Whether git's objects are there and are what their names say, without opening the repository.

Rule 1: only the folder of objects is read: HEAD, refs, index and configuration may be garbled or gone.
Rule 2: one object is held at a time, and each is read once, however many names lead to it.
Rule 3: a tree that holds what no file system should be given (``..``, ``.git``) is told by git's fsck, not here.
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import pygit2

from onecontext.store.commits import CommitInfo
from onecontext.store.layout import Layout
from onecontext.store.packs import COMMIT, TREE
from onecontext.store.salvage import KIND_NAMES
from onecontext.store.trees import TREE_MODE, Line, object_name, tree_lines

_TAG = 4
_SUBMODULE = b"160000"
_MAX_DEPTH = 64


class Broken(NamedTuple):
    """An object that something names and that cannot be had: ``path`` and ``commit`` say where it is needed."""

    name: str
    kind: str
    path: str
    commit: str


class Sound:
    """Objects, each verified as it is read. Make a new one after objects were added or moved."""

    def __init__(self, layout: Layout) -> None:
        self._store = pygit2.Odb(str(layout.git / "objects"))

    def read(self, name: str) -> tuple[int, bytes] | None:
        """Return kind and content; None where there is none, or where its bytes do not make that name."""
        try:
            kind, content = self._store.read(name)[:2]
        except (pygit2.GitError, KeyError, ValueError):
            return None
        found = int(kind), bytes(content)
        return found if found[0] in KIND_NAMES and object_name(KIND_NAMES[found[0]], found[1]) == name else None

    def names(self) -> list[str]:
        """Return the names of all objects that the store lists, readable or not."""
        try:
            return [str(name) for name in self._store]
        except pygit2.GitError:
            return []

    def commit(self, name: str) -> CommitInfo | None:
        """Return what a commit says of itself; None when it is none that can be read."""
        found = self.read(name)
        return _commit(name, found[1]) if found and found[0] == COMMIT else None

    def peel(self, name: str) -> str | None:
        """Return the commit that ``name`` is, or, if it is an annotated tag, tells of; None when it is neither."""
        for _ in range(_MAX_DEPTH):
            found = self.read(name)
            if found is None or found[0] != _TAG:
                return name if found and found[0] == COMMIT else None
            name = found[1].partition(b"\n")[0].removeprefix(b"object ").decode("ascii", "replace")
        return None

    def lines(self, tree: str) -> dict[str, Line] | None:
        """Return the entries of a tree; None when it cannot be read."""
        found = self.read(tree)
        if found is None or found[0] != TREE:
            return None
        try:
            return tree_lines(found[1])
        except ValueError:
            return None

    def files(self, tree: str, prefix: str = "") -> Iterator[tuple[str, str]]:
        """Yield path and blob of every file of a tree; folders that cannot be read are passed over."""
        for name, line in (self.lines(tree) or {}).items():
            if line.mode == TREE_MODE and prefix.count("/") < _MAX_DEPTH:
                yield from self.files(line.id, f"{prefix}{name}/")
            elif line.mode not in (TREE_MODE, _SUBMODULE):
                yield f"{prefix}{name}", line.id

    def first_parents(self, tip: str) -> Iterator[CommitInfo]:
        """Yield ``tip`` and the commits it goes back to, newest first, as far as they can be read."""
        info = self.commit(tip)
        while info is not None:
            yield info
            info = self.commit(info.parents[0]) if info.parents else None

    def broken(self, tips: Iterable[str]) -> Iterator[Broken]:
        """Yield what is missing or garbled of all that ``tips`` reach, each object once."""
        seen: set[str] = set()
        waiting = [(tip, tip) for tip in tips]
        while waiting:
            name, child = waiting.pop()
            if name in seen:
                continue
            seen.add(name)
            found = self.read(name)
            if found and found[0] == _TAG:
                waiting.append((found[1].partition(b"\n")[0].removeprefix(b"object ").decode("ascii", "replace"), name))
                continue
            info = _commit(name, found[1]) if found and found[0] == COMMIT else None
            if info is None:
                yield Broken(name, "commit", "", child)
                continue
            yield from self._broken_tree(info.tree, "", info.id, seen, 0)
            waiting += [(parent, name) for parent in info.parents]

    def _broken_tree(self, tree: str, path: str, commit: str, seen: set[str], depth: int) -> Iterator[Broken]:
        if tree in seen or depth > _MAX_DEPTH:
            return
        seen.add(tree)
        lines = self.lines(tree)
        if lines is None:
            yield Broken(tree, "tree", path, commit)
            return
        for name, line in lines.items():
            below = f"{path}/{name}" if path else name
            if line.mode == TREE_MODE:
                yield from self._broken_tree(line.id, below, commit, seen, depth + 1)
            elif line.mode != _SUBMODULE and line.id not in seen:
                seen.add(line.id)
                if self.read(line.id) is None:
                    yield Broken(line.id, "blob", below, commit)


def _commit(name: str, content: bytes) -> CommitInfo | None:
    """Take a commit object apart; None when it is not one (gitformat of commits: headers, an empty line, a message)."""
    head, _, message = content.partition(b"\n\n")
    pairs = [line.partition(" ")[::2] for line in head.decode("utf-8", "replace").split("\n")]
    trees = [value for key, value in pairs if key == "tree"]
    who = next((value for key, value in pairs if key == "author"), "")
    when = next((value for key, value in pairs if key == "committer"), "").split(" ")
    if len(trees) != 1:
        return None
    at_s = int(when[-2]) if len(when) > 1 and when[-2].isdecimal() else 0
    parents = tuple(value for key, value in pairs if key == "parent")
    return CommitInfo(name, parents, trees[0], message.decode("utf-8", "replace"), who.partition(" <")[0], at_s)
