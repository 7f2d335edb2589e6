"""Reading the data of events without trusting it.

Rule 1: nothing here raises; a field of another type than promised is as good as missing.
"""

from collections.abc import Mapping
from typing import Any

HEAD = 400


def text(data: Mapping[str, Any], key: str) -> str:
    """Return a string, or "" when there is none."""
    value = data.get(key)
    return value if isinstance(value, str) else ""


def optional_text(data: Mapping[str, Any], key: str) -> str | None:
    """Return a string that is not empty, or None."""
    return text(data, key) or None


def number(data: Mapping[str, Any], key: str, default: int = 0) -> int:
    """Return an integer, or ``default`` when there is none."""
    value = optional_number(data, key)
    return default if value is None else value


def optional_number(data: Mapping[str, Any], key: str) -> int | None:
    """Return an integer, or None."""
    value = data.get(key)
    return value if type(value) is int else None


def optional_float(data: Mapping[str, Any], key: str) -> float | None:
    """Return a finite number, or None. JSON as Python reads it may hold NaN and infinities."""
    value = data.get(key)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if abs(value) < 1e15 else None


def exit_code(output: str) -> int | None:
    """Return the exit code that the output of a command begins with (``exit code 1``), None of what is no command."""
    word, _, _ = output[:32].partition("\n")
    code = word.removeprefix("exit code ")
    return int(code) if code != word and code.lstrip("-").isdecimal() else None


def flag(data: Mapping[str, Any], key: str) -> bool:
    """Return whether the field is exactly true."""
    return data.get(key) is True


def mapping(data: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    """Return an object, or an empty one."""
    value = data.get(key)
    # What was read from a file is a dict; to ask whether it is any mapping takes several times as long.
    return value if isinstance(value, dict | Mapping) else {}


def texts(data: Mapping[str, Any], key: str) -> tuple[str, ...]:
    """Return the strings of a list, in order, passing over what is no string."""
    value = data.get(key)
    return tuple(item for item in value if isinstance(item, str)) if isinstance(value, list | tuple) else ()


def mappings(data: Mapping[str, Any], key: str) -> tuple[Mapping[str, Any], ...]:
    """Return the objects of a list, in order, passing over what is no object."""
    value = data.get(key)
    return tuple(item for item in value if isinstance(item, Mapping)) if isinstance(value, list | tuple) else ()


def head(text: str, limit: int = HEAD) -> str:
    """Return the first line that is not empty, cut to ``limit`` characters."""
    line = next((line.strip() for line in text[: 4 * limit].splitlines() if line.strip()), "")
    return line[:limit]


def last(text: str, limit: int = HEAD) -> str:
    """Return the last line that is not empty, cut to ``limit`` characters."""
    line = next((line.strip() for line in reversed(text[-4 * limit :].splitlines()) if line.strip()), "")
    return line[:limit]
