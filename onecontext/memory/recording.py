"""Milestones put on record by one append, and kept at hand until many of them go into git together.

What a branch looks like after its newest milestone stays in memory between calls, in one :class:`Recording` for each
branch of this process. Each is used by whoever holds the lock of the branch, after a look at a few files shows that
nobody else has written, switched or edited meanwhile; otherwise it is dropped and made anew from what is on disk.

Rule 1: a milestone is acknowledged when its line is in the write-ahead file; what is in memory can always be lost.
Rule 2: git gets them after ``BATCH`` milestones or ``IDLE_S`` seconds without one, at the end of the process, and
        before anybody reads or does anything else with the branch.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from onecontext.errors import Conflict, LockTimeout, OneContextError
from onecontext.memory import background, pending, settling
from onecontext.memory.desk import Desk, opened
from onecontext.memory.keeping import keep
from onecontext.memory.locking import locked, switches
from onecontext.records import Milestone, Split, encode_milestone, joined, split
from onecontext.store import ahead
from onecontext.store.ahead import Ahead
from onecontext.store.files import MAX_LOG_BYTES, read_bytes
from onecontext.store.layout import Layout
from onecontext.store.locks import DEFAULT_WAIT_S
from onecontext.store.marks import Mark, is_young, mark
from onecontext.store.trees import object_name

BATCH, BATCH_BYTES = 128, 16 * 1024 * 1024
IDLE_S = 0.05
_SAMPLE_BYTES = 64
_TRIES = 3

_Key = tuple[Path, str, str]
_kept: dict[_Key, "Recording"] = {}


@contextmanager
def recording(layout: Layout, branch: str, *, at: datetime) -> Iterator["Recording"]:
    """Hold ``branch`` for putting milestones on record; what people edited by hand has been committed, as of ``at``.

    Raises:
        UnknownBranch, LockTimeout, NewerFormat: as in :func:`onecontext.memory.desk.writing`.
    """
    key = _key(layout, branch)
    with locked(layout, branch, known=lambda: key in _kept and _kept[key].is_unswitched()):
        at_hand = _at_hand(layout, branch, at)
        try:
            yield at_hand
        except BaseException:
            # Half of something may be in memory: what counts is on disk.
            _kept.pop(key, None)
            raise
        if at_hand.is_full:
            # It is on record, so a full disk is no reason to say that it is not; whoever comes next tries again.
            with suppress(OneContextError, OSError):
                at_hand.settle()
    background.later(partial(_settle_idle, layout, branch), key=key, after_s=IDLE_S)


def settle(layout: Layout, branch: str, *, wait_s: float = DEFAULT_WAIT_S) -> None:
    """Put what is on record of ``branch`` into git, and show it; nothing happens when there is nothing.

    Raises:
        StorageError: full or read-only; all of it is on record still.
        LockTimeout: somebody else has been writing the branch for ``wait_s`` seconds.
    """
    if ahead.is_empty(layout, branch):
        return
    with locked(layout, branch, wait_s=wait_s):
        if not ahead.is_empty(layout, branch):
            at_hand = _at_hand(layout, branch, datetime.now(UTC))
            try:
                at_hand.settle()
            except LockTimeout:
                raise
            except Conflict:
                # Git, used by hand, has just moved the branch: from there, then.
                opened(layout, branch)


def _settle_idle(layout: Layout, branch: str, last: bool) -> None:
    if last:
        settle(layout, branch)
        return
    with suppress(LockTimeout):
        if ahead.idle_s(layout, branch) >= IDLE_S:
            settle(layout, branch, wait_s=0.0)
            return
    # Other writers of the branch go on, and who of them could as well do it later need not stand in line for it.
    background.later(partial(_settle_idle, layout, branch), key=_key(layout, branch), after_s=IDLE_S)


def _at_hand(layout: Layout, branch: str, at: datetime) -> "Recording":
    key = _key(layout, branch)
    found = _kept.pop(key, None)
    if found is None or not found.is_current():
        found = _from_disk(layout, branch, at)
    keep(_kept, key, found)
    return found


def _from_disk(layout: Layout, branch: str, at: datetime) -> "Recording":
    # What others have on record is taken over as it is: if each put it into git first, all would do so in turn.
    found = Recording(opened(layout, branch, settled=False))
    for _ in range(_TRIES):
        if found.is_as_committed() and found.is_caught_up():
            break
        desk = opened(layout, branch)
        desk.take_in(at)
        found = Recording(desk)
    # An edit that goes on all the while is set aside when the file it is in is written over.
    return found


def _key(layout: Layout, branch: str) -> _Key:
    return layout.path, branch, layout.durability


@dataclass(frozen=True)
class _Seen:
    """A file that people may edit: how it looked, and which blob it was."""

    mark: Mark
    blob: str | None


class Recording:
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
    def is_full(self) -> bool:
        """Whether it is time to put them into git."""
        return self._count >= BATCH or self.desk.objects.unwritten_bytes >= BATCH_BYTES

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

    def settle(self) -> None:
        """Put all of them into git and show the branch.

        Raises:
            Conflict: git has moved the branch at this very moment; all of it is on record still.
            StorageError: full or read-only; all of it is on record still.
        """
        desk = self.desk
        key = _key(desk.layout, desk.branch)
        _kept.pop(key, None)
        if self._size:
            if not self._is_log_unedited():
                opened(desk.layout, desk.branch)
                return
            desk.publish(self._base, desk.tip, durable=self._durable)
            ahead.clear(desk.layout, desk.branch, durable=self._durable)
        if desk.place.is_showing(desk.branch, desk.tip):
            self._begin()
            keep(_kept, key, self)

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
