"""Whether the machinery is whole: what makes a test mean something, before the project's code ran and after.

Rule 1: what is replaced by code of the project is named. What pytest and its plugins change themselves is theirs to do.
"""

from __future__ import annotations

import sys
import types
from typing import Any

from .provenance import file_of, is_theirs

_WATCHED = ("_pytest", "pytest", "pluggy", "unittest", "builtins")


def machinery() -> dict[str, tuple[Any, str, Any]]:
    """Return names to (what holds it, its name there, what it is now)."""
    found: dict[str, tuple[Any, str, Any]] = {}
    for name, module in list(sys.modules.items()):
        if module is None or name.split(".")[0] not in _WATCHED:
            continue
        for part, value in list(vars(module).items()):
            if callable(value):
                found[f"{name}.{part}"] = (module, part, value)
            if isinstance(value, type) and value.__module__ == name and name != "builtins":
                methods = [(key, one) for key, one in vars(value).items() if isinstance(one, types.FunctionType)]
                found.update({f"{name}.{part}.{key}": (value, key, one) for key, one in methods})
    return found


def replaced(before: dict[str, tuple[Any, str, Any]]) -> list[str]:
    """Return the names of what code of the project has put in the place of something else, or taken away."""
    gone, names = object(), []
    for name, (holder, part, value) in before.items():
        now = vars(holder).get(part, gone)
        if now is not value and (now is gone or is_theirs(file_of(now))):
            names.append(name)
    return sorted(names)
