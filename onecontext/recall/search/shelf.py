"""Where the index of a memory lies: ``.git/onecontext/search/``.

Rule 1: the file ``current`` names the one that counts, so a new one takes its place in one step and whoever still
        reads the old one goes on reading it.
Rule 2: one process at a time changes an index; readers take no lock.
Rule 3: nothing here is worth keeping: what is in the way, damaged or left over is passed over or removed.
Rule 4: ``current`` also notes how the file was after our last change of it, and which change that was; while it is
        changed it says that instead. A file that was written since without another change of ours, or whose change
        nobody brought to an end, is damaged, whether or not SQLite would notice.
Rule 5: SQLite never finds a journal beside a file of which we do not know that its writer is alive: undoing with one
        writes, and removes, what the journal names. A file with such a journal is made anew.
"""

import os
import re
import stat
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from onecontext.errors import Damaged
from onecontext.recall.search.database import Database, Unusable, Unwritable
from onecontext.store.files import replace_text
from onecontext.store.layout import Layout
from onecontext.store.marks import mark
from onecontext.store.place import small
from onecontext.store.ways import check_kinds, check_way

_NOTE = re.compile(r"([0-9a-f]{16}) (\d{1,18}) (\d{1,18}) (\d{1,24}) *\n", re.ASCII)
_NOTE_BYTES = 96  # always as many, so that a note takes the place of another with one write(2)
_OURS = re.compile(r"[0-9a-f]{16}\.db(?:-journal|-wal|-shm)?|\.current\.[0-9a-f]{16}\.tmp", re.ASCII)
_BESIDE = ("-journal", "-wal", "-shm")


class Named(NamedTuple):
    """The file of the index that counts, the number of our last change of it, and whether it is as that left it."""

    path: Path
    turn: int
    is_as_left: bool


class Shelf:
    """The folder of the index of one memory."""

    def __init__(self, layout: Layout) -> None:
        self._git = layout.git
        self.folder = layout.search_folder()
        self.lock = layout.search_lock()
        self._current = self.folder / "current"

    def named(self) -> "Named":
        """Return the index that counts.

        Raises:
            Unusable: there is none, or something else lies in its place.
            Unwritable: the disk does not let us look.
        """
        try:
            check_way(self._git, self._current)
            note = _NOTE.fullmatch(small(self._current))
            if note is None:
                raise Unusable("there is none")
            path = self._path(note[1])
            check_kinds((), [str(path)])
            seen = mark(path)
            if any(os.path.lexists(f"{path}{ending}") for ending in _BESIDE):
                # Of a living writer who holds the lock: whoever gets it next finds none. Of a dead one: not to be used.
                raise Unusable("a change of it was not brought to an end")
        except Damaged as error:
            raise Unusable(str(error)) from error
        except OSError as error:
            raise Unwritable(str(error)) from error
        if not seen:
            raise Unusable("it is gone")
        return Named(path, int(note[2]), is_as_left=seen[1:3] == (int(note[3]), int(note[4])))

    def note(self, path: Path, turn: int) -> None:
        """Note how the file of the index is after the change of that number. The caller holds the lock.

        Raises:
            OSError: the disk refused; what was noted before stays.
        """
        _, size, changed_ns, _ = mark(path)
        self._write(f"{path.stem} {turn} {size} {changed_ns}")

    def note_begin(self, path: Path) -> None:
        """Note that the file of the index is about to be changed. The caller holds the lock.

        Raises:
            Unwritable: the disk refused; nothing was noted.
        """
        try:
            self._write(f"{path.stem} changing")
        except OSError as error:
            raise Unwritable(str(error)) from error

    def _write(self, words: str) -> None:
        """Write the note: in place where there is one of ours, as putting another in its place waits for the disk."""
        text = f"{words:<{_NOTE_BYTES - 1}}\n"
        try:
            descriptor = os.open(self._current, os.O_WRONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError:
            replace_text(self._current, text)
            return
        try:
            status = os.fstat(descriptor)
            if stat.S_ISREG(status.st_mode) and status.st_nlink == 1 and status.st_size == _NOTE_BYTES:
                os.pwrite(descriptor, text.encode("ascii"), 0)
                return
        finally:
            os.close(descriptor)
        replace_text(self._current, text)

    def begin(self) -> tuple[str, Database]:
        """Make an empty index that does not count yet. The caller holds the lock.

        Raises:
            Unwritable: there is no room for it here.
        """
        try:
            check_way(self._git, self.folder)
            self.folder.mkdir(exist_ok=True)
            check_way(self._git, self._current)
            self._sweep()
        except (OSError, Damaged) as error:
            raise Unwritable(str(error)) from error
        name = os.urandom(8).hex()
        return name, Database(self._path(name), new=True)

    def publish(self, name: str, turn: int) -> None:
        """Have the index ``name``, which is whole, be the one that counts; the others are removed.

        Raises:
            Unwritable: the disk refused; the one from before counts still.
        """
        try:
            self.note(self._path(name), turn)
            self._sweep()
        except OSError as error:
            raise Unwritable(str(error)) from error

    def discard(self, name: str) -> None:
        """Remove an index that was begun and is not wanted."""
        with suppress(OSError):
            for ending in ("", *_BESIDE):
                Path(f"{self._path(name)}{ending}").unlink(missing_ok=True)

    def _sweep(self) -> None:
        try:
            name = small(self._current)[:16].strip()
        except Damaged:
            name = ""
        for path in self.folder.iterdir():
            if _OURS.fullmatch(path.name) and not (name and path.name.startswith(name)):
                with suppress(OSError):
                    path.unlink()

    def _path(self, name: str) -> Path:
        return self.folder / f"{name}.db"
