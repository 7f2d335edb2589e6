"""The files of one working copy, for tools that run on the host in the name of an agent.

Rule 1: no path leads out: see :mod:`teams.guard.beneath`.
Rule 2: a file is replaced by rename, so a reader never sees half of it and another hard link to it never changes.
Rule 3: everything is bounded: what is read, written, listed and searched.
"""

import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path

from onecontext.errors import InvalidText, UsageError
from teams.guard import beneath

MAX_FILE_BYTES = 4 * 1024 * 1024
MAX_TEXT_CHARS = 64 * 1024
_SKIPPED = frozenset({".git", "__pycache__", ".pytest_cache", ".mypy_cache", ".ruff_cache", "node_modules", ".venv"})
_MAX_VISITED = 50_000


@dataclass(frozen=True, slots=True)
class Match:
    """A line that was found; ``line`` counts from 1."""

    path: str
    line: int
    text: str


@dataclass(frozen=True, slots=True)
class Listing:
    """Paths of files below a folder; ``complete`` is False when there were more than asked for."""

    paths: tuple[str, ...]
    complete: bool


class Workspace:
    """One working copy; every path is relative to it."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def read(self, path: str, *, first_line: int = 1, max_lines: int | None = None) -> str:
        """Return lines of a text file, ``first_line`` counting from 1; None reads to the end.

        A last line in brackets says what was left out, if anything was.

        Raises:
            UsageError: no such file, no text, or too large.
        """
        lines = self._text(path).splitlines(keepends=True)
        start = max(first_line, 1) - 1
        if start and start >= len(lines):
            raise UsageError(f"{path!r} has {len(lines)} lines; line {first_line} is past its end")
        wanted = lines[start : None if max_lines is None else start + max(max_lines, 1)]
        shown = "".join(wanted)[:MAX_TEXT_CHARS]
        count = len(shown.splitlines())
        if start + count == len(lines) and len(shown) == sum(map(len, wanted)):
            return shown
        return f"{shown.rstrip()}\n[lines {start + 1}–{start + count} of {len(lines)}]\n"

    def write(self, path: str, text: str) -> None:
        """Put ``text`` into the file ``path``, making folders as needed; an executable file stays executable.

        Raises:
            UsageError: something that is no file has that name, or the text is too large.
            InvalidText: the text cannot be UTF-8.
        """
        try:
            content = text.encode("utf-8")
        except UnicodeEncodeError as error:
            raise InvalidText(f"the text for {path!r} has a lone surrogate at character {error.start}") from error
        if len(content) > MAX_FILE_BYTES:
            raise UsageError(f"the text has {len(content):,} bytes; a file may have {MAX_FILE_BYTES:,}")
        *parents, name = _file_names(path)
        with beneath.folder(self.path, tuple(parents), create=True) as held:
            _replace(held, name, path, content)

    def edit(self, path: str, old: str, new: str) -> None:
        """Replace the one place in ``path`` where ``old`` stands by ``new``.

        Raises:
            UsageError: ``old`` is empty, is not there, or is there more than once; the file is as it was.
        """
        text = self._text(path)
        if not old:
            raise UsageError("there is nothing to look for: 'old' is empty")
        places = text.count(old)
        if places == 0:
            raise UsageError(f"{path!r} does not contain that text; read it and copy the lines exactly")
        if places > 1:
            raise UsageError(f"{path!r} contains that text {places} times; give more of the lines around it")
        self.write(path, text.replace(old, new))

    def list_files(self, path: str = ".", *, limit: int = 500) -> Listing:
        """Return files below the folder ``path``, folder by folder; caches and .git are left out.

        Raises:
            UsageError: there is no such folder.
        """
        found: list[str] = []
        for shown, _ in self._files(path):
            if len(found) == limit:
                return Listing(tuple(found), complete=False)
            found.append(shown)
        return Listing(tuple(found), complete=True)

    def search(self, text: str, path: str = ".", *, limit: int = 100) -> list[Match]:
        """Return the lines below the folder ``path`` that contain ``text`` as it stands, at most ``limit``.

        Not a regular expression: one that an agent wrote could keep the host busy for ever.

        Raises:
            UsageError: there is no such folder, or nothing to look for.
        """
        if not text:
            raise UsageError("there is nothing to look for: the text is empty")
        matches: list[Match] = []
        for shown, content in self._files(path):
            for number, line in enumerate(_text_or_none(content) or (), start=1):
                if text in line:
                    matches.append(Match(shown, number, line[:300]))
                    if len(matches) == limit:
                        return matches
        return matches

    def opened(self, path: str) -> BufferedReader:
        """Open a file for reading, however large and whatever is in it.

        Raises:
            UsageError: there is no such file.
        """
        *parents, name = _file_names(path)
        with beneath.folder(self.path, tuple(parents)) as held:
            try:
                return os.fdopen(beneath.open_file(held, name, path), "rb")
            except FileNotFoundError:
                raise UsageError(f"there is no file {path!r}; {_what_is_in(held, parents)}") from None

    def _text(self, path: str) -> str:
        with self.opened(path) as file:
            size = os.fstat(file.fileno()).st_size
            if size > MAX_FILE_BYTES:
                raise UsageError(f"{path!r} has {size:,} bytes; files up to {MAX_FILE_BYTES:,} are read")
            content = file.read(MAX_FILE_BYTES)
        try:
            return content.decode("utf-8")
        except UnicodeDecodeError as error:
            raise UsageError(f"{path!r} is no UTF-8 text: byte {error.start} of {len(content):,}") from error

    def _files(self, path: str) -> Iterator[tuple[str, int]]:
        """Yield (path, descriptor) of each regular file below ``path``, in order; the descriptor is closed after."""
        todo = [beneath.split(path)]
        visited = 0
        while todo:
            names = todo.pop()
            if len(names) > beneath.MAX_DEPTH:
                continue
            folders = []
            with beneath.folder(self.path, names) as held:
                for name in sorted(os.listdir(held)):  # noqa: PTH208 (pathlib cannot list a descriptor)
                    visited += 1
                    mode = _mode_of(held, name)
                    if name in _SKIPPED or visited > _MAX_VISITED or mode is None:
                        continue
                    if stat.S_ISDIR(mode):
                        folders.append((*names, name))
                    elif stat.S_ISREG(mode):
                        yield from _opened(held, name, "/".join((*names, name)))
            todo += reversed(folders)


def _mode_of(held: int, name: str) -> int | None:
    try:
        return os.stat(name, dir_fd=held, follow_symlinks=False).st_mode
    except FileNotFoundError:
        return None  # gone since the folder was read


def _opened(held: int, name: str, shown: str) -> Iterator[tuple[str, int]]:
    try:
        descriptor = beneath.open_file(held, name, shown)
    except (FileNotFoundError, UsageError):
        return  # gone or forbidden since it was listed: not ours to report in a listing
    try:
        yield shown, descriptor
    finally:
        os.close(descriptor)


def _text_or_none(descriptor: int) -> list[str] | None:
    """Return the lines of an open file, or None when it is no text or too large to be looked through."""
    if os.fstat(descriptor).st_size > MAX_FILE_BYTES:
        return None
    with os.fdopen(os.dup(descriptor), "rb") as file:
        content = file.read(MAX_FILE_BYTES)
    return None if b"\0" in content[:8192] else content.decode("utf-8", errors="replace").splitlines()


def _file_names(path: str) -> tuple[str, ...]:
    names = beneath.split(path)
    if not names or path.endswith("/"):
        raise UsageError(f"{path!r} is a folder, not a file")
    return names


def _what_is_in(held: int, parents: list[str]) -> str:
    names = sorted(name for name in os.listdir(held) if name not in _SKIPPED)
    shown = ", ".join(names[:20]) + (", …" if len(names) > 20 else "")
    return f"{'/'.join(parents) or 'the workspace'} has {shown or 'nothing in it'}"


def _replace(held: int, name: str, shown: str, content: bytes) -> None:
    """Put ``content`` at ``name`` in the folder ``held`` in one step."""
    mode = 0o644
    try:
        status = os.stat(name, dir_fd=held, follow_symlinks=False)
    except FileNotFoundError:
        pass
    else:
        if not stat.S_ISREG(status.st_mode):
            raise UsageError(f"{shown!r} is {beneath.kind_of(status.st_mode)}, not a file; it was left as it is")
        mode = stat.S_IMODE(status.st_mode) & 0o777
    temporary = f".{secrets.token_hex(8)}.tmp"
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    descriptor = os.open(temporary, flags, 0o600, dir_fd=held)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fchmod(file.fileno(), mode)
            beneath.belong_to_owner_of(held, file.fileno())
        os.replace(temporary, name, src_dir_fd=held, dst_dir_fd=held)
    except BaseException:
        # Whatever it was, ^C too: nobody else knows that name. What is to be told is why it was not written.
        with suppress(OSError):
            os.unlink(temporary, dir_fd=held)
        raise
