"""Steps and milestones of a branch, newest first, read from the files of its work tree, or of a tree of its past.

Rule 1: no lock and no pygit2: history files are never rewritten, and the pending log is read before the history, so a
        commit going on meanwhile hides nothing; a record met in both is told once.
Rule 2: only as many files are opened as the caller takes records.

A branch tells its own records and those of the branches that were merged into it, each with the branch it came from.
"""

import heapq
from collections.abc import Iterator
from itertools import islice, takewhile
from typing import Any

from onecontext.errors import UnknownRevision
from onecontext.memory import metadata
from onecontext.names import check_name
from onecontext.recall.files import Files, folder_of
from onecontext.records import Milestone, Raw, Step, decode_milestone, decode_step, iso, split
from onecontext.store.layout import Layout


class History:
    """The memory of one branch as its work tree has it now, or as ``files`` have it."""

    def __init__(
        self, layout: Layout, branch: str, files: Files | None = None, *, known: dict[str, Any] | None = None
    ) -> None:
        """Read the metadata, and the rest when it is asked for.

        Args:
            known: what counts as the metadata, of a branch whose own cannot be read; None: its own.

        Raises:
            DamagedDocument: its metadata cannot be read.
        """
        self.branch = branch
        self._files = folder_of(layout, branch) if files is None else files
        self.metadata = self._metadata() if known is None else known

    def roadmap(self) -> str:
        """Return main.md; empty when there is none."""
        return self._files.read("main.md").decode("utf-8", "replace")

    def pending(self) -> list[Step]:
        """Return the steps since the last milestone, newest first."""
        return [decode_step(raw) for raw in reversed(self.waiting())]

    def steps(self, *, limit: int | None = None, before: str | None = None) -> list[Step]:
        """Return at most ``limit`` steps (None: all), newest first, pending ones included; see :meth:`milestones`."""
        return [decode_step(raw) for raw in page(self.all_steps(), limit, before)[0]]

    def milestones(self, *, limit: int | None = None, before: str | None = None) -> list[Milestone]:
        """Return at most ``limit`` milestones (None: all), newest first.

        Args:
            before: only those that come after the record of this id in the list: the next page. Records that are added
                meanwhile come before it, so a page stays the same.

        Raises:
            UnknownRevision: no record has the id ``before``.
        """
        return [decode_milestone(raw) for raw in page(self.all_milestones(), limit, before)[0]]

    def all_milestones(self) -> Iterator[Raw]:
        """Yield the milestones as they lie in files, newest first."""
        return _newest_first([self.committed(name) for name in [self.branch, *self.merged()]])

    def all_steps(self) -> Iterator[Raw]:
        """Yield the steps as they lie in files, newest first, pending ones included."""
        waiting = self.waiting()
        keys = {raw.key for raw in waiting}

        def own() -> Iterator[Raw]:
            yield from reversed(waiting)
            yield from (raw for raw in self.logged(self.branch) if raw.key not in keys)

        return _newest_first([own(), *(self.logged(name) for name in self.merged())])

    def beginning_with(self, prefix: str) -> list[Milestone] | list[Step]:
        """Return the milestones whose ids begin so, the newest first; where there is none, the steps."""
        if not prefix:
            return []
        found = [decode_milestone(raw) for raw in self.all_milestones() if raw.id.startswith(prefix)]
        return found or [decode_step(raw) for raw in self.all_steps() if raw.id.startswith(prefix)]

    def steps_of(self, milestone: Milestone) -> list[Step]:
        """Return the steps that a milestone of this branch, or of one merged into it, closed: oldest first.

        Those that its branch took after the milestone before it.
        """
        at, since = iso(milestone.at), ""
        before = (raw for raw in self.committed(milestone.branch) if str(raw.frame["at"]) < at)
        if found := next(before, None):
            since = str(found.frame["at"])
        steps = takewhile(lambda raw: str(raw.frame["at"]) > since, self.logged(milestone.branch))
        return [decode_step(raw) for raw in steps if str(raw.frame["at"]) <= at][::-1]

    def own_milestones(self, *, limit: int | None = None) -> list[Milestone]:
        """Return at most ``limit`` milestones of the branch itself, newest first."""
        return [decode_milestone(raw) for raw in islice(self.committed(self.branch), limit)]

    def merged(self) -> list[str]:
        """Return the branches whose records are told with those of this one."""
        names = self.metadata.get("merged")
        listed = [name for name in names if isinstance(name, str)] if isinstance(names, list) else []
        return [check_name(name, what="branch") for name in listed if name != self.branch]

    def waiting(self) -> tuple[Raw, ...]:
        """Return the steps since the last milestone as they lie in the log, oldest first."""
        return split(self._files.read(f"branches/{self.branch}/log.md")).records

    def committed(self, branch: str) -> Iterator[Raw]:
        """Yield the milestones in one branch's folder, newest first."""
        # The newest stand in a file of their own, which is all that most readers need.
        shown = split(self._files.read(f"branches/{branch}/commit.md")).records
        yield from reversed(shown)
        keys = {raw.key for raw in shown}
        for path in self._numbered(f"branches/{branch}/commit"):
            yield from (raw for raw in reversed(split(self._files.read(path)).records) if raw.key not in keys)

    def logged(self, branch: str) -> Iterator[Raw]:
        """Yield the steps in the history of one branch's folder, newest first."""
        for folder in self._numbered(f"branches/{branch}/log"):
            for path in self._numbered(folder):
                yield from reversed(split(self._files.read(path)).records)

    def _metadata(self) -> dict[str, Any]:
        path = f"branches/{self.branch}/metadata.yaml"
        return metadata.load(self._files.read(path), where=path)

    def _numbered(self, folder: str) -> list[str]:
        names = {name: name.removesuffix(".md") for name in self._files.names(folder)}
        found = [name for name, stem in names.items() if stem.isdecimal()]
        return [f"{folder}/{name}" for name in sorted(found, key=lambda name: int(names[name]), reverse=True)]


def _newest_first(sources: list[Iterator[Raw]]) -> Iterator[Raw]:
    return heapq.merge(*sources, key=lambda raw: str(raw.frame["at"]), reverse=True)


def page(records: Iterator[Raw], limit: int | None, before: str | None) -> tuple[list[Raw], str | None]:
    """Return at most ``limit`` of ``records`` (None: all), and the cursor of the page after; None where none follows.

    A cursor is the id of a page's last record, with the record's checksum behind it where another one, newer than it,
    has drawn the same id. Records that are added come before it, so what comes after it stays the same.

    Args:
        before: the cursor that this page begins after; None begins at the first.

    Raises:
        UnknownRevision: no record answers to ``before``.
    """
    newer: set[str] = set()
    if before is not None:
        _skip(records, before, newer)
    found = list(islice(records, limit))
    if not found or next(records, None) is None:
        return found, None
    last = found[-1]
    newer.update(raw.id for raw in found[:-1])
    return found, f"{last.id}.{last.frame['crc']}" if last.id in newer else last.id


def _skip(records: Iterator[Raw], before: str, newer: set[str]) -> None:
    for raw in records:
        newer.add(raw.id)
        if before in (raw.id, f"{raw.id}.{raw.frame['crc']}"):
            return
    raise UnknownRevision(
        f"no record here has the id {before[:40]!r}: a page cannot begin after what is not there",
        hint="a rollback may have taken it out of sight; begin again without --before, or 'onecontext log' lists them",
    )
