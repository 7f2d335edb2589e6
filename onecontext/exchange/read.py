"""A folder of another program, read: which dialect it is, and what each of its branches has.

Rule 1: what a file is follows from its place and name alone; what has no meaning here is kept as it is.
Rule 2: files of the whole folder belong to the branch it calls current, else ``main``, else the first; its roadmap is
        every branch's.
"""

from pathlib import Path
from typing import Any

from onecontext.errors import UsageError
from onecontext.exchange import entries, timeline
from onecontext.exchange.branch_files import take_branch, take_records
from onecontext.exchange.branch_names import mapped
from onecontext.exchange.exports import read_export
from onecontext.exchange.folder import Folder
from onecontext.exchange.found import BEGINNING, OF_FOLDER, Found, FoundBranch
from onecontext.exchange.gcc_place import FOLDER, manifest
from onecontext.exchange.yaml_in import mapping

LAYOUTS = ("gcc", "timeline")
_MEANT = ("commit.md", "log.md", "branches", timeline.FILE)


def read(directory: Path, layout: str | None) -> Found:
    """Return what the memory in ``directory``, or in its ``.GCC``, has.

    Args:
        layout: "gcc" or "timeline"; None is what the folder looks like.

    Raises:
        UsageError: there is no such layout, or nothing of it in the folder.
        Damaged: one of its files is too large to be read at once.
        NewerFormat: it is an export of a newer version.
    """
    if layout is not None and layout not in LAYOUTS:
        raise UsageError(f"{layout[:40]!r} is no layout", hint=f"one of {', '.join(LAYOUTS)}")
    top = _top(directory)
    about = manifest(top) if layout != "timeline" else None
    folder = Folder(top)
    if about is not None:
        found = read_export(folder, about)
    else:
        found = _Reader(folder, layout or ("timeline" if folder.has(timeline.FILE) else "gcc")).found()
    found.notes[:0] = folder.notes
    return found


def _top(directory: Path) -> Path:
    if not directory.is_dir():
        raise UsageError(f"there is no folder {directory}", hint="name the folder that has .GCC, or that folder itself")
    for place in (directory / FOLDER, directory / FOLDER.lower()):
        if place.is_symlink():
            raise UsageError(f"{place} is a symlink, which is not followed", hint="name the folder it leads to")
        if place.is_dir():
            return place
    if (directory / "format").is_file() and (directory / "branches").is_dir():
        raise UsageError(f"{directory} is a memory of onecontext itself", hint="'git fetch' brings its branches over")
    if not any((directory / name).exists() for name in _MEANT):
        raise UsageError(f"{directory} has no memory in a layout that is known", hint="it would have a folder .GCC")
    return directory


class _Reader:
    def __init__(self, folder: Folder, layout: str) -> None:
        self._folder = folder
        self._layout = layout
        self._notes: list[str] = []
        self._branches: dict[str, FoundBranch] = {}
        index = folder.take(timeline.FILE) if layout == "timeline" else None
        if layout == "timeline" and index is None:
            raise UsageError(f"{folder.top} has no {timeline.FILE}", hint="leave --layout out")
        self._index, self._index_bytes = mapping(index), index
        self._metadata_bytes = folder.take("metadata.yaml")
        self._metadata = mapping(self._metadata_bytes)
        self._current = ""

    def found(self) -> Found:
        folder = self._folder
        names = {path.split("/")[1] for path in folder.folders if path.count("/") == 1 and path.startswith("branches/")}
        about = (self._metadata or {}).get("branches")
        listed = {item["name"]: item for item in about if _is_named(item)} if isinstance(about, list) else {}
        roots = {name: folder.take(name) for name in ("main.md", "commit.md", "log.md")}
        texts = {name: content.decode("utf-8", "surrogateescape") for name, content in roots.items() if content}
        told = [text for name, text in texts.items() if name != "main.md" and entries.has_entries(text)]
        said = {entry.branch for text in told for entry in [*entries.milestones(text), *entries.steps(text)]}
        dated = list(timeline.entries(self._index or {}))
        everyone = names | listed.keys() | {one for one in said if one} | {one for one, _ in dated}
        self._current = self._named() or ("main" if "main" in everyone or not everyone else min(everyone))
        everyone |= {self._current}
        origins = mapped(everyone)
        for name in sorted(everyone):
            self._branches[name] = take_branch(folder, name, self._notes, origin=origins[name], listed=listed.get(name))
        self._root_records(texts, origins)
        self._timeline(dated, origins)
        self._root_files(roots)
        return Found(self._layout, list(self._branches.values()), self._notes)

    def _named(self) -> str | None:
        for document in (self._index, self._metadata):
            current = (document or {}).get("current_branch")
            if isinstance(current, str) and current:
                return current
        return None

    def _root_records(self, texts: dict[str, str], origins: dict[str, str]) -> None:
        for file in ("commit.md", "log.md"):
            text = texts.get(file, "")
            if not entries.has_entries(text):
                if text:
                    content = text.encode("utf-8", "surrogateescape")
                    take_records(self._main(), file, content, origin=origins[self._current], kept=OF_FOLDER)
                continue
            for entry in entries.milestones(text):
                name = entry.branch or self._current
                self._branches[name].milestones.append(entry.make(origins[name], name))
            for entry in entries.steps(text):
                name = entry.branch or self._current
                self._branches[name].steps.append(entry.make(origins[name], name))

    def _timeline(self, dated: list[tuple[str, dict[str, Any]]], origins: dict[str, str]) -> None:
        last, seen = BEGINNING, dict[str, int]()
        for name, entry in dated:
            record = timeline.milestone(entry, origin=origins[name], folder=name, last=last, seen=seen)
            last = timeline.time_of(entry, last)
            self._branches[name].milestones.append(record)
        if self._index_bytes is not None and self._index is None:
            self._notes.append(f"{timeline.FILE} is no YAML mapping: kept, and not read")

    def _root_files(self, roots: dict[str, bytes | None]) -> None:
        main = self._main()
        roadmap = roots.pop("main.md")
        for branch in self._branches.values():
            branch.roadmap = roadmap
            if roadmap is not None:
                branch.kept[f"{OF_FOLDER}/main.md"] = roadmap
        for name, content in {**roots, "metadata.yaml": self._metadata_bytes, timeline.FILE: self._index_bytes}.items():
            if content is not None and (name not in ("commit.md", "log.md") or entries.has_entries(_text(content))):
                main.kept[f"{OF_FOLDER}/{name}"] = content
        if self._folder.top.name.lower() != FOLDER.lower() and (count := self._folder.leave()):
            # Whoever names a whole project does not want it in the memory.
            self._notes.append(f"not taken in, {count} files outside of branches/: the folder is not called {FOLDER}")
        for path, content in self._folder.strangers().items():
            main.kept[f"{OF_FOLDER}/{path}"] = content

    def _main(self) -> FoundBranch:
        return self._branches[self._current]


def _is_named(item: object) -> bool:
    return isinstance(item, dict) and isinstance(item.get("name"), str) and bool(item["name"])


def _text(content: bytes) -> str:
    return content.decode("utf-8", "surrogateescape")
