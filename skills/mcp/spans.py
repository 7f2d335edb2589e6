"""Where a value stands in a JSON text, so that it can be kept as its writer wrote it.

Rule 1: a span is exact: the text between its ends is the value, without the spaces around it.
Rule 2: the time is linear in the text, and what is nested too deeply for the reader is refused.

The grammar is that of RFC 8259; the values themselves are read by the standard library, which says where each ends.
"""

import json
import re
from json.decoder import scanstring  # type: ignore[attr-defined]  # documented by its use there, not in typeshed

from onecontext.errors import InvalidDocument

_SPACE = re.compile(r"[ \t\n\r]*")
_DECODER = json.JSONDecoder()
Span = tuple[int, int]


def members(text: str, start: int = 0) -> dict[str, Span]:
    """Return where the value of each member of the object at ``start`` begins and ends; of two of a name the last.

    Raises:
        InvalidDocument: there is no JSON object there.
    """
    found: dict[str, Span] = {}
    position = _skip(text, _opened(text, start, "{"))
    while text[position : position + 1] != "}":
        if text[position : position + 1] != '"':
            raise InvalidDocument("a member of a JSON object has no name")
        try:
            name, position = scanstring(text, position + 1, True)
        except ValueError as error:
            raise InvalidDocument(f"a name in a JSON object is broken: {error}") from error
        position = _skip(text, position)
        if text[position : position + 1] != ":":
            raise InvalidDocument("a member of a JSON object has no value")
        found[name] = _value(text, position + 1)
        position = _after(text, found[name][1], "}")
    return found


def elements(text: str, start: int = 0) -> list[Span]:
    """Return where each element of the array at ``start`` begins and ends.

    Raises:
        InvalidDocument: there is no JSON array there.
    """
    found: list[Span] = []
    position = _skip(text, _opened(text, start, "["))
    while text[position : position + 1] != "]":
        found.append(_value(text, position))
        position = _after(text, found[-1][1], "]")
    return found


def _opened(text: str, start: int, sign: str) -> int:
    start = _skip(text, start)
    if text[start : start + 1] != sign:
        raise InvalidDocument(f"a JSON value begins with {text[start : start + 1]!r} where {sign!r} was expected")
    return start + 1


def _value(text: str, start: int) -> Span:
    start = _skip(text, start)
    try:
        _, end = _DECODER.raw_decode(text, start)
    except (ValueError, RecursionError) as error:
        raise InvalidDocument(f"a JSON value cannot be read: {error}") from error
    return start, end


def _after(text: str, position: int, end: str) -> int:
    """Return where the next entry begins, or where ``end`` stands."""
    position = _skip(text, position)
    sign = text[position : position + 1]
    if sign == end:
        return position
    if sign != ",":
        raise InvalidDocument(f"a JSON value is followed by {sign!r}")
    following = _skip(text, position + 1)
    if text[following : following + 1] == end:
        raise InvalidDocument("a JSON value ends in a comma")
    return following


def _skip(text: str, position: int) -> int:
    match = _SPACE.match(text, position)
    return match.end() if match else position
