"""Where the index of a memory lies: ``.git/onecontext/search/``.

Rule 1: the file ``current`` names the one that counts, so a new one takes its place in one step and whoever still
        reads the old one goes on reading it.
Rule 2: one process at a time changes an index; readers take no lock.
Rule 3: nothing here is worth keeping: what is in the way, damaged or left over is passed over or removed.
"""

import os
import re
from contextlib import suppress
from pathlib import Path

from onecontext.errors import Damaged
from onecontext.recall.search.database import Database, Unusable, Unwritable
from onecontext.store.files import check_kinds, check_way, replace_text
from onecontext.store.layout import Layout
from onecontext.store.place import small

_NAME = re.compile(r"[0-9a-f]{16}", re.ASCII)
_OURS = re.compile(r"[0-9a-f]{16}\.db(?:-journal)?|\.current\.[0-9a-f]{16}\.tmp", re.ASCII)
_ENDINGS = ("", "-journal")


class Shelf:
    """The folder of the index of one memory."""

    def __init__(self, layout: Layout) -> None:
        self._git = layout.git
        self.folder = layout.search_folder()
        self.lock = layout.search_lock()
        self._current = self.folder / "current"

    def named(self) -> Path:
        """Return the file of the index that counts.

        Raises:
            Unusable: there is none, or something else lies in its place.
            Unwritable: the disk does not let us look.
        """
        try:
            check_way(self._git, self._current)
            name = small(self._current).strip()
            if not _NAME.fullmatch(name):
                raise Unusable("there is none")
            path = self._path(name)
            check_kinds((), [f"{path}{ending}" for ending in _ENDINGS])
            if not path.exists():
                raise Unusable("it is gone")
        except Damaged as error:
            raise Unusable(str(error)) from error
        except OSError as error:
            raise Unwritable(str(error)) from error
        return path

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

    def publish(self, name: str) -> None:
        """Have the index ``name``, which is whole, be the one that counts; the others are removed.

        Raises:
            Unwritable: the disk refused; the one from before counts still.
        """
        try:
            replace_text(self._current, f"{name}\n")
            self._sweep()
        except OSError as error:
            raise Unwritable(str(error)) from error

    def discard(self, name: str) -> None:
        """Remove an index that was begun and is not wanted."""
        with suppress(OSError):
            for ending in _ENDINGS:
                Path(f"{self._path(name)}{ending}").unlink(missing_ok=True)

    def _sweep(self) -> None:
        try:
            name = small(self._current).strip()
        except Damaged:
            name = ""
        for path in self.folder.iterdir():
            if _OURS.fullmatch(path.name) and not (name and path.name.startswith(name)):
                with suppress(OSError):
                    path.unlink()

    def _path(self, name: str) -> Path:
        return self.folder / f"{name}.db"
