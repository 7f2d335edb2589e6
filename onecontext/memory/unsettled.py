"""A branch with its milestones that are on record and not yet in git, as one process has it in memory.

Rule 1: it is a short cut to what is on disk, for whoever holds the lock of the branch: a look at a few files shows
        whether anybody has written, switched or edited since, and then it is made anew.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from onecontext.memory import pending, settling
from onecontext.memory.desk import Desk, opened
from onecontext.memory.locking import switches
from onecontext.records import Milestone, Split, encode_milestone, joined, split
from onecontext.store import ahead
from onecontext.store.ahead import Ahead
from onecontext.store.files import MAX_LOG_BYTES, read_bytes
from onecontext.store.marks import Mark, is_young, mark
from onecontext.store.trees import object_name

_SAMPLE_BYTES = 64


@dataclass(frozen=True)
class _Seen:
    """A file that people may edit: how it looked, and which blob it was."""

    mark: Mark
    blob: str | None


class Unsettled:
    """A branch with the milestones of it that are on record and not yet in git."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self._log = pending.path_in(desk.place, desk.branch)
        self._metadata: Mapping[str, Any] | None = None
        self._begin()

    def _begin(self) -> None:
        """Take note of how everything looks now that all is in git and shown."""
        self._base = self.desk.tip
        self._size = 0
        self._count = 0
        self._durable = False
        self._logged, self._sample = 0, b""
        self._taken: list[bytes] = []
        self._waiting: tuple[Split, bool] | None = None
        self._switches = switches(self.desk.layout, self.desk.place)
        self._seen = {path: self._committed(path) for path in self._editable()}
        self.desk.objects.keep_only(self.desk.tree)

    @property
    def count(self) -> int:
        """How many there are."""
        return self._count

    @property
    def size_bytes(self) -> int:
        """What they take in memory."""
        return self.desk.objects.unwritten_bytes

    def metadata(self) -> Mapping[str, Any]:
        """Return the branch's metadata, which no milestone put on record here changes."""
        if self._metadata is None:
            self._metadata = self.desk.metadata()
        return self._metadata

    def put(self, milestone: Milestone, text: str) -> str:
        """Put ``milestone`` on record with the steps that have none; return the git commit it will be.

        Args:
            text: the commit's message.

        Raises:
            OSError: full or read-only; nothing is on record.
        """
        desk = self.desk
        waiting = self._waiting or self._pending()
        assert waiting is not None  # a log that is not what it was makes all of this not current
        found, torn = waiting
        if torn:
            pending.cut_torn_tail(desk.layout, self._log, desk.branch, self._logged + found.end)
        steps = found.preamble + joined(found.records) if found.records else b""
        record, parent = encode_milestone(milestone), desk.tip
        commit = desk.extend(milestone, record, steps, text)
        # Steps of other handles may have been fsynced, and are then no less durable as history.
        durable = desk.layout.durability != "none" or bool(steps and desk.layout.own_durability != "none")
        self._size += ahead.append(
            desk.layout, desk.branch, Ahead(parent, commit, text, record, steps, durable=durable)
        )
        self._count_in(steps, durable=durable)
        return commit

    def settle(self) -> bool:
        """Put all of them into git and show the branch; return whether this is still how the branch is on disk.

        Raises:
            Conflict: git has moved the branch at this very moment; all of it is on record still.
            StorageError: full or read-only; all of it is on record still.
        """
        desk = self.desk
        if self._size:
            if not self._is_log_unedited():
                opened(desk.layout, desk.branch)
                return False
            desk.publish(self._base, desk.tip, durable=self._durable)
            ahead.clear(desk.layout, desk.branch, durable=self._durable)
        if not desk.place.is_showing(desk.branch, desk.tip):
            return False
        self._begin()
        return True

    def is_current(self) -> bool:
        """Say whether this is how the branch is on disk, after taking in what others have put on record."""
        layout, branch = self.desk.layout, self.desk.branch
        unmoved = self.is_unswitched() and layout.tip(branch) == self._base
        return unmoved and self._is_unedited() and self.is_caught_up()

    def is_as_committed(self) -> bool:
        """Say whether the files that people may edit are as the commit has them that the branch names, or missing."""
        folder, tree = self.desk.place.folder, self.desk.objects.tree_of(self._base)
        for path, seen in self._seen.items():
            entry = self.desk.objects.entry(tree, Path(path).relative_to(folder).as_posix())
            if seen.blob is not None and (not seen.mark or entry is None or entry.id != seen.blob):
                return False
        return True

    def is_caught_up(self) -> bool:
        """Take in what others have put on record, and say whether it and the log go on from what is here."""
        size = ahead.size(self.desk.layout, self.desk.branch)
        if size < self._size or (size > self._size and not self._catch_up(size)):
            return False
        self._waiting = self._pending()
        return self._waiting is not None

    def is_unswitched(self) -> bool:
        """Say whether no switch has begun, and nobody has shown anything else in its folder, since it was made."""
        return self._switches.is_unchanged()

    def _catch_up(self, size: int) -> bool:
        records, torn = ahead.read(self.desk.layout, self.desk.branch, start=self._size)
        for record in records:
            if record.parent != self.desk.tip or settling.replay(self.desk, record) != record.commit:
                return False
            self._count_in(record.steps, durable=record.durable)
        self._size = size
        return not torn

    def _count_in(self, steps: bytes, *, durable: bool) -> None:
        self._count += 1
        self._durable |= durable
        self._waiting = None
        self._taken.append(steps)
        # The log keeps what is on record until it is in git, so what is new begins behind it.
        self._logged += len(steps)
        self._sample = steps[-_SAMPLE_BYTES:] or self._sample

    def _is_log_unedited(self) -> bool:
        """Say whether the log still begins with the steps that were put on record, byte for byte."""
        try:
            return read_bytes(self._log, limit_bytes=MAX_LOG_BYTES).startswith(b"".join(self._taken))
        except (FileNotFoundError, NotADirectoryError):
            return False

    def _pending(self) -> tuple[Split, bool] | None:
        """Return the steps that are not on record as history, and whether the log has a torn tail.

        None is returned when the log does not go on from those that are on record.
        """
        before = len(self._sample)
        try:
            content = read_bytes(self._log, start=self._logged - before, limit_bytes=MAX_LOG_BYTES)
        except (FileNotFoundError, NotADirectoryError):
            content = b""
        if content[:before] != self._sample:
            return None
        found = split(content[before:])
        return found, before + found.end < len(content)

    def _editable(self) -> list[str]:
        folder = self.desk.place.folder / self.desk.folder
        names = [name for name in ("metadata.yaml", "commit.md", self.desk.ends.history_file) if name]
        return [str(path) for path in (self.desk.place.folder / "main.md", *(folder / name for name in names))]

    def _committed(self, path: str) -> _Seen:
        """Return how a file looks that is as committed; one that was edited a moment ago looks like nothing yet."""
        found = self._look(path)
        entry = self.desk.objects.entry(self.desk.tree, path.removeprefix(f"{self.desk.place.folder}/"))
        committed = entry.id if entry else None
        return found if found.blob in (committed, None) else _Seen((), committed)

    def _look(self, path: str) -> _Seen:
        seen = mark(path)
        try:
            return _Seen(seen, object_name(b"blob", read_bytes(Path(path))))
        except (FileNotFoundError, NotADirectoryError):
            return _Seen(seen, None)

    def _is_unedited(self) -> bool:
        for path, seen in self._seen.items():
            # A file that changes twice within a tick of the file system's clock looks the same after the second.
            if mark(path) == seen.mark and not is_young(seen.mark):
                continue
            again = self._look(path)
            if again.blob != seen.blob:
                return False
            self._seen[path] = again
        return True
