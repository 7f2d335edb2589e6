"""JSON as the client writes it: indented by two, nothing escaped that need not be, keys in the order they came in.

Rule 1: what others wrote is kept: fields we do not know, the order of keys, lone surrogates, numbers as they were put
    (``1e21``, ``1.0``, ``-0``).
Rule 2: what is read is what ``JSON.parse`` reads: UTF-8 without a byte order mark, no ``NaN``; of a key that is there
    twice the last value, at the place of the first. Beyond that we refuse what cannot be handed on: a number that no
    double holds (``1e999``), and values nested deeper than 100 levels.
Rule 3: what is written is what ``JSON.parse`` accepts.
"""

import json
import math
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from json.encoder import encode_basestring
from typing import Any, Self

from onecontext.errors import Damaged

LIMIT_DEPTH = 100
_PLAIN_DIGITS = 300  # an integer of more digits is no double
_SURROGATE = re.compile("[\ud800-\udfff]")
_WORDS = {None: "null", True: "true", False: "false"}


class Number(float):
    """A number that Python would write in another way than it was read; ``text`` is how it stood there."""

    __slots__ = ("text",)
    text: str

    def __new__(cls, text: str) -> Self:
        number = super().__new__(cls, text)
        number.text = str(text)
        return number


def dumps(document: Any) -> str:
    """Return ``document`` as text, as ``JSON.stringify(document, null, 2)`` does; a :class:`Number` as it was read.

    Raises:
        ValueError: it holds a number that JSON has no word for.
    """
    return escape_surrogates(_encoded(document, "\n"))


def escape_surrogates(text: str) -> str:
    """Return JSON ``text`` with lone surrogates, which UTF-8 cannot carry, as escapes."""
    return _SURROGATE.sub(lambda match: f"\\u{ord(match.group()):04x}", text)


def iso_ms(at: datetime) -> str:
    """Return an aware time as the client writes it: ISO 8601, UTC, milliseconds, ``Z``."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def loads(content: bytes | str, *, source: str, unique: bool = False) -> Any:
    """Return the document in ``content``; ``source`` says in errors where it came from.

    Args:
        unique: a key that an object has twice is refused; else the last one counts, as for most readers of JSON.

    Raises:
        Damaged: it is not JSON, or goes beyond rule 2.
    """
    pairs = _unique if unique else None
    try:
        text = content if isinstance(content, str) else content.decode("utf-8")
        document = json.loads(
            text, parse_constant=_refuse, parse_int=_integer, parse_float=_float, object_pairs_hook=pairs
        )
    except (ValueError, RecursionError) as error:
        raise Damaged(f"{source} is not JSON: {_reason(error)}") from error
    if is_deep(document, text):
        raise Damaged(f"{source} is nested deeper than {LIMIT_DEPTH} levels")
    return document


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise ValueError(f"the key {key[:40]!r} is there twice")
        found[key] = value
    return found


def is_deep(document: Any, text: str) -> bool:
    """Say whether ``document``, which was read from ``text``, is nested deeper than :data:`LIMIT_DEPTH`."""
    if text.count("[") + text.count("{") <= LIMIT_DEPTH:
        return False
    level = [document]
    for _ in range(LIMIT_DEPTH + 1):
        level = [part for value in level for part in _parts(value) if isinstance(part, dict | list)]
        if not level:
            return False
    return True


def in_order_of(document: Mapping[str, Any], model: Mapping[str, Any]) -> dict[str, Any]:
    """Return ``document`` with the keys that ``model`` has first and in its order, at the top level only.

    A value that is equal in both is the one of ``model``: it may be a :class:`Number`.
    """
    known = {
        key: value if _is_same(value, document[key]) else document[key]
        for key, value in model.items()
        if key in document
    }
    return known | {key: value for key, value in document.items() if key not in known}


def _is_same(value: Any, other: Any) -> bool:
    return bool(value == other) and isinstance(value, bool) == isinstance(other, bool)


def _parts(value: dict[str, Any] | list[Any]) -> Iterator[Any]:
    return iter(value.values() if isinstance(value, dict) else value)


def _refuse(constant: str) -> Any:
    raise ValueError(f"{constant} is no JSON value")


def _integer(text: str) -> int | float:
    if len(text) > _PLAIN_DIGITS:
        return _float(text)
    return Number(text) if text == "-0" else int(text)


def _float(text: str) -> float:
    number = Number(text)
    if math.isinf(number):
        raise ValueError(f"{text[:20]} is a number that nothing can hold")
    return number


def _reason(error: Exception) -> str:
    if isinstance(error, RecursionError):
        return f"it is nested deeper than {LIMIT_DEPTH} levels"
    if isinstance(error, UnicodeDecodeError):
        return f"byte {error.start} is not UTF-8"
    return str(error)


def _encoded(value: Any, line: str) -> str:
    """Return the text of ``value``; ``line`` is a line feed and the indentation of where it stands."""
    if isinstance(value, str):
        return encode_basestring(value)
    if isinstance(value, Number):
        return value.text
    if value is None or isinstance(value, int | float):
        return _WORDS[value] if value is None or isinstance(value, bool) else json.dumps(value, allow_nan=False)
    inner = line + "  "
    if isinstance(value, Mapping):
        parts = [f"{encode_basestring(str(key))}: {_encoded(part, inner)}" for key, part in value.items()]
        return f"{{{inner}{(',' + inner).join(parts)}{line}}}" if parts else "{}"
    if isinstance(value, list | tuple):
        parts = [_encoded(part, inner) for part in value]
        return f"[{inner}{(',' + inner).join(parts)}{line}]" if parts else "[]"
    return json.dumps(value, allow_nan=False)
