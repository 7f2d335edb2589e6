"""Whether the machinery is whole: what makes a test mean something, before the project's code ran and after.

Rule 1: what is replaced by code of the project is named. What pytest and its plugins change themselves is theirs to do.
Rule 2: a function whose inside was exchanged is another function, whoever did it.
"""

from __future__ import annotations

import sys
import types
from typing import Any

from .provenance import file_of, is_in_project, is_pinned, is_theirs

_WATCHED = ("_pytest", "pytest", "pluggy", "unittest", "builtins", __name__.split(".")[0])


def machinery() -> dict[str, tuple[Any, str, Any, Any]]:
    """Return names to (what holds it, its name there, what it is now, what is in it)."""
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
    return {name: (*held, _inside(held[2])) for name, held in found.items()}


def replaced(before: dict[str, tuple[Any, str, Any, Any]]) -> list[str]:
    """Return the names of what code of the project has put in the place of something else, or taken away."""
    gone, names = object(), []
    for name, (holder, part, value, inside) in before.items():
        now = vars(holder).get(part, gone)
        if now is not value:
            if now is gone or is_theirs(file_of(now)):
                names.append(name)
        elif _inside(now) != inside or is_in_project(file_of(value)):
            names.append(name)
    return sorted(names)


def tests_of(module: Any) -> dict[str, tuple[Any, str, Any, Any]]:
    """Return the same of the functions that a pinned file of tests has of its own, and their classes have."""
    found: dict[str, tuple[Any, str, Any, Any]] = {}
    for holder in (module, *(one for one in vars(module).values() if _is_class_of(one, module))):
        for part, value in list(vars(holder).items()):
            if isinstance(value, types.FunctionType) and is_pinned(value.__code__.co_filename):
                name = ".".join((module.__name__, *([holder.__name__] if holder is not module else []), part))
                found[name] = (holder, part, value, _inside(value))
    return found


def _is_class_of(value: Any, module: Any) -> bool:
    return isinstance(value, type) and value.__module__ == module.__name__


def _inside(value: Any) -> Any:
    """Return what a function does, by identity: its code and what it takes where nothing is given."""
    if not isinstance(value, types.FunctionType):
        return None
    named = value.__kwdefaults__ or {}
    return id(value.__code__), id(value.__defaults__), tuple((key, id(one)) for key, one in named.items())
