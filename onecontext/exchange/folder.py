"""A foreign folder, read without being led astray.

Rule 1: no symlink is followed, nothing but regular files is opened, and the walk ends: both depth and number of names
        are bounded.
Rule 2: what is passed over is said.
"""

import os
from pathlib import Path

from onecontext.checksum import crc32c
from onecontext.errors import UsageError
from onecontext.store.files import read_bytes

MAX_DEPTH, MAX_NAMES = 12, 50_000
MAX_KEPT_BYTES, MAX_KEPT_SUM_BYTES = 1024 * 1024, 16 * 1024 * 1024
_NOT_OPENED = (".git",)
_SAFE = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.")
_NAME_BYTES = 150


class Folder:
    """The files below ``top``. ``paths`` are relative, with ``/`` between names, sorted; ``notes`` are sentences."""

    def __init__(self, top: Path) -> None:
        self.top = top
        self.notes: list[str] = []
        self.paths: list[str] = []
        self.folders: set[str] = set()
        self._count = 0
        self._kept_bytes = 0
        self._walk(top, "", 0)
        self.paths.sort()
        self._left = set(self.paths)

    def has(self, path: str) -> bool:
        """Say whether there is such a file."""
        return path in self._left

    def take(self, path: str) -> bytes | None:
        """Return a file that has a meaning in the layout, None where there is none; it is then no stranger.

        Raises:
            Damaged: it is larger than any memory that can be read at once.
        """
        if path not in self._left:
            return None
        self._left.discard(path)
        return read_bytes(self.top / path)

    def strangers(self, below: str = "") -> dict[str, bytes]:
        """Return the files under ``below`` that nobody took, by their paths there; too large ones are said instead."""
        found: dict[str, bytes] = {}
        for path in sorted(path for path in self._left if path.startswith(below)):
            self._left.discard(path)
            size = (self.top / path).lstat().st_size
            if size == 0 and path.rsplit("/", 1)[-1] == ".lock":
                continue
            if size > MAX_KEPT_BYTES or self._kept_bytes + size > MAX_KEPT_SUM_BYTES:
                self.notes.append(f"not taken in, {size:,} bytes: {printable_path(path)}")
                continue
            self._kept_bytes += size
            found[path.removeprefix(below)] = read_bytes(self.top / path, limit_bytes=MAX_KEPT_BYTES)
        return found

    def leave(self) -> int:
        """Count the files that nobody took, and leave them be."""
        count = sum(path != ".lock" for path in self._left)
        self._left.clear()
        return count

    def _walk(self, folder: Path, prefix: str, depth: int) -> None:
        with os.scandir(folder) as entries:
            for entry in entries:
                path = f"{prefix}{entry.name}"
                self._count += 1
                if self._count > MAX_NAMES:
                    raise UsageError(f"{self.top} has more than {MAX_NAMES:,} names", hint="name the memory's folder")
                if entry.is_dir(follow_symlinks=False):
                    self._enter(Path(entry.path), path, entry.name, depth)
                elif entry.is_file(follow_symlinks=False):
                    self.paths.append(path)
                else:
                    what = "a symlink, which is not followed" if entry.is_symlink() else "no regular file"
                    self.notes.append(f"not taken in, {what}: {printable_path(path)}")

    def _enter(self, folder: Path, path: str, name: str, depth: int) -> None:
        if name in _NOT_OPENED or depth >= MAX_DEPTH:
            why = "a git repository" if name in _NOT_OPENED else "too deep"
            self.notes.append(f"not taken in, {why}: {printable_path(path)}/")
            return
        self.folders.add(path)
        self._walk(folder, f"{path}/", depth + 1)


def kept_path(path: str) -> str:
    """Return the path under which a foreign file is kept: what git or a file system could object to is ``%XX``."""
    return "/".join(map(_kept_name, path.split("/")))


def printable_path(path: str) -> str:
    """Return a path as text that can be stored and printed."""
    return path.encode("utf-8", "backslashreplace").decode("utf-8")


def _kept_name(name: str) -> str:
    content = name.encode("utf-8", "surrogateescape")
    hidden = content.startswith(b".")
    text = "".join(chr(byte) if byte in _SAFE else f"%{byte:02X}" for byte in content[hidden:])
    text = f"%2E{text}" if hidden else text
    return text if len(text) <= _NAME_BYTES else f"{text[:_NAME_BYTES]}-{crc32c(content)}"
