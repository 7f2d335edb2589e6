"""An inbox array taken apart entry by entry, so that one bad entry never hides its neighbours.

Rule 1: only what is complete and valid by itself counts. Nothing is guessed inside an entry: one that is cut, garbled
    or no message is passed over whole.
Rule 2: where the next entry begins is known, not searched for: behind a bad entry whose brackets and strings close; and
    on a line of its own that holds two spaces and a brace, which is how the client begins an entry. No string that a
    program wrote as JSON has a line feed in it, so no text of a message can look like that.
Rule 3: each entry keeps its text, so that what others wrote is written back to the byte.
Rule 4: the work is bounded: so many entries, so many bytes an entry, so many bytes looked at in vain.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from teams.protocol.mail.message import is_entry
from teams.protocol.wire import dumps, is_deep

LIMIT_ENTRIES = 50_000
LIMIT_ENTRY = 4 * 1024 * 1024
_LIMIT_IN_VAIN = 16 * 1024 * 1024
_LIMIT_FAILURES = 500
_LIMIT_MARKS = 1_000_000  # brackets and commas: what Python takes its time to read
_DENSE_CHARACTERS = 2 * 1024 * 1024
_LIMIT_STEPS = 300_000
_SPACE = re.compile(r"[ \t\n\r]*")
_STRUCTURE = re.compile(r'["\\]|[{\[]+|[}\]]')
_WORD_END = re.compile(r'[,\]"{}\[\\]')
_ENTRY_LINE = re.compile(r"^  (?=\{\r?$)", re.MULTILINE)
_NO_UTF8 = re.compile("[\udc80-\udcff]")
_CLOSERS = {"{": "}", "[": "]"}


class Entry(dict[str, Any]):
    """One entry of an inbox. ``source`` is how it stands in the file."""

    def __init__(self, content: dict[str, Any], source: str) -> None:
        super().__init__(content)
        self.source = source


@dataclass
class Array:
    """What an inbox holds.

    Attributes:
        entries: the messages in it, oldest first.
        others: how many elements are no messages, as far as they can be told apart.
        broken: what is wrong with the array itself, or ``""``.
        text: the array, as text.
        end: where its closing bracket stands; -1 when it has none.
        is_json: whether each element, as far as we can see, is JSON in UTF-8.
    """

    text: str
    entries: list[Entry] = field(default_factory=list)
    others: int = 0
    broken: str = ""
    end: int = -1
    is_json: bool = True

    @property
    def is_empty(self) -> bool:
        """Whether it is an array without elements, or nothing at all."""
        return not (self.entries or self.others or self.broken)

    @property
    def problem(self) -> str:
        """What is wrong, in a few words; ``""`` when nothing is."""
        count = len(self.entries) + self.others
        others = f"{self.others} of {count} entries are no messages" if self.others else ""
        return "; ".join(filter(None, (self.broken, others)))


def take_apart(content: bytes) -> Array:
    """Return what the inbox array in ``content`` holds; never raises, whatever it is."""
    # A byte that is no UTF-8 becomes a lone surrogate, which spoils the entry that it is in and no other.
    text = content.decode("utf-8", "surrogateescape")
    if sum(map(text.count, "[{,")) <= _LIMIT_MARKS:
        return _Reader(text).read()
    array = _Reader(text[:_DENSE_CHARACTERS]).read()
    array.broken = f"it is dense beyond measure; {_DENSE_CHARACTERS:,} characters of it are read"
    return array


def text_of(entry: Any) -> str:
    """Return an entry as it is written into the array: as it stood there, unless somebody changed it."""
    if isinstance(entry, Entry) and _value(entry.source) == entry:
        return entry.source
    return dumps(entry).replace("\n", "\n  ")


def put_together(entries: list[Any]) -> str:
    """Return the array of ``entries`` as the client writes it."""
    if not entries:
        return "[]"
    return "[\n  " + ",\n  ".join(text_of(entry) for entry in entries) + "\n]"


class _Reader:
    """One walk through one text."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._array = Array(text=text)
        self._in_vain = 0
        self._failures = 0
        self._is_unbalanced = False

    def read(self) -> Array:
        text, array = self._text, self._array
        position = self._space(0)
        if not text.startswith("[", position):
            byte_order_mark = text.startswith("\ufeff[")
            self._break("it begins with a byte order mark" if byte_order_mark else "it is not an array")
            if not byte_order_mark:
                return array
            position = 1
        for place in self._elements(position + 1):
            if len(array.entries) + array.others >= LIMIT_ENTRIES:
                self._break(f"it has more than {LIMIT_ENTRIES:,} entries")
                break
            self._take(*place)
        return array

    def _elements(self, position: int) -> Iterator[tuple[int, int, Any]]:
        """Yield begin, end and value of each element; what is no JSON has the value None."""
        position = self._space(position)
        if self._text.startswith("]", position):
            self._close(position)
            return
        while position < len(self._text):
            begin = position
            try:
                value, position = _STRICT.raw_decode(self._text, begin)
            except (ValueError, RecursionError) as error:
                value, position = self._behind(begin, error)
            yield begin, position, value
            position = self._space(position)
            if self._text.startswith("]", position):
                self._close(position)
                return
            if self._text.startswith(",", position):
                position = self._space(position + 1)
            elif position < len(self._text):
                self._break(f"it is garbled at character {position}")
                # What is whole up to here counts; so does an entry that only lacks the comma before it.
                position = position if self._text[position] == "{" else self._next_line(position)
        self._break("it is cut")

    def _take(self, begin: int, end: int, value: Any) -> None:
        source = self._text[begin:end]
        if (value is None and source != "null") or _NO_UTF8.search(source):
            self._array.is_json = False
        is_good = is_entry(value) and len(source) <= LIMIT_ENTRY and not _NO_UTF8.search(source)
        if is_good and not is_deep(value, source):
            self._array.entries.append(Entry(value, source))
        else:
            self._array.others += 1

    def _close(self, position: int) -> None:
        if self._space(position + 1) < len(self._text):
            self._break("something stands behind its end")
        self._array.end = position

    def _behind(self, begin: int, error: Exception) -> tuple[Any, int]:
        """Return value and end of what begins at ``begin`` and Python does not read; None if JSON does not either."""
        end = -1 if self._is_unbalanced else self._balanced(begin)
        if begin < end <= begin + LIMIT_ENTRY and "digits" in str(error):
            return _value(self._text[begin:end]), end
        self._failures += 1
        failed_at = getattr(error, "pos", None)
        self._in_vain += (failed_at if isinstance(failed_at, int) else max(end, begin)) - begin + 1
        if end <= begin:
            self._break(f"it is garbled at character {begin}")
        if end < 0:
            self._is_unbalanced = True
            end = self._next_line(begin)
        if self._in_vain > _LIMIT_IN_VAIN or self._failures > _LIMIT_FAILURES:
            self._break("too much of it is garbled")
            end = len(self._text)
        return None, end

    def _balanced(self, begin: int) -> int:
        """Return where the brackets and strings that open from ``begin`` on are closed; -1 if that cannot be told."""
        if self._text[begin] not in "{[":
            # A bare word, as long as nothing else begins in it.
            match = _WORD_END.search(self._text, begin)
            return match.start() if match and match.group() in ",]" else -1
        open_ones: list[str] = []
        position = begin
        for _ in range(_LIMIT_STEPS):
            match = _STRUCTURE.search(self._text, position)
            if match is None or match.group() == "\\":
                return -1
            mark, position = match.group(), match.end()
            if mark == '"':
                try:
                    _, position = _STRICT.raw_decode(self._text, position - 1)
                except ValueError:
                    return -1
            elif mark[0] in _CLOSERS:
                open_ones += mark
            elif _CLOSERS[open_ones.pop()] != mark:
                return -1
            elif not open_ones:
                return position
        return -1

    def _next_line(self, position: int) -> int:
        match = _ENTRY_LINE.search(self._text, position)
        # The line on which the bad entry itself begins is behind us.
        return match.end() if match else len(self._text)

    def _space(self, position: int) -> int:
        match = _SPACE.match(self._text, position)
        return match.end() if match else position

    def _break(self, what: str) -> None:
        self._array.broken = self._array.broken or what


def _refuse(constant: str) -> Any:
    raise ValueError(f"{constant} is no JSON value")


def _integer(digits: str) -> int | float:
    # As JSON.parse reads it; the digits themselves stay in the entry's text.
    return int(digits) if len(digits) <= _PLAIN_DIGITS else float(digits)


def _value(text: str) -> Any:
    """Return the value in ``text``; None where it is no JSON."""
    try:
        return _LENIENT.decode(text)
    except (ValueError, RecursionError):
        return None


_PLAIN_DIGITS = 300
_STRICT = json.JSONDecoder(parse_constant=_refuse)
_LENIENT = json.JSONDecoder(parse_constant=_refuse, parse_int=_integer)
