"""One foreign branch into one of ours, as one commit.

Rule 1: a record that is here already is not added again, so the same folder twice writes nothing.
Rule 2: of a branch without records of its own all of metadata and roadmap is theirs; else theirs is merged in as a
        merge would, ours stands where both say something else, and theirs lies in ``imported/``.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from onecontext.checksum import crc32c
from onecontext.exchange.folder import kept_path, printable_path
from onecontext.exchange.found import OF_BRANCH, OF_EXPORT, OF_FOLDER, FoundBranch, Record, clean_bytes
from onecontext.exchange.model import ImportedBranch
from onecontext.exchange.theirs import metadata_of
from onecontext.exchange.yaml_in import mapping
from onecontext.memory import message, metadata, milestones, pending, sections
from onecontext.memory.author import Author
from onecontext.memory.branches import roadmap
from onecontext.memory.desk import Desk, writing
from onecontext.names import is_name
from onecontext.records import split
from onecontext.store.layout import Layout
from onecontext.store.objects import Objects

KEPT = "imported"
_LISTS = ("merged", "pinned", "superseded")
Key = tuple[str, str, str]


@dataclass(frozen=True)
class Order:
    """What goes where: the branch here, names of branches there to names here, and what is known of the import."""

    name: str
    names: Mapping[str, str]
    layout: str
    created: bool


def keys_in(objects: Objects, tree: str, branch: str) -> set[Key]:
    """Return the keys of all records in the folder of ``branch``."""
    found: set[Key] = set()
    for part in ("commit", "log"):
        entry = objects.entry(tree, f"branches/{branch}/{part}")
        if entry is not None and entry.is_tree:
            for _, blob in objects.changed(None, entry.id).values():
                found |= {raw.key for raw in split(objects.blob(blob)).records} if blob else set()
    return found


def take_in(layout: Layout, author: Author, branch: FoundBranch, order: Order, notes: list[str]) -> ImportedBranch:
    """Add what ``branch`` has and the branch ``order.name`` has not."""
    with writing(layout, order.name) as desk:
        desk.take_in(author.at())
        log = pending.path_in(desk.place, order.name)
        waiting = {raw.key for raw in pending.read(log).records}
        fresh = order.created or not (keys_in(desk.objects, desk.tree, order.name) | waiting)
        new = _New(desk, branch, order, waiting)
        changes = new.changes()
        changes |= _about(desk, branch, order, new, fresh=fresh, notes=notes)
        changes |= {f"{desk.folder}/{path}": content for path, content in branch.files.items()}
        kept = _kept(desk, branch)
        changes |= kept
        changes = {path: content for path, content in changes.items() if desk.objects.read(desk.tree, path) != content}
        if changes:
            counts = f"milestones {len(new.milestones)}, steps {len(new.steps)}"
            subject = f"imported from branch {printable_path(branch.name)}: {counts}"
            text = message.build(subject, branch=order.name, imported=order.layout)
            desk.commit(changes, text, author=author.agent, at=author.at())
        if new.pending:
            waits = b"".join(record.raw for record in new.pending)
            pending.append(layout, log, order.name, lambda _: waits)
        return ImportedBranch(
            source=branch.name,
            name=order.name,
            milestones=len(new.milestones),
            steps=len(new.steps) + len(new.pending),
            kept=tuple(sorted(path for path in kept if path in changes)),
            created=order.created,
            already=not (changes or new.pending or order.created),
            commit=desk.tip,
        )


def _kept(desk: Desk, branch: FoundBranch) -> dict[str, bytes]:
    kept = {}
    for path, content in branch.kept.items():
        here, words = f"{KEPT}/{kept_path(path)}", clean_bytes(content)
        if branch.files.get(here, words) != words:
            here = f"{here}-{crc32c(words)}"  # what an earlier import of the exported memory kept has that name
        kept[f"{desk.folder}/{here}"] = words
    return kept


class _New:
    """The records that are not here yet, by the folder they go to."""

    def __init__(self, desk: Desk, branch: FoundBranch, order: Order, waiting: set[Key]) -> None:
        self._desk, self._names = desk, order.names
        known = {order.name: keys_in(desk.objects, desk.tree, order.name) | waiting}
        self.milestones = self._unknown(branch.milestones, known)
        found = self._unknown(branch.steps, known)
        self.steps = [record for record in found if not record.pending]
        self.pending = [record for record in found if record.pending]
        self.folders = {self.place(record) for record in [*branch.milestones, *branch.steps]} - {order.name}

    def place(self, record: Record) -> str:
        """Return the branch here in whose folder the record goes."""
        return self._names.get(record.folder, record.folder)

    def changes(self) -> dict[str, bytes | None]:
        """Return the files that the records go to."""
        changes: dict[str, bytes | None] = {}
        for folder in dict.fromkeys(self.place(record) for record in [*self.milestones, *self.steps]):
            told = [record.raw for record in self.milestones if self.place(record) == folder]
            done = [record.raw for record in self.steps if self.place(record) == folder]
            changes |= milestones.appended(self._desk, folder, told, done)
        return changes

    def _unknown(self, records: Sequence[Record], known: dict[str, set[Key]]) -> list[Record]:
        new = []
        for record in records:
            place, key = self.place(record), record.key
            if place not in known:
                known[place] = keys_in(self._desk.objects, self._desk.tree, place)
            if key not in known[place]:
                known[place].add(key)
                new.append(record)
        return new


def _about(
    desk: Desk, branch: FoundBranch, order: Order, new: _New, *, fresh: bool, notes: list[str]
) -> dict[str, bytes | None]:
    """Return the metadata and the roadmap as they are to be."""
    changes: dict[str, bytes | None] = {}
    ours = desk.metadata()
    known = _metadata(desk, branch, order, ours, fresh=fresh)
    united = {str(name) for key in (ours, known) for name in _listed(key.get("merged"))} | new.folders
    if united - set(map(str, _listed(known.get("merged")))):
        known["merged"] = sorted(united)
    if known != ours:
        changes[f"{desk.folder}/metadata.yaml"] = metadata.dump(known)
    for one, content in branch.merged.items():
        path = f"branches/{order.names.get(one, one)}/metadata.yaml"
        if content and desk.objects.read(desk.tree, path) is None and order.names.get(one, one) in new.folders:
            changes[path] = content
    if branch.roadmap is not None:
        changes["main.md"] = _roadmap(desk, branch, order, clean_bytes(branch.roadmap), fresh=fresh, notes=notes)
    return changes


def _metadata(desk: Desk, branch: FoundBranch, order: Order, ours: dict[str, Any], *, fresh: bool) -> dict[str, Any]:
    theirs = _renamed(branch.metadata or {}, order.names)
    if fresh:
        return theirs if branch.whole else {**ours, **theirs}
    before = None if branch.whole else mapping(desk.read(f"{KEPT}/{OF_BRANCH}/metadata.yaml"))
    base = _renamed(metadata_of(before), order.names)
    merged, conflicts = metadata.merge(base, ours, theirs if branch.whole else {**ours, **base, **theirs})
    for key in _LISTS:
        both = [
            *_listed(ours.get(key)),
            *(one for one in _listed(theirs.get(key)) if one not in _listed(ours.get(key))),
        ]
        if both != _listed(ours.get(key)):
            merged[key] = sorted(both) if key == "merged" else both
    if branch.whole and set(conflicts) - set(_LISTS):
        branch.kept[f"{OF_EXPORT}/metadata.yaml"] = metadata.dump(theirs)
    return {**ours, **merged}


def _renamed(data: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    """Return metadata with the branches in it by their names here."""
    found = dict(data)
    if isinstance(found.get("parent"), str):
        found["parent"] = names.get(found["parent"], found["parent"])
    if isinstance(found.get("merged"), list):
        here = (names.get(str(name), str(name)) for name in found["merged"])
        found["merged"] = sorted(name for name in here if is_name(name))
    return found


def _roadmap(desk: Desk, branch: FoundBranch, order: Order, theirs: bytes, *, fresh: bool, notes: list[str]) -> bytes:
    ours = desk.objects.read(desk.tree, "main.md") or b""
    before = desk.read(f"{KEPT}/{OF_FOLDER}/main.md")
    untouched = ours == roadmap(str(desk.metadata().get("purpose") or ""))
    if theirs == ours or order.created or (fresh and untouched):
        return theirs
    sides = [content.decode("utf-8", "replace") for content in (before or b"", ours, theirs)]
    text, conflicts = sections.merge(*sides)
    if conflicts:
        where = OF_FOLDER if f"{OF_FOLDER}/main.md" in branch.kept else OF_EXPORT
        branch.kept[f"{where}/main.md"] = theirs
        headings = ", ".join(repr(conflict.heading) for conflict in conflicts)
        notes.append(f"main.md of {order.name}: ours stands in {headings}, theirs is in {KEPT}/{where}/main.md")
    return text.encode("utf-8")


def _listed(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
