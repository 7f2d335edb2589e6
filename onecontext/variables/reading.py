"""A value, read from its first byte to its last, and believed only when its hash agrees.

Rule 1: whoever reads goes on to the end of :func:`blocks`, also when it has what it wanted; before that nothing is
        handed out. What was changed on disk, even while it was read, is then damage and no text.
Rule 2: memory is bounded by a block, whatever a value's size and however long its lines.
"""

import codecs
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from typing import BinaryIO

from onecontext.errors import Damaged
from onecontext.variables.place import Place, handle_of

BLOCK_BYTES = 1 << 20


class Value:
    """One value that is open."""

    def __init__(self, id_: str, file: BinaryIO) -> None:
        self.id = id_
        self._file = file

    def blocks(self) -> Iterator[bytes]:
        """Yield all bytes in order.

        Raises:
            Damaged: at the end: they are not those that were put.
        """
        self._file.seek(0)
        digest = sha256()
        while block := self._file.read(BLOCK_BYTES):
            digest.update(block)
            yield block
        if digest.hexdigest() != self.id:
            raise Damaged(
                f"{handle_of(self.id)} was changed on disk: its hash does not agree, and nothing of it is shown",
                hint="who has the text can put it again, which replaces it",
            )

    def pieces(self) -> Iterator[str]:
        """Yield all characters in order, as :meth:`blocks` yields the bytes."""
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        for block in self.blocks():
            yield decoder.decode(block)
        yield decoder.decode(b"", final=True)

    def whole_lines(self, piece_bytes: int = BLOCK_BYTES) -> Iterator[tuple[int, bytes]]:
        """Yield pieces of about ``piece_bytes`` that end at the end of a line, each with the number of its first line.

        A line longer than that comes in several pieces, which all have its number; none is cut inside a character.
        """
        number, kept = 1, b""
        for block in self.blocks():
            kept += block
            start = 0
            while len(kept) - start >= piece_bytes:
                end = _piece_end(kept, start, start + piece_bytes)
                yield number, kept[start:end]
                number += kept.count(b"\n", start, end)
                start = end
            kept = kept[start:]
        if kept:
            yield number, kept


@contextmanager
def opened(place: Place, handle: str) -> Iterator[Value]:
    """Open the value that ``handle`` means; see :meth:`Place.opened` for what is raised."""
    with place.opened(handle) as (id_, file):
        yield Value(id_, file)


def _piece_end(content: bytes, start: int, end: int) -> int:
    """Return where a piece ends that has at most ``end - start`` bytes: behind a line feed, or between characters."""
    if at := content.rfind(b"\n", start, end) + 1:
        return at
    # What lacks the rest of its last character at the very end is left for the next piece.
    at = end - 1
    while at > start and content[at] & 0xC0 == 0x80:
        at -= 1
    return at if at > start else end
