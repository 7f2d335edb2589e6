"""Where context variables lie, what they are called, and how one is opened.

Rule 1: a value is the file ``.git/onecontext/ctx/<sha256 of its bytes>``, 0600, in a folder 0700: never versioned.
Rule 2: nothing that somebody put there is followed or waited for (symlink, FIFO); what is not what its name says is
        damage, and nothing of it is handed out (:mod:`onecontext.variables.reading`).
Rule 3: a value is put in place, marked as used, and taken away under one lock, so that a collection never takes what
        was put meanwhile.
"""

import os
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from onecontext.errors import AmbiguousRevision, Damaged, LockTimeout, UnknownVariable, UsageError
from onecontext.store.durable import make_folder
from onecontext.store.files import open_to_read
from onecontext.store.layout import Layout
from onecontext.store.locks import held
from onecontext.store.ways import check_way
from onecontext.variables.model import Kept

PREFIX = "ctx:"
SHOWN_DIGITS, LEAST_DIGITS = 12, 4
_HANDLE = re.compile(rf"(?:{PREFIX})?([0-9a-f]{{{LEAST_DIGITS},64}})", re.ASCII)
_ID = re.compile(r"[0-9a-f]{64}", re.ASCII)
_USED_S = 30.0
"""A value is marked as used at most once in so many seconds: half of the least grace period of a collection."""


def handle_of(id_: str) -> str:
    """Return the handle of a value."""
    return PREFIX + id_[:SHOWN_DIGITS]


class Place:
    """The folder of one memory's context variables."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self.folder = layout.private / "ctx"

    @property
    def is_durable(self) -> bool:
        """Whether a value is fsynced before its handle is given out."""
        return self.layout.durability != "none"

    def make(self) -> None:
        """Make the folder, where it is missing.

        Raises:
            Damaged: something else is in its place.
        """
        self.check()
        if not self.folder.is_dir():
            make_folder(self.folder)
            self.folder.chmod(0o700)

    def check(self) -> None:
        """See that no link leads out of the memory.

        Raises:
            Damaged: one would.
        """
        check_way(self.layout.git, self.folder / "any")

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the lock of the folder's names."""
        self.layout.check_locks()
        with held(self.layout.private / "locks" / "ctx.lock"):
            yield

    def path(self, id_: str) -> Path:
        """Return where the value of that id lies, or would."""
        return self.folder / id_

    def all(self) -> list[Kept]:
        """Return the values that are there, the one used last first; what is no regular file is none."""
        self.check()
        found = []
        with suppress(FileNotFoundError), os.scandir(self.folder) as entries:
            for entry in entries:
                if _ID.fullmatch(entry.name) and entry.is_file(follow_symlinks=False):
                    with suppress(FileNotFoundError):  # collected since it was listed
                        status = entry.stat(follow_symlinks=False)
                        found.append(_kept(entry.name, status))
        return sorted(found, key=lambda kept: (kept.used_at, kept.id), reverse=True)

    def size_bytes(self, *, but: str = "") -> int:
        """Return how many bytes all values have together, but the one with that id."""
        self.check()
        size = 0
        with suppress(FileNotFoundError), os.scandir(self.folder) as entries:
            for entry in entries:
                if entry.name != but and _ID.fullmatch(entry.name):
                    with suppress(FileNotFoundError):  # collected since it was listed
                        size += entry.stat(follow_symlinks=False).st_size
        return size

    def find(self, handle: str) -> str:
        """Return the id of the value that ``handle`` means: ``ctx:`` and 4 or more hex digits that only it begins with.

        Raises:
            UsageError: it is no handle. UnknownVariable: no value has it. AmbiguousRevision: several begin so.
        """
        match = _HANDLE.fullmatch(handle.strip())
        if match is None:
            raise UsageError(
                f"{handle[:80]!r} is no handle", hint=f"one is {PREFIX} and {LEAST_DIGITS} or more hex digits"
            )
        self.check()
        digits = match[1]
        if len(digits) == 64:
            ids = [digits] if os.path.lexists(self.path(digits)) else []
        else:
            ids = sorted(name for name in self._names() if name.startswith(digits))
        if len(ids) > 1:
            raise AmbiguousRevision(PREFIX + digits, [PREFIX + id_[: SHOWN_DIGITS * 2] for id_ in ids[:10]])
        if not ids:
            raise UnknownVariable(
                f"there is no {PREFIX}{digits}",
                hint="'onecontext ctx list' shows what there is; what nothing names any more is collected",
            )
        return ids[0]

    @contextmanager
    def opened(self, handle: str) -> Iterator[tuple[str, BinaryIO]]:
        """Give the id of a value and its file, for reading; it is marked as used.

        Raises:
            UsageError, UnknownVariable, AmbiguousRevision: as :meth:`find`.
            Damaged: what lies there is no regular file.
        """
        id_ = self.find(handle)
        try:
            file = open_to_read(self.path(id_))
        except FileNotFoundError as error:
            raise UnknownVariable(f"{handle_of(id_)} was collected just now", hint="put it again") from error
        except Damaged as error:
            raise Damaged(error.message, hint="take it away; who has the text can put it again") from error
        with file:
            if not self._mark(file):
                raise UnknownVariable(f"{handle_of(id_)} was collected just now", hint="put it again")
            yield id_, file

    def _mark(self, file: BinaryIO) -> bool:
        """Mark a value as used, where that is due; False: it was taken away since it was opened."""
        if time.time() - os.fstat(file.fileno()).st_mtime <= _USED_S:
            return True
        # A disk that is read-only, or somebody else's memory, can be read all the same.
        with suppress(OSError, LockTimeout), self.locked():
            if os.fstat(file.fileno()).st_nlink == 0:
                return False
            os.utime(file.fileno())
        return True

    def _names(self) -> list[str]:
        with suppress(FileNotFoundError):
            return [name for name in os.listdir(self.folder) if _ID.fullmatch(name)]  # noqa: PTH208
        return []


def _kept(id_: str, status: os.stat_result) -> Kept:
    return Kept(handle_of(id_), id_, status.st_size, datetime.fromtimestamp(status.st_mtime, UTC))
