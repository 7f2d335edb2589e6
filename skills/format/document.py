"""The bytes of a ``SKILL.md``: found under its name, read without being led astray, and taken for text.

Rule 1: no symlink at the last name is followed, no FIFO opened, and never more than 1 MiB read.
Rule 2: what cannot be read as text is said with its line and how to mend it.
"""

import os
from itertools import islice
from pathlib import Path

from onecontext.errors import Damaged
from onecontext.store.files import read_bytes
from skills.format.skill import FILE_NAME, MAX_FILE_BYTES

_OTHER_NAMES = (FILE_NAME, "skill.md")
_LOOKED_AT = 10_000  # names in a folder
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")


class Unfit(Exception):
    """A document is no text that can be read; ``line`` None: the whole file."""

    def __init__(self, reason: str, *, mend: str, line: int | None = None) -> None:
        super().__init__(reason)
        self.reason, self.mend, self.line = reason, mend, line


def document_of(folder: Path) -> Path | None:
    """Return the ``SKILL.md`` of a folder, else a file whose name differs in case alone; None: there is none.

    Where that is a symlink to a file of the same skill, the file is returned; another symlink as it is, for whoever
    reads it to refuse.
    """
    found = next((folder / name for name in _OTHER_NAMES if os.path.lexists(folder / name)), None)
    if found is None:
        found = next((Path(entry.path) for entry in _entries(folder) if entry.name.lower() == "skill.md"), None)
    if found is not None and found.is_symlink():
        real = Path(os.path.realpath(found))
        return real if real.is_relative_to(os.path.realpath(folder)) else found
    return found


def read_document(path: Path) -> str:
    """Return the text at ``path``, with its line ends as they are.

    Raises:
        Unfit: it is no regular file, too large, or no UTF-8 text.
        OSError: it cannot be read.
    """
    return decoded(content_of(path))


def content_of(path: Path) -> bytes:
    """Return the bytes at ``path``; raises as :func:`read_document`."""
    try:
        return read_bytes(path, limit_bytes=MAX_FILE_BYTES)
    except Damaged as error:
        if path.is_symlink():
            reason = f"{path.name} is a symlink that leads out of the skill, which is not followed"
            raise Unfit(reason, mend="put the file itself there") from error
        if not path.is_file():
            raise Unfit(f"{path.name} is not a regular file", mend=f"put a file named {FILE_NAME} there") from error
        size, most = path.stat().st_size, MAX_FILE_BYTES
        reason = f"{path.name} has {size:,} bytes, more than the {most:,} that are read"
        raise Unfit(reason, mend="move most of it to other files of the skill") from error


def decoded(content: bytes) -> str:
    """Return the text that ``content`` is.

    Raises:
        Unfit: UTF-16, no UTF-8, or has a NUL in it.
    """
    if content.startswith(_UTF_16):
        raise Unfit("it is UTF-16, no UTF-8 text", line=1, mend="save it as UTF-8")
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise Unfit(f"it is no UTF-8 text (byte {error.start})", line=line, mend="save it as UTF-8") from error
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise Unfit("it has a NUL in it, so it is no text", line=line, mend="write it as plain text")
    return text


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return sorted(islice(entries, _LOOKED_AT), key=lambda entry: entry.name)
    except OSError:
        return []
