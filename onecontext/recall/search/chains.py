"""Which branch tells which files: chains that branches share.

Rule 1: a chain grows at its end; what a branch tells is its first ``length`` files. A branch whose files are no such
        beginning gets a chain of its own.
Rule 2: what stands in a chain beyond what any branch tells is taken out, with the files that no chain has then.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

from onecontext.recall.search.database import Database
from onecontext.recall.search.doctable import DocTable
from onecontext.recall.search.documents import Content, Part

Changed = Mapping[str, tuple[str | None, str | None]]
"""Paths below a part to their blobs, old and new; None where there is none."""


class Version(NamedTuple):
    """What a branch tells of a part: the first ``length`` files of a chain."""

    chain: int
    length: int


class Chains:
    """The chains and files of one index, while it is changed.

    ``read`` returns a blob taken apart; ``grown`` what a blob has more than the one that is its first so many bytes,
    and None where it is not that one with records added.
    """

    def __init__(
        self,
        db: Database,
        docs: DocTable,
        read: Callable[[Part, str], Content],
        grown: Callable[[Part, str, str, int], Content | None],
    ) -> None:
        self._db = db
        self._grown = grown
        self._docs = docs
        self._read = read
        self._touched: set[int] = set()
        self._newest: int | None = None

    def tell(self, branch: str, folder: str, part: Part, tree: str, version: Version) -> None:
        """Note what ``branch`` tells of a part, of which nothing is told: it is the object ``tree`` in git."""
        self._db.run("INSERT INTO told VALUES (?, ?, ?, ?, ?, ?)", branch, folder, int(part), tree, *version)

    def untell(self, branch: str, folder: str, part: Part, version: Version) -> None:
        """Forget what ``branch`` told of a part."""
        self._touched.add(version.chain)
        where = (branch, folder, int(part))
        self._db.run("DELETE FROM told WHERE branch = ? AND folder = ? AND kind = ?", *where)

    def told(self, branch: str) -> dict[tuple[str, Part], tuple[str, Version]]:
        """Return what ``branch`` tells: folder and part to the object in git and the version."""
        sql = "SELECT folder, kind, object, chain, length FROM told WHERE branch = ?"
        return {(row[0], Part(row[1])): (row[2], Version(row[3], row[4])) for row in self._db.rows(sql, branch)}

    def anywhere(self, folder: str, part: Part, wanted: str) -> tuple[str, Version] | None:
        """Return what some branch tells of a part: the object ``wanted`` itself, else that of the branch it is of."""
        row = self._db.rows(
            "SELECT object, chain, length FROM told WHERE folder = ? AND kind = ?"
            " ORDER BY object = ? DESC, branch = folder DESC, length DESC LIMIT 1",
            *(folder, int(part), wanted),
        )
        return (row[0][0], Version(row[0][1], row[0][2])) if row else None

    def version(self, part: Part, base: Version | None, changed: Changed) -> Version:
        """Return the version that ``base`` (None: nothing) is with these changes."""
        chain, length = base or Version(self._new_chain(), 0)
        first = self._first(chain, length, [path for path, (old, _) in changed.items() if old])
        tail = _tail(self._files(chain, first, length) if first < length else [], changed)
        standing = self._db.rows(
            "SELECT c.path, f.blob FROM chain c JOIN file f ON f.id = c.file"
            " WHERE c.chain = ? AND c.position >= ? ORDER BY c.position LIMIT ?",
            *(chain, first, len(tail)),
        )
        same = 0
        while same < len(standing) and standing[same] == tail[same]:
            same += 1
        first += same
        if same == len(tail):
            return Version(chain, first)
        if self._is_told_beyond(chain, first):
            chain = self._copy(chain, first)
        self._replace(chain, first, part, tail[same:])
        return Version(chain, first + len(tail) - same)

    def release(self) -> None:
        """Take out what no branch tells any more, of all that was changed."""
        for chain in sorted(self._touched):
            ((length,),) = self._db.rows("SELECT coalesce(max(length), 0) FROM told WHERE chain = ?", chain)
            gone = self._db.rows("SELECT file FROM chain WHERE chain = ? AND position >= ?", chain, length)
            if gone:
                self._db.run("DELETE FROM chain WHERE chain = ? AND position >= ?", chain, length)
                self._forget(file for (file,) in gone)
        self._touched.clear()

    def _is_told_beyond(self, chain: int, length: int) -> bool:
        return bool(self._db.rows("SELECT 1 FROM told WHERE chain = ? AND length > ? LIMIT 1", chain, length))

    def _replace(self, chain: int, first: int, part: Part, tail: Sequence[tuple[str, str]]) -> None:
        """Have ``tail`` stand in a chain from position ``first`` on."""
        old = self._db.rows("SELECT file, path FROM chain WHERE chain = ? AND position >= ?", chain, first)
        stood = bool(old)
        is_last = len(old) == 1 and part is Part.MILESTONES and old[0][1] == tail[0][0]
        if is_last and self._has_grown(old[0][0], tail[0][1]):
            old, stood, first, tail = [], False, first + 1, tail[1:]
        if stood:
            self._db.run("DELETE FROM chain WHERE chain = ? AND position >= ?", chain, first)
        # What stays in a file that grew must not go with the one before it, so the new ones come first.
        rows = [(chain, first + i, path, self._file(part, blob)) for i, (path, blob) in enumerate(tail)]
        if rows:
            self._db.many("INSERT INTO chain VALUES (?, ?, ?, ?)", rows)
        self._forget(file for file, _ in old)

    def _copy(self, chain: int, length: int) -> int:
        """Return a new chain that begins as ``chain`` does."""
        new = self._new_chain()
        self._db.run(
            "INSERT INTO chain SELECT ?, position, path, file FROM chain WHERE chain = ? AND position < ?",
            *(new, chain, length),
        )
        return new

    def _new_chain(self) -> int:
        if self._newest is None:
            ((self._newest,),) = self._db.rows(
                "SELECT max((SELECT coalesce(max(chain), 0) FROM chain), (SELECT coalesce(max(chain), 0) FROM told))"
            )
        self._newest = int(self._newest) + 1
        return self._newest

    def _first(self, chain: int, length: int, paths: Sequence[str]) -> int:
        """Return the position of the first of these paths; ``length`` where none of them is in the chain."""
        if not paths:
            return length
        marks = ", ".join("?" * len(paths))
        sql = f"SELECT min(position) FROM chain WHERE chain = ? AND position < ? AND path IN ({marks})"
        ((first,),) = self._db.rows(sql, chain, length, *paths)
        return length if first is None else int(first)

    def _files(self, chain: int, first: int, length: int) -> list[tuple[str, str]]:
        return self._db.rows(
            "SELECT c.path, f.blob FROM chain c JOIN file f ON f.id = c.file"
            " WHERE c.chain = ? AND c.position >= ? AND c.position < ? ORDER BY c.position",
            *(chain, first, length),
        )

    def _file(self, part: Part, blob: str) -> int:
        """Return the file of a blob, taken in where it is not there yet."""
        found = self._db.rows("SELECT id FROM file WHERE kind = ? AND blob = ?", int(part), blob)
        if found:
            return int(found[0][0])
        content = self._read(part, blob)
        values = (int(part), blob, content.plain_bytes)
        file = self._db.added("INSERT INTO file (kind, blob, plain) VALUES (?, ?, ?)", *values)
        self._docs.add(file, content.documents)
        return file

    def _has_grown(self, file: int, blob: str) -> bool:
        """Make a file that only one chain has that of ``blob``, where that is the same with records added; else False.

        A milestone is added so to the file of those before it, and they need not be looked at again.
        """
        ((old, size),) = self._db.rows("SELECT blob, plain FROM file WHERE id = ?", file)
        shared = self._db.rows("SELECT 1 FROM chain WHERE file = ? LIMIT 1 OFFSET 1", file)
        known = self._db.rows("SELECT 1 FROM file WHERE kind = ? AND blob = ?", int(Part.MILESTONES), blob)
        more = None if shared or known else self._grown(Part.MILESTONES, blob, old, size)
        if more is None:
            return False
        self._db.run("UPDATE file SET blob = ?, plain = ? WHERE id = ?", blob, more.plain_bytes, file)
        self._docs.add(file, more.documents)
        return True

    def _forget(self, files: Iterable[int]) -> None:
        """Take out those of ``files`` that stand in no chain."""
        for file in files:
            if self._db.rows("SELECT 1 FROM chain WHERE file = ? LIMIT 1", file):
                continue
            for part, blob in self._db.rows("SELECT kind, blob FROM file WHERE id = ?", file):
                self._docs.drop(file, self._read(Part(part), blob).documents)
                self._db.run("DELETE FROM kept WHERE file = ?", file)
                self._db.run("DELETE FROM file WHERE id = ?", file)


def _tail(before: Sequence[tuple[str, str]], changed: Changed) -> list[tuple[str, str]]:
    """Return what stands from the first change on, where ``before`` stood."""
    kept = [(path, changed[path][1] if path in changed else blob) for path, blob in before]
    added = sorted((path for path, (old, new) in changed.items() if old is None and new), key=_order)
    return [(path, blob) for path, blob in kept if blob] + [(path, str(changed[path][1])) for path in added]


def _order(path: str) -> list[int]:
    """Return the place of a numbered file of history; any other has one of its own."""
    stems = (name.removesuffix(".md") for name in path.split("/"))
    return [int(stem) if stem.isdecimal() else 0 for stem in stems]
