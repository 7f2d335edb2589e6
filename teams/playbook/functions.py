"""The functions that expressions may call. Each takes and returns plain values, and its work is bounded.

Rule 1: nothing here reads a file, a clock or anything else that is not handed in: the same values, the same result; so
    a play that is resumed comes to the same.
"""

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

MAX_SIZE = 1_000_000
"""Characters of a text, and elements of a list, that an expression may make."""


def check_size(value: Any) -> Any:
    """Return ``value`` if it is no larger than an expression may make one.

    Raises:
        ValueError: it is.
    """
    if isinstance(value, str | list) and len(value) > MAX_SIZE:
        raise ValueError(f"it makes something of {len(value):,} parts; {MAX_SIZE:,} are the most")
    return value


def weighed(value: Any) -> Any:
    """Return ``value`` if all that is in it, at any depth, is no more than :data:`MAX_SIZE` parts and characters.

    Raises:
        ValueError: it is more.
    """
    if weight(value, most=MAX_SIZE) > MAX_SIZE:
        raise ValueError(f"it has more than {MAX_SIZE:,} parts and characters")
    return value


def weight(value: Any, *, most: int) -> int:
    """Return how many parts and characters a value has, at any depth; counting ends above ``most``."""
    found, todo = 0, [value]
    while todo and found <= most:
        one = todo.pop()
        found += len(one) + 1 if isinstance(one, str) else 1
        if isinstance(one, list):
            todo += one
        elif isinstance(one, Mapping):
            todo += [*one.keys(), *one.values()]
    return found


def _flat(values: list[Any]) -> list[Any]:
    """Return the elements of the lists in a list."""
    return list(check_size([part for one in _listed(values, "flat") for part in _listed(one, "flat")]))


def _join(values: list[Any], between: str = ", ") -> str:
    """Return texts as one."""
    if not isinstance(between, str):
        raise ValueError("join puts a text between them")
    return str(check_size(between.join(as_text(value) for value in _listed(values, "join"))))


def _unique(values: list[Any], key: str, who: str | None = None) -> list[Any]:
    """Return mappings without those that say the same under ``key``.

    The first of each stays, with ``id`` ("1", "2", …, by place) and ``same``: the others, in full. Two texts say the
    same when they differ in case, blanks and punctuation alone. Under ``who`` stands then a list: of all that say so.
    """
    found: dict[str, dict[str, Any]] = {}
    for value in _listed(values, "unique"):
        if not isinstance(value, Mapping) or key not in value:
            raise ValueError(f"unique takes mappings that all have {key!r}")
        said = normalised(as_text(value[key]))
        if said in found:
            found[said]["same"].append(dict(value))
        else:
            found[said] = {**value, "id": str(len(found) + 1), "same": []}
    merged = list(found.values())
    if who is not None:
        merged = [{**one, who: [one[who], *(other[who] for other in one["same"])]} for one in merged]
    return merged


def normalised(text: str) -> str:
    """Return what is left of a text when case, punctuation and kinds of blanks make no difference."""
    return " ".join(re.findall(r"\w+", text.casefold())) or text.strip()


def as_text(value: Any) -> str:
    """Return a value as it stands in a text: texts as they are, none as nothing, lists and mappings as JSON."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    return json.dumps(weighed(value), ensure_ascii=False, indent=1 if isinstance(value, list | dict) else None)


def _listed(value: Any, what: str) -> list[Any]:
    if not isinstance(value, list):
        raise ValueError(f"{what} takes a list")
    return value


def _extreme(of: Callable[..., Any], name: str) -> Callable[[list[Any]], Any]:
    def pick(values: list[Any]) -> Any:
        if not _listed(values, name):
            raise ValueError(f"{name} of nothing")
        return of(values)

    return pick


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "len": len,
    "any": lambda values: any(_listed(values, "any")),
    "all": lambda values: all(_listed(values, "all")),
    "min": _extreme(min, "min"),
    "max": _extreme(max, "max"),
    "sorted": lambda values: sorted(_listed(values, "sorted")),
    "text": as_text,
    "join": _join,
    "flat": _flat,
    "unique": _unique,
    "normal": lambda text: normalised(as_text(text)),
}
