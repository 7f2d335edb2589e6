"""Missing git objects, found again in files: a name is the hash of a content, so a file that makes it *is* the object.

Rule 1: nothing is believed but the hash. What a file gives is the object itself, or it is not used.
Rule 2: history files only gain records, so what a lost older version held is a beginning of what stands there now.
"""

from collections.abc import Collection, Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from onecontext.doctor.case import FILE, Case
from onecontext.doctor.documents import is_records
from onecontext.errors import Damaged
from onecontext.records import split
from onecontext.store.index import hidden_in, is_index
from onecontext.store.kinds import files_below, is_folder
from onecontext.store.packs import BLOB, TREE
from onecontext.store.trees import FILE_MODE, TREE_MODE, Line, line, object_name, tree_content, with_entries

_SHOWN_RECORDS = 10


class Given(NamedTuple):
    """An object that a file gives back."""

    kind: int
    content: bytes
    source: str


def given(case: Case, wanted: Collection[str]) -> dict[str, Given]:
    """Return those of the ``wanted`` objects that can be made from what lies in work trees and in the quarantine."""
    found: dict[str, Given] = {}
    for source, kind, content in _candidates(case):
        name = object_name(b"blob" if kind == BLOB else b"tree", content)
        if name in wanted and name not in found:
            found[name] = Given(kind, content, source)
    return found


def _candidates(case: Case) -> Iterator[tuple[str, int, bytes]]:
    yield "nothing", BLOB, b""
    for top in work_trees(case):
        yield from _of_work_tree(case, top)
    for name, kind in files_below(case.layout.path, ".git/onecontext/quarantine"):
        if kind == FILE and (content := case.read(name)) is not None:
            yield name, BLOB, content


def roots(case: Case, top: str) -> Iterator[str]:
    """Yield the names of the trees that a work tree as a whole may have been written from."""
    *_, (_, kind, content) = _of_work_tree(case, top)
    if kind == TREE:
        yield object_name(b"tree", content)


def work_trees(case: Case) -> list[str]:
    """Return the folders of all work trees, as prefixes of names; the memory's own is empty."""
    folder = case.layout.private / "worktrees"
    linked = sorted(path.name for path in folder.iterdir() if is_folder(path)) if is_folder(folder) else []
    return ["", *(f".git/onecontext/worktrees/{name}/" for name in linked)]


def _of_work_tree(case: Case, top: str) -> Iterator[tuple[str, int, bytes]]:
    folders = _hidden(case, top)
    for path in _paths(case.path(top) if top else case.layout.path):
        content = case.read(top + path)
        if content is None:
            continue
        yield top + path, BLOB, content
        # Pending steps are not in any tree: the log is committed empty.
        stored = b"" if path.count("/") == 2 and path.endswith("/log.md") else content
        parent, _, name = path.rpartition("/")
        folders.setdefault(parent, {})[name] = line(name, FILE_MODE, object_name(b"blob", stored))
        if is_records(path):
            yield from _earlier(case, top, path, content)
    yield from _trees(top, folders)


def _hidden(case: Case, top: str) -> dict[str, dict[str, Line]]:
    """Return the lines of folders that are known by git's index alone: a linked work tree has not all files on disk."""
    folders: dict[str, dict[str, Line]] = {"": {}}
    content = case.read(f".git/worktrees/{top.rstrip('/').rpartition('/')[2]}/index") if top else None
    if content is None or not is_index(content):
        return folders
    for path, blob in hidden_in(content).items():
        parent, _, name = path.rpartition("/")
        with suppress(Damaged):  # whoever wrote such a name there, no tree of a memory has it
            folders.setdefault(parent, {})[name] = line(name, FILE_MODE, blob)
    return folders


def _earlier(case: Case, top: str, path: str, content: bytes) -> Iterator[tuple[str, int, bytes]]:
    records = split(content).records
    if len(records) > 1 or path.endswith("/commit.md"):
        end = len(content) - sum(len(raw.raw) for raw in records)
        for raw in records:
            end += len(raw.raw)
            yield top + path, BLOB, content[:end]
    if "/commit/" in path:
        # commit.md holds the newest milestones, as they stand in the history file and the one before it.
        before = case.read(f"{top}{_previous(path)}") or b""
        all_records = [raw.raw for raw in [*split(before).records[-_SHOWN_RECORDS:], *records]]
        for end in range(len(all_records) + 1):
            for size in range(1, min(end, _SHOWN_RECORDS) + 1):
                yield top + path, BLOB, b"".join(all_records[end - size : end])


def _previous(path: str) -> str:
    folder, _, name = path.rpartition("/")
    return f"{folder}/{max(int(name.removesuffix('.md')) - 1, 0):04d}.md"


def _trees(top: str, folders: dict[str, dict[str, Line]]) -> Iterator[tuple[str, int, bytes]]:
    for folder in sorted({part for path in folders for part in _ways(path)}, key=lambda path: -path.count("/")):
        if not folder:
            continue
        parent, _, name = folder.rpartition("/")
        content = tree_content(with_entries({}, folders.get(folder, {})))
        folders.setdefault(parent, {})[name] = line(name, TREE_MODE, object_name(b"tree", content))
        yield top + folder, TREE, content
    yield top or "main.md", TREE, tree_content(with_entries({}, folders[""]))


def _ways(path: str) -> Iterator[str]:
    while path:
        yield path
        path = path.rpartition("/")[0]


def _paths(top: Path) -> Iterator[str]:
    for name in ("main.md", "format"):
        yield name
    for name, kind in files_below(top, "branches"):
        if kind == FILE:
            yield name
