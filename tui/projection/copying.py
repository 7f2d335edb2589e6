"""A copy of the projection as it stands, cheap enough to be made hundreds of times while a journal is read.

Rule 1: values (strings, numbers, times, frozen dataclasses, events) are shared; whatever is changed in place is copied:
    containers at any depth, and objects of this package.
Rule 2: what two parts hold together, their copies hold together too.
"""

from collections import Counter, OrderedDict, defaultdict, deque
from typing import Any, TypeVar

Part = TypeVar("Part")
_MAPPINGS = (dict, OrderedDict, Counter, defaultdict)
_ROWS = (list, deque)
_PACKAGE = __name__.rpartition(".")[0] + "."
_changing: dict[type, bool] = {}


def copied(part: Part) -> Part:
    """Return a copy of ``part``, an object of :mod:`tui.projection`: changing either leaves the other as it is."""
    return _copied(part, {})  # type: ignore[no-any-return]


def _changes(kind: type) -> bool:
    """Return whether values of ``kind`` are changed in place."""
    known = _changing.get(kind)
    if known is None:
        frozen = getattr(getattr(kind, "__dataclass_params__", None), "frozen", False)
        ours = kind.__module__.startswith(_PACKAGE) and not frozen and not issubclass(kind, tuple)
        known = _changing[kind] = ours or issubclass(kind, (*_MAPPINGS, *_ROWS, set))
    return known


def _copied(value: Any, made: dict[int, Any]) -> Any:
    kind = type(value)
    if not _changes(kind):
        return value
    if id(value) in made:
        return made[id(value)]
    if issubclass(kind, _MAPPINGS):
        copy = made[id(value)] = value.copy()
        if _any_changes(value.values()):
            for key, item in value.items():
                copy[key] = _copied(item, made)
    elif issubclass(kind, _ROWS):
        copy = made[id(value)] = value.copy()
        if _any_changes(value):
            for index, item in enumerate(value):
                copy[index] = _copied(item, made)
    elif issubclass(kind, set):
        copy = made[id(value)] = value.copy()
    else:
        copy = made[id(value)] = object.__new__(kind)
        for name in _names(value):
            setattr(copy, name, _copied(getattr(value, name), made))
    return copy


def _any_changes(values: Any) -> bool:
    return any(_changes(kind) for kind in set(map(type, values)))


def _names(part: Any) -> list[str]:
    slots = [name for kind in type(part).__mro__ for name in getattr(kind, "__slots__", ()) if hasattr(part, name)]
    return [*getattr(part, "__dict__", ()), *slots]
