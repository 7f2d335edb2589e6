"""New git objects of one operation, gathered in memory and written together as loose objects.

Rule 1: an object appears under its name only when it is whole and, where it is to be durable, synced.
Rule 2: the kernel starts to write all of them before the first is waited for: a journalling file system then commits
        once for many, and every file and folder has its own fsync(2) all the same.

The forms are those of gitformat-loose(5) and git-hash-object(1): ``<kind> <size>\\0<content>``, deflated.
"""

import os
import zlib
from pathlib import Path

from onecontext.store.files import open_new, sync_folder
from onecontext.store.trees import object_name

_LEVEL = 1  # a third of the CPU time of zlib's default for a tenth more bytes; git gc deflates anew


class Unwritten:
    """Objects that have a name already, and a file only after :meth:`write`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._objects: dict[str, tuple[bytes, bytes]] = {}

    def __contains__(self, name: str) -> bool:
        return name in self._objects

    def add(self, kind: bytes, content: bytes) -> str:
        """Take an object in and return its name."""
        name = object_name(kind, content)
        self._objects[name] = (kind, content)
        return name

    def content(self, name: str) -> bytes:
        """Return the content of an object that was added and not yet written."""
        return self._objects[name][1]

    def blobs(self) -> dict[str, bytes]:
        """Return the blobs among them, names to contents."""
        return {name: content for name, (kind, content) in self._objects.items() if kind == b"blob"}

    def write(self, *, durable: bool) -> None:
        """Write all of them; nothing is left to write afterwards.

        Raises:
            OSError: full or read-only; whole objects of this call may be there, which harms nothing.
        """
        temporary: dict[str, Path] = {}
        opened: list[int] = []
        try:
            for name, (kind, content) in self._objects.items():
                descriptor, path = open_new(self._folder, "tmp_obj_")
                opened.append(descriptor)
                temporary[name] = path
                _fill(
                    descriptor,
                    zlib.compress(b"%s %d\0" % (kind, len(content)) + content, _LEVEL),
                    start_writing=durable,
                )
            for descriptor in opened if durable else ():
                os.fsync(descriptor)
            self._put_in_place(temporary, durable=durable)
        finally:
            for descriptor in opened:
                os.close(descriptor)
            for path in temporary.values():
                path.unlink(missing_ok=True)
        self._objects.clear()

    def _put_in_place(self, temporary: dict[str, Path], *, durable: bool) -> None:
        folders = {name: self._folder / name[:2] for name in temporary}
        made = [folder for folder in set(folders.values()) if _make(folder)]
        for name, folder in folders.items():
            temporary[name].replace(folder / name[2:])
        temporary.clear()
        if durable:
            for folder in sorted({*folders.values(), *([self._folder] if made else [])}):
                sync_folder(folder)


def _fill(descriptor: int, content: bytes, *, start_writing: bool) -> None:
    os.fchmod(descriptor, 0o444)
    view = memoryview(content)
    while view:
        view = view[os.write(descriptor, view) :]
    if start_writing and hasattr(os, "posix_fadvise"):
        # On Linux this starts the writing of what is dirty, without waiting for it; elsewhere fsync does it all.
        os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)


def _make(folder: Path) -> bool:
    try:
        folder.mkdir()
    except FileExistsError:
        return False
    return True
