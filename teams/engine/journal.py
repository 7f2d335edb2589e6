"""A team's journal: the append-only truth, one event a line.

Rule 1: an event is acknowledged when its line is on the disk (fsync), and then it is never changed.
Rule 2: appending costs the same however long the journal is: the number of a new event comes from the last line.
Rule 3: a torn last line (a writer died in the middle) was never acknowledged: readers pass over it, and the next writer
    moves its bytes to ``journal.torn/``. A line that ends and does not agree with its checksum is damage, and refused.
Rule 4: secrets are taken out of every string before it is written.
Rule 5: the lock is given back before the fsync: writers write while the disk works, and one fsync serves all who wait
    for it. Whoever acts on an event that is not on the disk yet acts behind it: what they append is acknowledged only
    with everything before it (one file, one fsync).
Rule 6: the file is changed in place, never replaced: :meth:`Journal.keep` gives it a second name.
Rule 7: of a team that is gone nothing is made again: neither its folder nor a new journal. Who knew a journal that is
    not there any more begins no other.
"""

import os
import uuid
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from onecontext.errors import LockTimeout, NoTeam
from onecontext.store.files import append_bytes, sync_folder, tell_path
from teams.engine.drafting import event_of, line_of, without_secrets
from teams.engine.event import Draft, Event
from teams.engine.follower import Follower
from teams.engine.kept import SecondName
from teams.engine.line import decode
from teams.engine.locks import file_lock
from teams.engine.tail import Tail, last_line, open_journal
from teams.engine.torn import cut, set_aside

WAIT_S = 30.0
_Mark = tuple[int, int, int, int]
_NO_JOURNAL: _Mark = (0, 0, 0, 0)


def utc_now() -> datetime:
    """Return the time, aware, in UTC."""
    return datetime.now(UTC)


def random_id() -> str:
    """Return a new random UUID as text."""
    return str(uuid.uuid4())


