"""The beginning of a value, and pieces out of it by characters or by lines.

Rule 1: one piece has at most :data:`LIMIT_CHARACTERS`; where more was asked for it says that it was cut.
"""

from onecontext.errors import UsageError
from onecontext.variables.model import Part
from onecontext.variables.place import Place
from onecontext.variables.reading import opened

LIMIT_CHARACTERS = 4_000_000


def characters(place: Place, handle: str, start: int, end: int | None) -> Part:
    """Return the characters from ``start`` (0 is the first) up to ``end``, which is not in it; None: to the last.

    Raises:
        UsageError: ``start`` is below 0, or ``end`` below ``start``.
    """
    _check(start, end, least=0)
    limit = start + LIMIT_CHARACTERS
    stop = limit if end is None else min(end, limit)
    position, taken = 0, []
    with opened(place, handle) as value:
        for piece in value.pieces():
            if position < stop and position + len(piece) > start:
                taken.append(piece[max(start - position, 0) : stop - position])
            position += len(piece)
    text = "".join(taken)
    wanted = position if end is None else min(end, position)
    return Part(text, "characters", start, start + len(text), position, cut=start + len(text) < wanted)


def lines(place: Place, handle: str, first: int, last: int | None) -> Part:
    """Return the lines from ``first`` (1 is the first) to ``last``, which is in it; None: to the last.

    Raises:
        UsageError: ``first`` is below 1, or ``last`` below ``first``.
    """
    _check(first, last, least=1)
    taken: list[bytes] = []
    number, size, at_end = 1, 0, True
    with opened(place, handle) as value:
        for block in value.blocks():
            inside = _inside(block, first - number, None if last is None else last - number)
            if inside and size <= 4 * LIMIT_CHARACTERS:
                taken.append(inside)
                size += len(inside)
            number += block.count(b"\n")
            at_end = block.endswith(b"\n")
    total = number - 1 if at_end else number
    text = b"".join(taken).decode("utf-8", "replace")
    # More bytes than that are more characters than the limit, so that one cut in the middle is not among those kept.
    kept = text[:LIMIT_CHARACTERS]
    end = first + kept.count("\n") - (1 if kept.endswith("\n") else 0) if kept else first - 1
    return Part(kept, "lines", first, end, total, cut=len(kept) < len(text))


def _inside(block: bytes, skip: int, through: int | None) -> bytes:
    """Return of a block what follows ``skip`` line feeds, up to the one after ``through`` more (None: all)."""
    start = _after(block, skip) if skip > 0 else 0
    if start is None or (through is not None and through < 0):
        return b""
    end = None if through is None else _after(block, through + 1)
    return block[start:end]


def _after(block: bytes, count: int) -> int | None:
    """Return the place behind the line feed of that number in the block; None where it has fewer."""
    if block.count(b"\n") < count:
        return None
    position = 0
    for _ in range(count):
        position = block.index(b"\n", position) + 1
    return position


def _check(start: int, end: int | None, *, least: int) -> None:
    if start < least:
        raise UsageError(f"{start} is below {least}, the first", hint="lines count from 1, characters from 0")
    if end is not None and end < start:
        raise UsageError(f"{end} is before {start}")
