"""What ``/`` understands, the same in every list: words, and fields with values.

``offers owner:alice state:running,review attempt:>1 age:<5m -verdict:rejected``

Rule 1: all parts have to fit. A part fits anywhere in a text and in any case; ``-`` before it turns it round.
Rule 2: ``name:value`` is a field only where the list has one of that name; else it is a word, as an address is.
Rule 3: of several values with commas one has to fit. ``>`` ``<`` ``>=`` ``<=`` compare numbers and ages (90s 5m 2h 3d).
        ``none`` is what has no value.
Rule 4: what is half typed (``owner:``, ``attempt:>``) leaves nothing out.
"""

import operator
import re
from collections.abc import Callable, Collection, Mapping
from typing import NamedTuple

Facts = Mapping[str, str | float | None]
"""Names of fields to what an item has there: a text, a number, or None for nothing."""

GRAMMAR = "or to fields: owner:alice  state:running,review  attempt:>1  age:>5m  owner:none  -model:x (not)"
_COMPARED = re.compile(r"(>=|<=|>|<)(.*)", re.DOTALL)
_COMPARE: Mapping[str, Callable[[float, float], bool]] = {
    ">": operator.gt,
    "<": operator.lt,
    ">=": operator.ge,
    "<=": operator.le,
}
_UNITS_S = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}


class Part(NamedTuple):
    """One part: ``field`` "" is a word anywhere in the text; ``wanted`` is in lower case."""

    field: str
    wanted: str
    turned: bool


class Query:
    """What was typed, taken apart. ``fields`` are the names that the list has; a query without parts is false."""

    def __init__(self, words: str, fields: Collection[str] = ()) -> None:
        self.words = words
        self.parts = tuple(part for part in (_part(word, fields) for word in words.casefold().split()) if part)

    def __bool__(self) -> bool:
        return bool(self.parts)

    def fits(self, text: Callable[[], str], facts: Callable[[], Facts]) -> bool:
        """Return whether all parts fit; ``text`` and ``facts`` of an item are only asked for where they are needed."""
        said: str | None = None
        known: Facts | None = None
        for field, wanted, turned in self.parts:
            if field:
                known = facts() if known is None else known
                fitting = _fits(known.get(field), wanted)
            else:
                said = text().casefold() if said is None else said
                fitting = wanted in said
            if fitting == turned:
                return False
        return True


def _part(word: str, fields: Collection[str]) -> Part | None:
    turned = len(word) > 1 and word.startswith("-")
    body = word[1:] if turned else word
    name, colon, value = body.partition(":")
    if not colon or name not in fields:
        return Part("", body, turned)
    return Part(name, value, turned) if value.rstrip("<>=,") else None


def _fits(fact: str | float | None, wanted: str) -> bool:
    return any(_fits_one(fact, value) for value in wanted.split(",") if value)


def _fits_one(fact: str | float | None, value: str) -> bool:
    if fact is None or fact == "":
        return value == "none"
    if isinstance(fact, str):
        return value.replace("_", " ") in fact.casefold().replace("_", " ")
    compared = _COMPARED.fullmatch(value)
    number = _number(compared[2] if compared else value)
    if number is None:
        return False
    return _COMPARE[compared[1]](fact, number) if compared else fact == number


def _number(value: str) -> float | None:
    """Return a number, or seconds of an age; None for what is neither."""
    found = re.fullmatch(r"#?(\d+(?:\.\d+)?)([smhd]?)", value)
    return float(found[1]) * _UNITS_S.get(found[2], 1) if found else None
