"""From git into the index: what changed between the tips that were indexed and those of now, and nothing else.

Rule 1: trees are compared, not commits: a rollback, a restored branch and a ref moved by hand are changes like any.
Rule 2: equal folders have equal names in git and are passed over, so a refresh costs what was added.
Rule 3: a branch tells its own folder and those of the branches that its metadata lists as merged, as the log does.
"""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import NamedTuple

from onecontext.errors import DamagedDocument
from onecontext.memory import metadata
from onecontext.names import is_name
from onecontext.recall.search.chains import Chains, Changed, Version
from onecontext.recall.search.database import Database
from onecontext.recall.search.doctable import DocTable
from onecontext.recall.search.documents import Content, Part, added, content_of
from onecontext.recall.search.plain import is_plain
from onecontext.recall.search.unsaved import Unsaved
from onecontext.store.layout import Layout
from onecontext.store.objects import Objects

_HISTORY = {"log": Part.STEPS, "commit": Part.MILESTONES}
_FOLDERS = {part: folder for folder, part in _HISTORY.items()}


_Place = tuple[str, Part]
"""A folder, and which part of it."""


class _Told(NamedTuple):
    folder: str
    part: Part
    object: str


class Feed:
    """One refresh of an index."""

    def __init__(self, layout: Layout, db: Database) -> None:
        self._layout = layout
        self._db = db
        self._objects = Objects(layout)
        self._docs = DocTable(db)
        self._unsaved = Unsaved(layout, db, self._docs)
        self._chains = Chains(db, self._docs, self._read, self._grown)

    def refresh(self, tips: dict[str, str]) -> None:
        """Make the index be of these branches and tips, and of the steps that are pending now.

        The caller holds a transaction, and undoes it on an error.
        """
        self._follow(tips)
        self._unsaved.refresh(tips, self._chains)
        self._finish()

    def fill(self, tips: dict[str, str]) -> None:
        """Make an index that is empty be of what is committed at these tips alone."""
        self._follow(tips)
        self._finish()

    def _follow(self, tips: dict[str, str]) -> None:
        known = {name: (tip, tree) for name, tip, tree in self._db.rows("SELECT name, tip, tree FROM branch")}
        for name in sorted(known.keys() - tips.keys()):
            self._forget(name)
        for name, tip in sorted(tips.items()):
            was, tree = known.get(name, (None, None))
            if was != tip:
                self._branch(name, tip, tree)

    def close(self) -> None:
        """Close what was opened of git; the feed is part of a cycle, and would be there for some time."""
        self._objects.close()

    def _finish(self) -> None:
        self._chains.release()
        self._docs.flush()

    def _branch(self, name: str, tip: str, was: str | None) -> None:
        """Have the index tell what a branch has at its tip; ``was`` is the tree that it tells now, None is none."""
        commit = self._objects.info(tip)
        # Of both parts of all folders at once.
        changed = self._objects.changed_in_git(was, commit.tree) if was else {}
        before = self._chains.told(name)
        objects = {(folder, part): object_name for (folder, part), (object_name, _) in before.items()}
        now = {(told.folder, told.part): told.object for told in self._told(name, commit.tree, was, objects)}
        for (folder, part), (object_name, version) in before.items():
            if part is not Part.PENDING and now.get((folder, part)) != object_name:
                self._chains.untell(name, folder, part, version)
        for (folder, part), object_name in now.items():
            old = before.get((folder, part))
            if old is None or old[0] != object_name:
                version = self._version(_Told(folder, part, object_name), old, changed)
                self._chains.tell(name, folder, part, object_name, version)
        self._db.run("INSERT OR REPLACE INTO branch VALUES (?, ?, ?, ?)", name, tip, commit.tree, commit.at_s)

    def _forget(self, name: str) -> None:
        for (folder, part), (_, version) in self._chains.told(name).items():
            self._chains.untell(name, folder, part, version)
        self._db.run("DELETE FROM branch WHERE name = ?", name)
        self._db.run("DELETE FROM looked WHERE branch = ?", name)

    def _version(self, told: _Told, old: tuple[str, Version] | None, changed: Changed) -> Version:
        base = old or self._chains.anywhere(told.folder, told.part, told.object)
        if base and base[0] == told.object:
            return base[1]
        if told.part not in (Part.STEPS, Part.MILESTONES):
            return self._chains.version(told.part, None, {"": (None, told.object)})
        if old:
            top = f"branches/{told.folder}/{_FOLDERS[told.part]}/"
            changed = {path[len(top) :]: blobs for path, blobs in changed.items() if path.startswith(top)}
        else:
            changed = self._objects.changed_in_git(base[0] if base else None, told.object)
        depth = 2 if told.part is Part.STEPS else 1
        history = {path: blobs for path, blobs in changed.items() if _is_numbered(path, depth)}
        return self._chains.version(told.part, base[1] if base else None, history)

    def _told(self, name: str, tree: str, was: str | None, before: Mapping[_Place, str]) -> Iterator[_Told]:
        """Yield what a branch tells at the tree of its tip; at the tree ``was`` it told ``before``."""
        top = f"branches/{name}"
        for path, folder, part in (
            ("main.md", "", Part.MAIN),
            (f"{top}/metadata.yaml", name, Part.METADATA),
            (f"{top}/commit.md", name, Part.SHOWN),
        ):
            entry = self._objects.entry(tree, path)
            if entry is None or entry.is_tree:
                continue
            # The view of the newest milestones is of interest where somebody edited it.
            if part is not Part.SHOWN or not is_plain(self._objects.blob(entry.id)):
                yield _Told(folder, part, entry.id)
        as_they_were = self._as_they_were(tree, was)
        for folder in (name, *self._merged(name, tree)):
            # A branch that hundreds were merged into has changed in one of their folders.
            known = [(part, before[folder, part]) for part in _FOLDERS if (folder, part) in before]
            if known and folder in as_they_were:
                yield from (_Told(folder, part, object_name) for part, object_name in known)
                continue
            for below, part in _HISTORY.items():
                if (entry := self._objects.entry(tree, f"branches/{folder}/{below}")) and entry.is_tree:
                    yield _Told(folder, part, entry.id)

    def _as_they_were(self, tree: str, was: str | None) -> set[str]:
        """Return the branches whose folders are the same in both trees."""
        old = self._objects.entries(was, "branches") if was else {}
        return {name for name, entry in self._objects.entries(tree, "branches").items() if old.get(name) == entry}

    def _merged(self, name: str, tree: str) -> list[str]:
        path = f"branches/{name}/metadata.yaml"
        names: object = None
        # Whoever reads that branch is told of the damage; here its own records are found.
        with suppress(DamagedDocument):
            names = metadata.load(self._objects.read(tree, path), where=path).get("merged")
        listed = names if isinstance(names, list) else []
        return sorted({one for one in listed if isinstance(one, str) and is_name(one) and one != name})

    def _read(self, part: Part, blob: str) -> Content:
        if part is Part.PENDING:
            return Content(self._unsaved.documents(blob), 0)
        return content_of(part, self._objects.blob(blob))

    def _grown(self, part: Part, blob: str, old: str, size: int) -> Content | None:
        content = self._objects.blob(blob)
        return added(part, content, size) if size and self._objects.blob_id(content[:size]) == old else None


def _is_numbered(path: str, depth: int) -> bool:
    names = path.split("/")
    return len(names) == depth and all(name.removesuffix(".md").isdecimal() for name in names)
