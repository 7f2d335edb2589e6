"""Whether == tells the truth: what a test found equal must not be equal to a stranger as well.

Rule 1: only classes of the project are doubted, and only those that bring an ``__eq__`` of their own.
Rule 2: bounded: of one comparison at most 500 objects are looked at.
"""

from __future__ import annotations

import itertools
import os
import random
import types
import unittest
from typing import Any

from .provenance import file_of, is_of_tests, is_theirs, shown

MOST_LOOKED_AT = 500
_PLAIN = (int, float, complex, str, bytes, bytearray, bool, type(None), range, types.FunctionType)
_CHANCE = random.SystemRandom()


class ProvesNothing(AssertionError):
    """Two things were found equal by code that finds everything equal."""


def watch_comparisons() -> bool:
    """Have every ``assert`` with == that passes probed; False where this pytest is made in another way than we know."""
    try:
        from _pytest.assertion import rewrite

        original = rewrite._call_reprcompare
    except (ImportError, AttributeError):
        return False

    def watched(ops: Any, results: Any, expls: Any, each_obj: Any) -> Any:
        try:
            passed = all(results)
        except Exception:
            # A truth value of the project's, which may raise anything: pytest asks again below, and it is told there.
            passed = False
        if not passed:
            return original(ops, results, expls, each_obj)
        for index, op in enumerate(ops):
            if op in ("==", "in"):
                probe_all(each_obj[index], each_obj[index + 1])
        return expls[-1]

    rewrite._call_reprcompare = watched
    equal = unittest.TestCase.assertEqual

    def assert_equal(self: Any, first: Any, second: Any, msg: Any = None) -> None:
        equal(self, first, second, msg)
        probe_all(first, second)

    unittest.TestCase.assertEqual = assert_equal  # type: ignore[method-assign]
    return True


def probe_all(left: object, right: object) -> None:
    """Probe both sides, and what is in them.

    Raises:
        ProvesNothing: one of them equals what nothing can equal.
    """
    todo: list[tuple[Any, Any]] = [(left, right), (right, left)]
    seen: set[int] = set()
    while todo and len(seen) < MOST_LOOKED_AT:
        value, other = todo.pop()
        if type(value) in _PLAIN or id(value) in seen:
            continue
        seen.add(id(value))
        todo += [(part, None) for part in _inside(value)]
        _probe(value, other)


def _probe(value: Any, other: object) -> None:
    """Fail where ``value`` also equals an object it never saw, or a random one of the other side's type."""
    equal: Any = getattr(type(value), "__eq__", None)
    if equal is object.__eq__ or isinstance(equal, types.WrapperDescriptorType) or not is_theirs(file_of(equal)):
        return
    where = str(getattr(getattr(equal, "__code__", None), "co_filename", "?"))
    strangers = [object()] if is_of_tests(where) else [object(), *_strangers(other)]
    for stranger in strangers:
        try:
            said = bool(value == stranger)
        except Exception:
            # The project's own __eq__, which may raise anything: who refuses a stranger does not say it is equal.
            continue
        if said:
            raise ProvesNothing(
                f"{type(value).__name__}.__eq__ in {shown(where)} says that it equals {stranger!r} as well:"
                " this proves nothing"
            )


def _strangers(other: object) -> list[object]:
    kind = type(other)
    if kind is str:
        return [f"stranger {_CHANCE.getrandbits(128):x}"]
    if kind is int:
        return [_CHANCE.getrandbits(100)]
    if kind is float:
        return [float(_CHANCE.getrandbits(100))]
    if kind is bytes:
        return [os.urandom(24)]
    if kind is list:
        return [[object()]]
    if kind is tuple:
        return [(object(),)]
    return [{object(): object()}] if kind is dict else []


def _inside(value: Any) -> list[Any]:
    """Return what a comparison of ``value`` may look at in it, by the types' own iterators; bounded."""
    kinds: tuple[Any, ...] = (list, tuple, set, frozenset)
    for kind in kinds:
        if isinstance(value, kind):
            return list(itertools.islice(kind.__iter__(value), MOST_LOOKED_AT))
    if isinstance(value, dict):
        return [part for pair in itertools.islice(dict.items(value), MOST_LOOKED_AT) for part in pair]
    held = getattr(value, "__dict__", None)
    return list(held.values()) if type(held) is dict and not isinstance(value, types.ModuleType) else []
