"""What the verbs of context variables return: plain values.

Rule 1: characters are Unicode code points and count from 0; lines count from 1 and end at a line feed, and at nothing
        else.
"""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Variable:
    """A value that was put.

    Attributes:
        handle: ``ctx:`` and the first 12 hex digits of ``id``.
        id: the sha256 of what is kept, 64 hex digits.
        size_bytes, characters, lines: of what is kept; the last line counts also without a line feed.
        redacted: how many secrets were taken out on the way in.
        replaced: how many times bytes that are no UTF-8 became U+FFFD.
    """

    handle: str
    id: str
    size_bytes: int
    characters: int
    lines: int
    redacted: int = 0
    replaced: int = 0


@dataclass(frozen=True)
class Kept:
    """A value that is there: ``used_at`` is when it was last put or read (to half a minute), UTC."""

    handle: str
    id: str
    size_bytes: int
    used_at: datetime


@dataclass(frozen=True)
class Part:
    """A piece of a value.

    Attributes:
        text: the piece, word for word.
        unit: ``characters`` or ``lines``.
        start, end: characters from ``start`` (the first is 0) up to ``end``; lines from ``start`` (the first is 1) to
            ``end``, both in it; ``end`` below ``start`` where there is none.
        total: how many the whole value has, in the same unit.
        cut: more was asked for than is given at once; ``text`` ends in the middle of it.
    """

    text: str
    unit: str
    start: int
    end: int
    total: int
    cut: bool


@dataclass(frozen=True)
class Line:
    """A line that a search shows; ``match`` False: it only stands around one. ``cut``: it is longer than ``text``."""

    number: int
    text: str
    match: bool
    cut: bool


@dataclass(frozen=True)
class Matches:
    """What a search found.

    Attributes:
        lines: the lines in order, those around a match too.
        matches: how many of them match.
        more: there are others behind, or may be; ``reason`` says why the search ended before them, else "".
    """

    lines: tuple[Line, ...]
    matches: int
    more: bool
    reason: str


@dataclass(frozen=True)
class Counted:
    """How large a value is.

    Attributes:
        tokens: by ``counter``, at the most (None: not asked for).
        matches: lines that match the pattern (None: none was given); ``complete`` False: time ran out before the end.
    """

    size_bytes: int
    characters: int
    lines: int
    tokens: int | None
    counter: str | None
    matches: int | None
    complete: bool


@dataclass(frozen=True)
class Collected:
    """What a collection took away (or would, at a dry run), oldest first, and how many values are kept."""

    removed: tuple[Kept, ...]
    kept: int
    size_bytes: int