class Journal:
    """The journal in ``folder`` (``journal.jsonl``), made with the first event. Safe for threads and processes.

    Args:
        name: of the file; that of a journal that was kept is only read.
        beside: the file without which the team is gone, so that no journal is begun; None asks for none.
        kept_in: where :meth:`keep` gives the journal its second name; None: nowhere.
    """

    def __init__(
        self,
        folder: Path,
        *,
        team: str,
        clock: Callable[[], datetime] = utc_now,
        new_id: Callable[[], str] = random_id,
        name: str = "journal.jsonl",
        beside: Path | None = None,
        kept_in: Path | None = None,
    ) -> None:
        self.folder = folder
        self.path = folder / name
        self.team = team
        self._beside = beside
        self._second_name = SecondName(kept_in)
        self._clock = clock
        self._new_id = new_id
        # How the file was when we last wrote it, and the number of its last event; changed under the lock only.
        self._mark, self._last = _NO_JOURNAL, 0
        self._follower = Follower(self.path)

    def append(
        self,
        type: str,  # noqa: A002 - the field's name in the format
        data: Mapping[str, Any],
        *,
        mission: str | None = None,
        task: str | None = None,
        attempt: int | None = None,
        epoch: int | None = None,
        agent: str | None = None,
        cause: str | None = None,
        guard: Callable[[], None] | None = None,
    ) -> Event:
        """Append one event; it is on the disk when this returns. The rest as in :meth:`append_all`.

        Args:
            data: JSON values; the returned event holds them as they were written, without secrets.
        """
        draft = Draft(type, data, mission, task, attempt, epoch, agent, cause)
        return self.append_all([draft], guard=guard)[0]

    def append_all(self, drafts: Sequence[Draft], *, guard: Callable[[], None] | None = None) -> list[Event]:
        """Append events one behind another, in one write and one fsync; they are on the disk when this returns.

        A crash may leave the first of them without the others; none was acknowledged then.

        Args:
            guard: called while nobody else can append, just before this is; what it raises refuses the events.

        Raises:
            LockTimeout: another writer held the journal for 30 s.
            NoTeam: the team is gone; nothing was made.
            Damaged, NewerFormat: the last line is not one we could continue; nothing was written.
            UsageError: a line would have more than 16 MiB; nothing was written.
            OSError: the disk refused; the journal is as it was, unless it took the lines, would not say that they are
                safe, and somebody wrote behind them meanwhile: then they stand there, unacknowledged.
        """
        clean = [without_secrets(draft) for draft in drafts]
        if not clean:
            return []
        with self._locked():
            last = self._continue()
            if guard is not None:
                guard()
            events = [
                event_of(draft, seq, id=self._new_id(), at=self._clock(), team=self.team)
                for seq, draft in enumerate(clean, start=last + 1)
            ]
            content = b"".join(line_of(event) for event in events)
            append_bytes(
                self.path,
                content,
                durable=False,
                create=not self._is_known,
                names_are_ours=self._second_name.is_the_other,
            )
            self._mark, self._last = _mark(self.path), last + len(events)
            end = self._mark[2]
        self._sync(end - len(content), end)
        return events

    def read(self, since: int = 0, *, types: Collection[str] = ()) -> Iterator[Event]:
        """Yield the events with ``seq`` above ``since``, oldest first; a torn last line is passed over.

        Args:
            types: only events of these types; of other lines only the number is looked at. () is all of them.

        Raises:
            Damaged, NewerFormat: names the line and the byte at which it begins.
        """
        for event in self.tail().lines(types):
            if event.seq > since:
                yield event

    def tail(self) -> Tail:
        """Return a reader that remembers how far it has read; the first poll returns everything."""
        return Tail(self.path)

    def follow(self, apply: Callable[[Event], None], types: Collection[str] = ()) -> None:
        """Give ``apply`` the events of ``types``, from the first on, whenever :meth:`catch_up` is called.

        Args:
            types: what it keeps something of; others may come with them. A name that ends with a dot is all types that
                begin so, () all there are.
        """
        self._follower.add(apply, types)

    def catch_up(self) -> None:
        """Read what was appended since the last time, once for all who follow.

        Raises:
            Damaged, NewerFormat: as :meth:`read`; who follows has what came before.
        """
        self._follower.catch_up()

    def make_folder(self) -> None:
        """Make the journal's folder in a team that is there, and nothing above it.

        Raises:
            NoTeam: the team is gone; nothing was made.
        """
        if self.folder.is_dir():
            return
        self._see_journal()
        self._see_team()
        try:
            self.folder.mkdir(exist_ok=True)
        except FileNotFoundError as error:
            raise NoTeam(f"the team {self.team} is gone: there is no {self.folder.parent}") from error

    def keep(self) -> Path | None:
        """Give the journal a second name that outlives the team's folder; return it, None where there is no place.

        Raises:
            NoTeam, LockTimeout: as :meth:`append_all`.
            OSError, Damaged: as :func:`teams.engine.kept.keep`; the journal has the one name it had.
        """
        with self._locked():
            return self._second_name.give(self.path, self.team, at=self._clock())

    def torn_bytes(self) -> int:
        """Return how many bytes stand behind the last whole line: 0 unless a writer died or is writing just now."""
        if not self.path.exists():
            return 0
        with open_journal(self.path) as file:
            size = file.seek(0, os.SEEK_END)
            start, line = last_line(file, size)
        return size - start - len(line)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        lock = self.folder / "journal.lock"
        self.make_folder()
        # While it is being removed the folder still stands; a lock that were made now would keep it there.
        self._see_journal()
        with file_lock(lock, wait_s=WAIT_S):
            yield

    def _see_journal(self) -> None:
        if self._is_known and not self.path.exists():
            raise NoTeam(f"the journal of the team {self.team} is gone: there is no {self.path}")

    @property
    def _is_known(self) -> bool:
        """Whether there was a journal before: another is not begun by who knows the one that went."""
        return self._mark != _NO_JOURNAL or self._follower.has_read

    def _see_team(self) -> None:
        if self._beside is not None and not self._beside.exists():
            raise NoTeam(f"the team {self.team} is gone: there is no {self._beside}")

    def _continue(self) -> int:
        """Move a torn tail aside; return the number of the last event, 0 when there is none. Caller holds the lock."""
        mark = _mark(self.path)
        if mark == _NO_JOURNAL:
            # In the middle of its removal the folder may still stand.
            self._see_team()
            return 0
        if mark == self._mark:
            return self._last
        self._follower.catch_up()
        if (known := self._follower.seq_at(mark[2])) is not None:
            return known
        with open_journal(self.path) as file:
            size = file.seek(0, os.SEEK_END)
            start, line = last_line(file, size)
            end = start + len(line)
            if end < size:
                file.seek(end)
                set_aside(self.path, end, file.read())
        if not line:
            return 0
        return decode(line[:-1], place=f"{self.path} at byte {start}").seq

    def _sync(self, start: int, end: int) -> None:
        """Have the bytes from ``start`` to ``end`` on the disk; the lock is somebody else's by now, or nobody's."""
        try:
            with open_journal(self.path) as file:
                os.fsync(file.fileno())
            if start == 0:
                sync_folder(self.folder)
        except OSError as error:
            tell_path(error, self.path)
            # What is told is why; lines that cannot be taken back are what the caller is told of as well.
            with suppress(OSError, LockTimeout), self._locked():
                if _mark(self.path)[2] == end:
                    cut(self.path, start)
            raise


def _mark(path: Path) -> _Mark:
    """Return what changes whenever the file does: device, inode, size, time."""
    try:
        status = os.lstat(path)
    except FileNotFoundError:
        return _NO_JOURNAL
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns


__all__ = ["Journal", "Tail", "random_id", "utc_now"]
