"""Steps and milestones of a branch, newest first, read from the files of its work tree.

Rule 1: no lock and no pygit2: history files are never rewritten, and the pending log is read before the history, so a
        commit going on meanwhile hides nothing; a record met in both is told once.
Rule 2: only as many files are opened as the caller takes records.

A branch tells its own records and those of the branches that were merged into it, each with the branch it came from.
"""

import heapq
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from onecontext.memory import metadata, pending
from onecontext.names import check_name
from onecontext.records import Milestone, Raw, Step, decode_milestone, decode_step, split
from onecontext.store.files import read_bytes
from onecontext.store.layout import Layout


class History:
    """The memory of one branch as its work tree has it now."""

    def __init__(self, layout: Layout, branch: str) -> None:
        self.branch = branch
        self._top = layout.place(branch).folder / "branches"
        self.metadata = self._metadata()

    def pending(self) -> list[Step]:
        """Return the steps since the last milestone, newest first."""
        return [decode_step(raw) for raw in reversed(pending.read(self._top / self.branch / "log.md").records)]

    def steps(self, *, limit: int | None = None) -> list[Step]:
        """Return at most ``limit`` steps (None: all), newest first, pending ones included."""
        waiting = pending.read(self._top / self.branch / "log.md").records
        keys = {raw.key for raw in waiting}

        def own() -> Iterator[Raw]:
            yield from reversed(waiting)
            yield from (raw for raw in self._logged(self.branch) if raw.key not in keys)

        others = [self._logged(name) for name in self._merged()]
        return [decode_step(raw) for raw in islice(_newest_first([own(), *others]), limit)]

    def milestones(self, *, limit: int | None = None) -> list[Milestone]:
        """Return at most ``limit`` milestones (None: all), newest first."""
        sources = [self._committed(name) for name in [self.branch, *self._merged()]]
        return [decode_milestone(raw) for raw in islice(_newest_first(sources), limit)]

    def own_milestones(self, *, limit: int | None = None) -> list[Milestone]:
        """Return at most ``limit`` milestones of the branch itself, newest first."""
        return [decode_milestone(raw) for raw in islice(self._committed(self.branch), limit)]

    def _metadata(self) -> dict[str, Any]:
        path = self._top / self.branch / "metadata.yaml"
        return metadata.load(_read(path), where=f"branches/{self.branch}/metadata.yaml")

    def _merged(self) -> list[str]:
        names = self.metadata.get("merged")
        listed = [name for name in names if isinstance(name, str)] if isinstance(names, list) else []
        return [check_name(name, what="branch") for name in listed if name != self.branch]

    def _committed(self, branch: str) -> Iterator[Raw]:
        for path in _numbered(self._top / branch / "commit"):
            yield from reversed(split(_read(path)).records)

    def _logged(self, branch: str) -> Iterator[Raw]:
        for folder in _numbered(self._top / branch / "log"):
            for path in _numbered(folder):
                yield from reversed(split(_read(path)).records)


def _newest_first(sources: list[Iterator[Raw]]) -> Iterator[Raw]:
    return heapq.merge(*sources, key=lambda raw: str(raw.frame["at"]), reverse=True)


def _numbered(folder: Path) -> list[Path]:
    try:
        found = [path for path in folder.iterdir() if path.stem.isdecimal()]
    except (FileNotFoundError, NotADirectoryError):
        return []
    return sorted(found, key=lambda path: int(path.stem), reverse=True)


def _read(path: Path) -> bytes:
    try:
        return read_bytes(path)
    except FileNotFoundError:
        return b""
