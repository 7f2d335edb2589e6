"""EXPORT in the layout of the reference implementation: ``.GCC/`` with one log and one file of milestones a branch.

Rule 1: a branch's files tell what the branch tells, records of merged branches included, oldest first.
Rule 2: what that layout has no place for lies where its reader does not look: in the frames, in ``onecontext.json``,
        and in the folder ``onecontext/`` of a branch; what lies nowhere is said.
Rule 3: no clock and no randomness: the same memory is the same bytes.
"""

import heapq
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from onecontext.checksum import crc32c
from onecontext.exchange.blocks import header_of
from onecontext.exchange.gcc_records import exported_milestone, exported_step
from onecontext.exchange.model import ExportedBranch
from onecontext.memory import metadata
from onecontext.memory.reading import ensure_shown
from onecontext.recall.files import folder_of
from onecontext.recall.history import History
from onecontext.records import Raw
from onecontext.store import refs
from onecontext.store.layout import Layout
from onecontext.store.objects import Objects

MANIFEST = "onecontext.json"
VERSION = 1
EXTRA = "onecontext"
_RECORDS = ("commit/", "log/", "commit.md", "log.md", "metadata.yaml")


class _Placed(NamedTuple):
    """A record, the branch in whose folder it lies, and whether it has no milestone yet."""

    raw: Raw
    folder: str
    pending: bool


@dataclass
class Exported:
    """The files of an export, paths to contents, and what is told about them."""

    files: dict[str, bytes] = field(default_factory=dict)
    branches: list[ExportedBranch] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def exported(layout: Layout) -> Exported:
    """Return every branch of the memory as the files of a ``.GCC`` folder."""
    made = Exported()
    names = layout.branches()
    head = layout.head()
    first = head if head in names else names[0]
    about: dict[str, dict[str, Any]] = {}
    for name in [first, *(name for name in names if name != first)]:
        ensure_shown(layout, name)
        about[name] = _branch(layout, name, made)
    tags, deleted = refs.under(layout, refs.TAGS), refs.under(layout, refs.DELETED)
    for what, found in (("tag", tags), ("deleted branch", deleted)):
        if found:
            made.notes.append(f"{len(found)} {what}{'s' if len(found) > 1 else ''}: the layout has no place for such")
    checks = {path: {"crc": crc32c(content), "size": len(content)} for path, content in sorted(made.files.items())}
    document = {"version": VERSION, "layout": "gcc", "branch": first, "branches": about, "files": checks}
    made.files[MANIFEST] = json.dumps(document, indent=1, sort_keys=True).encode("ascii") + b"\n"
    return made


def _branch(layout: Layout, name: str, made: Exported) -> dict[str, Any]:
    files, history = folder_of(layout, name), History(layout, name)
    folder = f"branches/{name}"
    milestones = [exported_milestone(raw, folder=place) for raw, place, _ in _milestones(history)]
    steps = [exported_step(raw, folder=place, pending=waits) for raw, place, waits in _steps(history)]
    data = files.read(f"{folder}/metadata.yaml")
    made.files[f"{folder}/commit.md"] = _file(header_of("commit.md", name), milestones)
    made.files[f"{folder}/log.md"] = _file(header_of("log.md", name), steps)
    made.files[f"{folder}/metadata.yaml"] = _their_metadata(name, history.metadata)
    roadmap = files.read("main.md")
    readable = roadmap.decode("utf-8", "replace").encode("utf-8")
    made.files.setdefault("main.md", readable)
    if made.files["main.md"] != roadmap:
        made.files[f"{folder}/{EXTRA}/main.md"] = roadmap
    merged = {one: _text(files.read(f"branches/{one}/metadata.yaml")) for one in history.merged()}
    _extras(layout, name, set(merged), made)
    reshaped = sum(count for _, count in [*milestones, *steps])
    made.branches.append(ExportedBranch(name, len(milestones), len(steps), reshaped))
    return {"metadata": _text(data), "merged": merged}


def _milestones(history: History) -> Iterator[_Placed]:
    return _oldest_first(_placed(history.committed(name), name) for name in [history.branch, *history.merged()])


def _steps(history: History) -> Iterator[_Placed]:
    # The pending log is read before the history, so that a milestone made meanwhile hides nothing.
    waiting = history.waiting()
    keys = {raw.key for raw in waiting}

    def own() -> Iterator[_Placed]:
        yield from _placed(reversed(waiting), history.branch, pending=True)
        yield from _placed((raw for raw in history.logged(history.branch) if raw.key not in keys), history.branch)

    return _oldest_first([own(), *(_placed(history.logged(name), name) for name in history.merged())])


def _placed(raws: Iterable[Raw], folder: str, *, pending: bool = False) -> Iterator[_Placed]:
    return (_Placed(raw, folder, pending) for raw in raws)


def _oldest_first(sources: Iterable[Iterator[_Placed]]) -> Iterator[_Placed]:
    """Yield the records in the order in which ``log`` tells them, turned round."""
    merged = heapq.merge(*sources, key=lambda placed: str(placed.raw.frame["at"]), reverse=True)
    return reversed(list(merged))


def _file(header: str, records: list[tuple[bytes, int]]) -> bytes:
    return header.encode("utf-8") + b"".join(content for content, _ in records)


def _their_metadata(name: str, data: dict[str, Any]) -> bytes:
    """Return the seven keys that the reference implementation reads, all of them texts or null."""

    def text(*keys: str, default: str = "") -> str:
        value = next((data[key] for key in keys if data.get(key) is not None), default)
        return value if isinstance(value, str) else str(value)

    known = {
        "name": name,
        "purpose": text("purpose"),
        "created_from": text("parent"),
        "created_at": text("created"),
        "status": text("status", default="active"),
        "merged_into": text("merged_into") or None,
        "merged_at": text("merged_at") or None,
    }
    return metadata.dump(known)


def _extras(layout: Layout, name: str, merged: set[str], made: Exported) -> None:
    """Take along what else people and imports put into the branch's folder, and say what stays behind."""
    objects = Objects(layout)
    tip = layout.tip(name)
    if tip is None:
        return
    tree = objects.tree_of(tip)
    for entry in sorted(objects.entries(tree).keys() - {"main.md", "format", "branches"}):
        made.notes.append(f"{entry} of branch {name}: the layout has no place for it")
    for path, blob in _files_in(objects, tree, name):
        if path.startswith(_RECORDS[:2]):
            if not objects.blob(blob).startswith(b"<!-- oc1 "):
                made.notes.append(f"what stands before the first record of branches/{name}/{path}: it is no record")
        elif path not in _RECORDS:
            made.files[f"branches/{name}/{EXTRA}/files/{path}"] = objects.blob(blob)
    for one in sorted(merged - set(layout.branches())):
        if any(path not in _RECORDS and not path.startswith(_RECORDS[:2]) for path, _ in _files_in(objects, tree, one)):
            made.notes.append(f"files of {one}, which is merged into {name} and deleted, other than its records")


def _files_in(objects: Objects, tree: str, branch: str) -> Iterator[tuple[str, str]]:
    """Yield the files in the folder of ``branch``, each with its blob."""
    entry = objects.entry(tree, f"branches/{branch}")
    found = objects.changed(None, entry.id) if entry is not None and entry.is_tree else {}
    return ((path, blob) for path, (_, blob) in found.items() if blob)


def _text(content: bytes) -> str:
    return content.decode("utf-8", "surrogateescape")
