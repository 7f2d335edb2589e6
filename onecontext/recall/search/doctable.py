"""The documents of an index, and the words in them: added and taken out file by file.

Rule 1: a document is there once, and as long as one file has it; ``doc`` names one of its files and ``also`` the rest.
Rule 2: what FTS5 is told to forget is the text that it was given: that is why nothing is taken out but by the file's
        content, and why a change of :mod:`.terms` needs a new index.
"""

from collections.abc import Iterable

from onecontext.recall.search.database import Database
from onecontext.recall.search.documents import Document
from onecontext.recall.search.model import KINDS
from onecontext.recall.search.terms import indexed

_AT_ONCE = 5_000
_FORGET = "INSERT INTO words (words, rowid, text) VALUES ('delete', ?, ?)"


class DocTable:
    """The documents of one index, while it is changed."""

    def __init__(self, db: Database) -> None:
        self._db = db
        ((newest,),) = db.rows("SELECT coalesce(max(id), 0) FROM doc")
        self._next = int(newest) + 1
        self._is_new = self._next == 1
        self._words: dict[str, int] = {}
        self._docs: list[tuple[object, ...]] = []
        self._texts: list[tuple[int, str]] = []
        self._places: list[tuple[int, int, int, int]] = []
        # Key to document and its file, of those that came in since the beginning of the change.
        self._fresh: dict[int, tuple[int, int]] = {}

    def add(self, file: int, documents: Iterable[Document]) -> None:
        """Take in the documents of a file."""
        for document in documents:
            known = self._find(document.key)
            if known is None:
                self._append(file, document)
            elif known[1] != file:
                self._places.append((known[0], file, document.start, document.size))
        if len(self._texts) >= _AT_ONCE:
            self.flush()

    def drop(self, file: int, documents: Iterable[Document]) -> None:
        """Take out the documents of a file, as far as no other file has them."""
        self.flush()
        for document in documents:
            known = self._find(document.key)
            if known is None:
                continue
            if known[1] != file:
                self._db.run("DELETE FROM also WHERE doc = ? AND file = ?", known[0], file)
                continue
            self._fresh.pop(document.key, None)
            others = self._db.rows("SELECT file, start, size FROM also WHERE doc = ? LIMIT 1", known[0])
            if others:
                self._db.run("UPDATE doc SET file = ?, start = ?, size = ? WHERE id = ?", *others[0], known[0])
                self._db.run("DELETE FROM also WHERE doc = ? AND file = ?", known[0], others[0][0])
            else:
                self._db.run(_FORGET, known[0], indexed(document.text))
                self._db.run("DELETE FROM doc WHERE id = ?", known[0])

    def flush(self) -> None:
        """Write what was taken in."""
        if self._docs:
            self._db.many("INSERT INTO doc VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", self._docs)
            self._db.many("INSERT INTO words (rowid, text) VALUES (?, ?)", self._texts)
        if self._places:
            self._db.many("INSERT OR IGNORE INTO also VALUES (?, ?, ?, ?)", self._places)
        for buffer in (self._docs, self._texts, self._places):
            buffer.clear()

    def _append(self, file: int, document: Document) -> None:
        number = self._next
        self._next += 1
        self._fresh[document.key] = (number, file)
        _, kind, record, agent, session, origin, at, start, size, text, asks = document
        names = (self._word(agent), self._word(session), self._word(origin))
        cut = indexed(text)
        sizes = (start, size, len(cut.split()), int(asks))
        self._docs.append((number, document.key, KINDS.index(kind), record, *names, at, file, *sizes))
        self._texts.append((number, cut))

    def _find(self, key: int) -> tuple[int, int] | None:
        """Return the document of that key and its file; None where there is none."""
        if (known := self._fresh.get(key)) or self._is_new:
            return known
        found = self._db.rows("SELECT id, file FROM doc WHERE key = ?", key)
        return (found[0][0], found[0][1]) if found else None

    def _word(self, text: str) -> int:
        if text not in self._words:
            known = self._db.rows("SELECT id FROM word WHERE text = ?", text)
            self._words[text] = known[0][0] if known else self._db.added("INSERT INTO word (text) VALUES (?)", text)
        return self._words[text]
