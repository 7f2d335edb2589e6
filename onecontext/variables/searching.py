"""``grep``: the lines of a value that match, with their numbers and the lines around them, bounded in every way.

Rule 1: a search ends at its limit of matches, or when its time is over, and says which; what it found by then counts.
Rule 2: of a long line the part around the match is shown. One that is longer than the pattern's pieces
        (:mod:`onecontext.variables.matching`) is searched piece by piece.
"""

import time
from collections.abc import Callable

from onecontext.errors import UsageError
from onecontext.variables.matching import Matcher
from onecontext.variables.model import Line, Matches
from onecontext.variables.place import Place
from onecontext.variables.reading import opened

LIMIT_MATCHES, LIMIT_CONTEXT = 10_000, 100
LIMIT_S = 20.0
SHOWN_CHARACTERS = 400
_BEFORE_BYTES = 120
_BYTES = 4 * SHOWN_CHARACTERS
"""What is shown of a line cannot have more."""


def grep(
    place: Place,
    handle: str,
    pattern: str,
    *,
    ignore_case: bool = False,
    context: int = 0,
    limit: int = 100,
    limit_s: float = LIMIT_S,
    clock: Callable[[], float] = time.monotonic,
) -> Matches:
    """Return the first ``limit`` lines of a value that match ``pattern``, in order.

    Args:
        context: so many lines before and after each are returned, too.
        limit_s: seconds after which the search ends; 0 or less: before it begins.

    Raises:
        UsageError: the pattern is none, or a number is out of bounds.
    """
    if not 1 <= limit <= LIMIT_MATCHES or not 0 <= context <= LIMIT_CONTEXT:
        raise UsageError(f"a search shows 1 to {LIMIT_MATCHES:,} matches, with 0 to {LIMIT_CONTEXT} lines around them")
    matcher = Matcher(pattern, ignore_case=ignore_case)
    gathered = _Gathered(matcher, context, limit)
    deadline, reason = clock() + limit_s, ""
    with opened(place, handle) as value:
        for number, piece in value.whole_lines(matcher.piece_bytes):
            if gathered.is_full or reason:
                # Read to the end all the same: only then is it known to be what was put.
                gathered.follow(number, piece)
            elif clock() >= deadline:
                reason = f"time was over after {limit_s:g} s, at line {number:,}"
            else:
                gathered.look(number, piece)
    reason = reason or (f"there are more than {limit:,}" if gathered.is_full else "")
    lines = tuple(gathered.shown[number] for number in sorted(gathered.shown))
    return Matches(lines, gathered.matches, bool(reason), reason)


def as_text(found: Matches) -> str:
    """Return lines as grep(1) prints them: ``12:`` before a match, ``13-`` before one around it, ``--`` at a gap."""
    lines: list[str] = []
    before = None
    for line in found.lines:
        if before is not None and line.number != before + 1:
            lines += ["--"] if any(not one.match for one in found.lines) else []
        lines.append(f"{line.number}{':' if line.match else '-'}{line.text}{' […]' if line.cut else ''}")
        before = line.number
    return "\n".join(lines)


class _Gathered:
    """The lines so far. ``is_full``: a match beyond the limit was seen, which is not among them."""

    def __init__(self, matcher: Matcher, context: int, limit: int) -> None:
        self._matcher, self._context, self._limit = matcher, context, limit
        self._before: dict[int, bytes] = {}
        """The last lines before the next piece, by number."""
        self._last = 0
        self.shown: dict[int, Line] = {}
        self.matches = 0
        self.is_full = False

    def look(self, number: int, piece: bytes) -> None:
        """Take in whole lines, the first of which has this number."""
        hits = self._hits(number, piece)
        if not hits and not self._context:
            return
        lines = self._numbered(number, piece)
        there = self._before | lines
        known = [self._last] if self._last else []
        around = {near for hit in [*known, *hits] for near in range(hit - self._context, hit + self._context + 1)}
        for near in around & there.keys():
            self.shown.setdefault(near, _line(near, there[near]))
        self.shown |= {hit: _line(hit, lines[hit], match=place) for hit, place in hits.items()}
        self._last = max(hits, default=self._last)
        self._before = dict(list(there.items())[-self._context :]) if self._context else {}

    def follow(self, number: int, piece: bytes) -> None:
        """Show the lines of a piece that follow the last match, and look for no other."""
        if self._last and number <= self._last + self._context:
            for near, line in self._numbered(number, piece).items():
                if near <= self._last + self._context:
                    self.shown.setdefault(near, _line(near, line))

    def _hits(self, number: int, piece: bytes) -> dict[int, int]:
        """Return the lines that match, to where in them, and count them."""
        hits: dict[int, int] = {}
        counted = 0
        for place, begin, _ in self._matcher.lines(piece):
            number += piece.count(b"\n", counted, begin)
            counted = begin
            if number == self._last:
                continue  # of a line in several pieces the first match counts
            if self.matches == self._limit:
                self.is_full = True
                break
            self.matches += 1
            hits[number] = place - begin
        return hits

    def _numbered(self, number: int, piece: bytes) -> dict[int, bytes]:
        return dict(enumerate(piece.removesuffix(b"\n").split(b"\n"), start=number))


def _line(number: int, line: bytes, match: int | None = None) -> Line:
    """Return what is shown of a line; ``match`` is the byte where its match begins, None where it has none."""
    start = max((match or 0) - _BEFORE_BYTES, 0) if len(line) > SHOWN_CHARACTERS else 0
    # A character that a cut would halve is left out.
    text = line[start : start + _BYTES].decode("utf-8", "ignore" if start or len(line) > _BYTES else "replace")
    text = text.removesuffix("\r")
    shown = text[:SHOWN_CHARACTERS]
    return Line(number, shown, match is not None, cut=start > 0 or len(shown) < len(text) or len(line) > start + _BYTES)
