"""Pending steps: what stands in the logs of work trees and is in no commit yet.

Rule 1: a log is read again when stat(2) tells another file than before, or when it changed a moment ago.
Rule 2: a step that became history meanwhile is in both for an instant, and is one document all the same.
"""

from collections.abc import Iterable
from contextlib import suppress

from onecontext.errors import Damaged
from onecontext.memory import pending
from onecontext.recall.search.chains import Chains
from onecontext.recall.search.database import Database
from onecontext.recall.search.doctable import DocTable
from onecontext.recall.search.documents import Document, Part, document_of
from onecontext.records import Raw
from onecontext.store.layout import Layout
from onecontext.store.marks import Mark, is_young, mark


def marks(layout: Layout, branches: Iterable[str]) -> dict[str, Mark]:
    """Return the branches that have a log in a work tree, to its mark."""
    head = layout.head()
    if head is None and (shown := layout.main_place().shown()):
        head = shown.branch
    linked = layout.linked_folder()
    there: set[str | None] = {head}
    with suppress(FileNotFoundError, NotADirectoryError):
        there |= {folder.name for folder in linked.iterdir()}
    top, linked_top = str(layout.path), str(linked)
    found: dict[str, Mark] = {}
    for name in branches:
        folder = top if name == head else f"{linked_top}/{name}"
        if name in there and (seen := mark(f"{folder}/branches/{name}/log.md")) and seen[1]:
            found[name] = seen
    return found


def words(seen: Mark) -> str:
    """Return a mark as a text; that of a file that changed a moment ago is like no other, as it proves nothing."""
    return "young" if is_young(seen) else " ".join(map(str, seen))


class Unsaved:
    """The pending steps of one index, while it is changed."""

    def __init__(self, layout: Layout, db: Database, docs: DocTable) -> None:
        self._layout = layout
        self._db = db
        self._docs = docs

    def refresh(self, branches: Iterable[str], chains: Chains) -> None:
        """Bring the pending steps of these branches up to date."""
        found = marks(self._layout, branches)
        looked = dict(self._db.rows("SELECT branch, mark FROM looked"))
        for name in sorted(looked.keys() - found.keys()):
            if told := chains.told(name).get((name, Part.PENDING)):
                chains.untell(name, name, Part.PENDING, told[1])
            self._db.run("DELETE FROM looked WHERE branch = ?", name)
        for name, seen in sorted(found.items()):
            text = words(seen)
            if text == "young" or looked.get(name) != text:
                self._take_in(name, chains)
                self._db.run("INSERT OR REPLACE INTO looked VALUES (?, ?)", name, text)

    def documents(self, branch: str) -> list[Document]:
        """Return what was taken in of a branch's log."""
        sql = "SELECT position, raw FROM kept JOIN file ON kept.file = file.id WHERE kind = ? AND blob = ?"
        return [document_of("step", raw, position) for position, raw in self._db.rows(sql, int(Part.PENDING), branch)]

    def _take_in(self, branch: str, chains: Chains) -> None:
        if (branch, Part.PENDING) not in chains.told(branch):
            version = chains.version(Part.PENDING, None, {"log.md": (None, branch)})
            chains.tell(branch, branch, Part.PENDING, branch, version)
        ((file,),) = self._db.rows("SELECT id FROM file WHERE kind = ? AND blob = ?", int(Part.PENDING), branch)
        known = self._db.rows("SELECT position, raw FROM kept WHERE file = ? ORDER BY position", file)
        records = [raw.raw for raw in self._log(branch)]
        stands, wanted = {raw for _, raw in known}, set(records)
        gone = [(position, raw) for position, raw in known if raw not in wanted]
        self._docs.drop(file, [document_of("step", raw, position) for position, raw in gone])
        self._db.many("DELETE FROM kept WHERE file = ? AND position = ?", [(file, position) for position, _ in gone])
        first = known[-1][0] + 1 if known else 0
        new = list(enumerate(dict.fromkeys(raw for raw in records if raw not in stands), first))
        self._db.many("INSERT INTO kept VALUES (?, ?, ?)", [(file, position, raw) for position, raw in new])
        self._docs.add(file, [document_of("step", raw, position) for position, raw in new])

    def _log(self, branch: str) -> tuple[Raw, ...]:
        try:
            return pending.read(pending.path_in(self._layout.place(branch), branch)).records
        except Damaged:
            return ()  # a FIFO or the like: whoever writes the branch is told, and the rest is searched
