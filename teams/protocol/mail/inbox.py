"""One inbox array, ``inboxes/<agent>.json``: read without a lock, written under it, replaced by rename.

Rule 1: entries of others are never lost: what is malformed is kept beside the journal before it is taken out.
Rule 2: entries of others are never changed: what is written back is the text that stood there.
Rule 3: of a file over 8 MiB the first 8 MiB are read; what is whole in them counts.
"""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from onecontext.checksum import crc32c
from onecontext.errors import Damaged, UnknownMember
from onecontext.store.files import replace_bytes, replace_text
from onecontext.store.ways import check_kinds
from teams.engine.journal import Journal
from teams.engine.locks import HeldLock, mkdir_lock
from teams.protocol.config import is_file_name
from teams.protocol.mail.entries import Array, put_together, take_apart, text_of
from teams.protocol.reading import patiently, read_part, read_whole

LIMIT_BYTES = 8 * 1024 * 1024
_LIMIT_COPY_BYTES = 1024 * 1024
_BETWEEN_BYTES = len(",\n  ")


class Inbox:
    """The array at ``path``. ``aside``: the folder where malformed content is kept."""

    def __init__(self, path: Path, aside: Path) -> None:
        self.path = path
        self._aside = aside

    def read(self) -> tuple[list[dict[str, Any]], str]:
        """Return the entries that are messages, and what was wrong with the rest, or ``""``. Changes nothing."""
        array = self._array()
        return [*array.entries], array.problem

    def has(self, entry: dict[str, Any]) -> bool:
        """Say whether the same message is there: id, sender and text, since an id can be anybody's."""
        same = ("msg_id", "from", "text")
        return any(all(one.get(name) == entry[name] for name in same) for one in self._array().entries)

    def has_room(self, entry: dict[str, Any]) -> bool:
        """Say whether the array stays below what is read of one when ``entry`` is added. The caller holds the lock.

        One that is broken has room: it is set aside by the next who writes.
        """
        try:
            size_bytes = self.path.lstat().st_size
        except FileNotFoundError:
            return True
        longer_bytes = size_bytes + len(text_of(entry).encode("utf-8")) + _BETWEEN_BYTES
        return longer_bytes <= LIMIT_BYTES or bool((array := self._array()).broken) or not array.is_json

    def take_out_read(self) -> None:
        """Take out what its reader marked as read, which old clients keep for ever. The caller holds the lock.

        The array as it was is kept aside first.
        """
        entries = self._array().entries
        left = [entry for entry in entries if not entry.get("read")]
        if len(left) < len(entries):
            self.keep_aside()
            self.write(left)

    @contextmanager
    def locked(self, *, wait_s: float) -> Iterator[HeldLock]:
        """Hold the lock of the array, its folder made when missing.

        Raises:
            Damaged: a symlink stands in the place of its folder; nothing is made behind it.
            LockTimeout, OSError: as :func:`mkdir_lock`.
        """
        self.check_folder()
        self.path.parent.mkdir(exist_ok=True)
        with mkdir_lock(self.path, wait_s=wait_s) as lock:
            yield lock

    def write(self, entries: list[Any]) -> None:
        """Replace the array. The caller holds the lock.

        Raises:
            Damaged: a folder stands in its place, or a link in that of its folder.
        """
        self._replace(put_together(entries))

    def append(self, entry: dict[str, Any]) -> str:
        """Add one entry behind whatever is there, malformed entries included. The caller holds the lock.

        An array that ``JSON.parse`` would refuse is kept aside first, and what is whole in it stays.

        Returns:
            What was wrong, when the array was kept aside; else ``""``.
        """
        array = self._array()
        if array.broken or not array.is_json:
            self.keep_aside()
            self.write([*array.entries, entry])
        elif array.is_empty:
            self.write([entry])
        else:
            before = array.text[: array.end].rstrip(" \t\r\n")
            self._replace(f"{before},\n  {text_of(entry)}\n{array.text[array.end :]}")
            return ""
        return "" if array.is_empty else array.problem

    def keep_aside(self) -> None:
        """Keep what is there beside the journal.

        A small file is copied, under a name that says which bytes it has. A large one gets a second name (a hard link),
        which costs nothing; what is no file, or cannot be read, is moved there.
        """
        self.check_folder()
        try:
            status = self.path.lstat()
        except FileNotFoundError:
            return
        check_kinds([str(self._aside)], ())
        self._aside.mkdir(exist_ok=True)
        name = f"{self.path.stem[:100]}-{status.st_ino:x}-{status.st_mtime_ns:x}"
        if stat.S_ISREG(status.st_mode) and (self._copied(status.st_size) or self._linked(name)):
            return
        os.rename(self.path, self._aside / name)  # noqa: PTH104 - Path.rename says the same, and follows no link either

    def _replace(self, text: str) -> None:
        self.check_folder()
        try:
            replace_text(self.path, text)
        except IsADirectoryError as error:
            raise Damaged(f"{self.path} is a folder; nothing was written") from error

    def check_folder(self) -> None:
        """Raise :class:`Damaged` where a symlink stands in the place of the folder."""
        if self.path.parent.is_symlink():
            raise Damaged(f"{self.path.parent} is a symlink, which is not followed")

    def _copied(self, size_bytes: int) -> bool:
        if size_bytes > _LIMIT_COPY_BYTES:
            return False
        try:
            content = read_whole(self.path)
        except Damaged:
            return False
        replace_bytes(self._aside / f"{self.path.stem[:100]}-{crc32c(content)}", content, durable=True)
        return True

    def _linked(self, name: str) -> bool:
        with suppress(FileExistsError):
            try:
                os.link(self.path, self._aside / name, follow_symlinks=False)
            except OSError as error:
                if isinstance(error, FileExistsError):
                    raise
                # Not on this file system, or not of a file that belongs to somebody else.
                return False
        return True

    def _array(self) -> Array:
        try:
            return patiently(self.path, self._whole)
        except FileNotFoundError:
            return Array("")
        except _Broken as found:
            return found.array
        except Damaged as error:
            return Array("", broken=error.message)

    def _whole(self) -> Array:
        self.check_folder()
        part = read_part(self.path, limit_bytes=LIMIT_BYTES)
        array = take_apart(part.content)
        if part.size_bytes > LIMIT_BYTES:
            array.broken = f"it has {part.size_bytes:,} bytes, of which {LIMIT_BYTES:,} are read"
        elif array.broken:
            raise _Broken(array)
        return array


class _Broken(Damaged):
    """The array is not whole: perhaps it is being written just now."""

    def __init__(self, array: Array) -> None:
        super().__init__(array.broken)
        self.array = array


def inbox_of(folder: Path, journal: Journal, name: str) -> Inbox:
    """Return the inbox of ``name`` in the team at ``folder``.

    Raises:
        UnknownMember: no file can be called so: names come from a file that others write.
    """
    if not is_file_name(name):
        raise UnknownMember(f"{name!r} can have no inbox: it is no file name")
    return Inbox(folder / "inboxes" / f"{name}.json", journal.folder / "malformed")
