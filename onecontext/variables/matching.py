"""Lines that match a regular expression which an agent wrote: the only door to re2.

Rule 1: such a pattern is hostile input, so the engine takes time linear in the text for any pattern (no backtracking),
        and the pattern's length and the memory of its program are bounded. What that engine has not (look-around, back
        references) is refused with its reason.
Rule 2: a match never spans lines; ``^`` and ``$`` are the ends of a line.

Source: RE2 (github.com/google/re2/wiki/Syntax), the package google-re2, BSD-3-Clause.
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from onecontext.errors import UsageError

LIMIT_CHARACTERS = 1_000
LEAST_BYTES, LINE_BYTES = 1 << 12, 1 << 20
_PROGRAM_BYTES = 4 << 20
_PROGRAM_SIZE = 8_000
_WORK = 1 << 24
"""Bytes times instructions of the program: a second or so at the worst."""
_LINES = "(?m)"
_WHOLE_TEXT = re.compile(r"(?<!\\)(?:\\\\)*\\[Az]")
_HINT = "RE2's syntax: no look-around (?=…), no back references \\1"


class Matcher:
    """One pattern.

    Raises:
        UsageError: it is empty, too long, too large when spelled out, or no regular expression of RE2.
    """

    def __init__(self, pattern: str, *, ignore_case: bool = False) -> None:
        if not pattern:
            raise UsageError("there is nothing to look for: the pattern is empty")
        if len(pattern) > LIMIT_CHARACTERS:
            raise UsageError(
                f"the pattern has {len(pattern):,} characters; at most {LIMIT_CHARACTERS:,} are searched for"
            )
        if _WHOLE_TEXT.search(pattern):
            raise UsageError(r"\A and \z are the ends of the whole text; ^ and $ are those of a line")
        self._pattern = _compiled(pattern, ignore_case)
        size = int(self._pattern.programsize)
        if size > _PROGRAM_SIZE:
            raise UsageError(f"{pattern[:80]!r} is too large when its repetitions are spelled out", hint=_HINT)
        self.piece_bytes = max(min(_WORK // size, LINE_BYTES), LEAST_BYTES)
        """How much text may be searched between two looks at the clock, and the longest line that is searched whole."""

    def lines(self, text: bytes, start: int = 0) -> Iterator[tuple[int, int, int]]:
        """Yield where the first match of each matching line begins, and where that line begins and ends.

        Args:
            text: whole lines, UTF-8.
            start: where the first line begins that counts.
        """
        while start < len(text):
            match = self._pattern.search(text, start)
            if match is None:
                return
            place = match.start()
            # What matches nothing also does so behind the last line, where there is none.
            if place >= len(text):
                return
            begin = max(text.rfind(b"\n", 0, place) + 1, start)
            end = text.find(b"\n", place)
            end = len(text) if end < 0 else end
            yield place, begin, end
            start = end + 1


@lru_cache(maxsize=32)
def _compiled(pattern: str, ignore_case: bool) -> Any:
    import re2

    options = re2.Options()
    options.log_errors = False
    options.never_nl = True
    options.max_mem = _PROGRAM_BYTES
    options.case_sensitive = not ignore_case
    try:
        # In bytes: positions are then those in the file, and nothing is counted over and over.
        return re2.compile((_LINES + pattern).encode(), options)
    except UnicodeEncodeError as error:
        raise UsageError("the pattern has half a character, a lone surrogate") from error
    except re2.error as error:
        raise UsageError(f"{pattern[:80]!r} cannot be searched for: {_said(error)}", hint=_HINT) from error


def _said(error: Exception) -> str:
    said = error.args[0] if error.args else ""
    told = said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)
    return told.replace(_LINES, "")
