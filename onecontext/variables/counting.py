"""``count``: how large a value is, and how many of its lines match.

Rule 1: tokens are never below the counter's own number for the whole: one more is added where a piece was cut.
"""

import time
from collections.abc import Callable

from onecontext.text.tokens import default_counter
from onecontext.variables.matching import Matcher
from onecontext.variables.model import Counted
from onecontext.variables.place import Place
from onecontext.variables.reading import BLOCK_BYTES, opened
from onecontext.variables.searching import LIMIT_S


def count(
    place: Place,
    handle: str,
    *,
    tokens: bool = False,
    pattern: str | None = None,
    ignore_case: bool = False,
    limit_s: float = LIMIT_S,
    clock: Callable[[], float] = time.monotonic,
) -> Counted:
    """Return how large a value is.

    Args:
        tokens: count them, too, which takes a second or so for each megabyte.
        pattern: count the lines that match it; None: none are.
        limit_s: seconds for which is searched.

    Raises:
        UsageError: the pattern is none.
    """
    matcher = Matcher(pattern, ignore_case=ignore_case) if pattern is not None else None
    counter = default_counter() if tokens else None
    deadline = clock() + limit_s
    sizes = _Sizes()
    with opened(place, handle) as value:
        for number, piece in value.whole_lines(matcher.piece_bytes if matcher else BLOCK_BYTES):
            sizes.add(piece)
            if counter is not None:
                sizes.tokens += counter.count(piece.decode("utf-8", "replace")) + (1 if number > 1 else 0)
            if matcher is not None and sizes.complete:
                sizes.complete = clock() < deadline
                sizes.matches += _new_lines(matcher, number, piece, sizes) if sizes.complete else 0
    return Counted(
        sizes.size_bytes,
        sizes.characters,
        sizes.lines,
        sizes.tokens if counter is not None else None,
        counter.name if counter is not None else None,
        sizes.matches if matcher is not None else None,
        sizes.complete,
    )


class _Sizes:
    def __init__(self) -> None:
        self.size_bytes = self.characters = self.feeds = self.tokens = self.matches = self.last_match = 0
        self.complete = self.at_end = True

    def add(self, piece: bytes) -> None:
        self.size_bytes += len(piece)
        self.characters += len(piece.decode("utf-8", "replace"))
        self.feeds += piece.count(b"\n")
        self.at_end = piece.endswith(b"\n")

    @property
    def lines(self) -> int:
        return self.feeds + (0 if self.at_end else 1)


def _new_lines(matcher: Matcher, number: int, piece: bytes, sizes: _Sizes) -> int:
    """Return how many lines of a piece match; one that went on from the piece before counts once."""
    found, counted = 0, 0
    for _, begin, _ in matcher.lines(piece):
        number += piece.count(b"\n", counted, begin)
        counted = begin
        found += number != sizes.last_match
        sizes.last_match = number
    return found
