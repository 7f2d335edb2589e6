"""What an agent of another program says of itself, line by line, as JSON: read as it comes, told as it is read.

Rule 1: what another program writes is hostile: a line has a limit, what is no JSON object is passed over, a number that
    cannot be is 0, and each text is cut where it is kept.
Rule 2: a dialect only says what a line means (:class:`Heard`); nothing in it decides what becomes of the attempt.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from teams.models.port import ToolCall, Usage

LINE_BYTES = 4 * 1024 * 1024
_BEYOND_SENSE = 10**15
Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Taken:
    """What a model took in all: ``calls`` answers of it. ``usage.cost_usd`` is None where nobody says."""

    model: str
    calls: int
    usage: Usage
    seconds: float = 0.0


class Heard(Protocol):
    """Is told what a transcript says."""

    def said(self, text: str) -> None:
        """The agent said this; the last of it is its summary."""

    def began(self, call: ToolCall) -> None:
        """It is about to use a tool."""

    def ended(self, call: str, *, ok: bool, output: str, command: str = "", exit_code: int | None = None) -> None:
        """The tool of the call with this id came back; ``command`` is what it ran, "" where it ran none."""

    def failed(self, why: str) -> None:
        """The agent gave up, or could not go on."""


class Dialect(Protocol):
    """The lines of one program."""

    name: str

    def line(self, document: Json) -> None:
        """Take in one line."""

    def taken(self) -> Sequence[Taken]:
        """Return what models took so far, by model."""
        ...


MakeDialect = Callable[[Heard], Dialect]


class Lines:
    """Cuts what comes in pieces into lines, and hands on those that are JSON objects."""

    def __init__(self, take: Callable[[Json], None]) -> None:
        self._take = take
        self._rest = bytearray()
        self._too_long = False

    def feed(self, chunk: bytes) -> None:
        """Take in the next bytes; costs no more memory than one line and the chunk."""
        *whole, rest = chunk.split(b"\n")
        for piece in whole:
            self._add(piece)
            self.close()
        self._add(rest)

    def close(self) -> None:
        """Take what has come so far for a whole line."""
        line, too_long = bytes(self._rest), self._too_long
        self._rest, self._too_long = bytearray(), False
        if too_long or not line.lstrip().startswith(b"{"):
            return
        try:
            document = json.loads(line)
        except (ValueError, RecursionError):
            return
        if isinstance(document, dict):
            self._take(document)

    def _add(self, piece: bytes) -> None:
        self._too_long = self._too_long or len(self._rest) + len(piece) > LINE_BYTES
        if not self._too_long:
            self._rest += piece


def text_of(document: Any, key: str) -> str:
    """Return the text at ``key``, "" where there is none."""
    value = document.get(key) if isinstance(document, Mapping) else None
    return value if isinstance(value, str) else ""


def part_of(document: Any, key: str) -> Json:
    """Return the object at ``key``, an empty one where there is none."""
    value = document.get(key) if isinstance(document, Mapping) else None
    return value if isinstance(value, Mapping) else {}


def parts_of(document: Any, key: str) -> list[Json]:
    """Return the objects in the list at ``key``."""
    value = document.get(key) if isinstance(document, Mapping) else None
    return [part for part in value if isinstance(part, Mapping)] if isinstance(value, list) else []


def count_of(document: Any, key: str) -> int:
    """Return the whole number at ``key``, 0 where there is none that can be a count."""
    value = document.get(key) if isinstance(document, Mapping) else None
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _BEYOND_SENSE else 0


def number_of(document: Any, key: str) -> float | None:
    """Return the number at ``key``, None where there is none that can be an amount."""
    value = document.get(key) if isinstance(document, Mapping) else None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= _BEYOND_SENSE:
        return None
    return float(value)
