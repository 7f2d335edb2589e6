"""Whose code something is: the project's, which the author of the work may have written, or anybody else's.

Rule 1: what is of unknown origin is the project's.
"""

from __future__ import annotations

import os
import sys
from typing import Any

_BESIDE = os.path.dirname(os.path.realpath(__file__))
# We lie in .git/onecontext/<our name> of the copy that is measured.
_HOME = os.path.dirname(os.path.dirname(os.path.dirname(_BESIDE)))
_TRUSTED = tuple({os.path.realpath(path) + os.sep for path in (sys.prefix, sys.base_prefix, sys.exec_prefix)})


def _pinned() -> set[str]:
    try:
        with open(os.path.join(_BESIDE, "pinned"), encoding="utf-8", errors="surrogateescape") as file:
            return {os.path.join(_HOME, line) for line in file.read().split("\0") if line}
    except OSError:
        return set()


_PINNED = _pinned()


def file_of(thing: Any) -> str | None:
    """Return the file of a function, method or class; None when it cannot be told."""
    code = getattr(thing, "__code__", None)
    if code is not None:
        return str(code.co_filename)
    return getattr(sys.modules.get(getattr(thing, "__module__", None) or ""), "__file__", None)


def is_theirs(path: str | None) -> bool:
    """Say whether code in this file is the project's, and none of what is pinned."""
    if not isinstance(path, str):
        return True
    real = os.path.realpath(path)
    if path.startswith("<frozen ") or real in _PINNED or os.path.dirname(real) == _BESIDE:
        return False
    return not real.startswith(_TRUSTED) or real.startswith(_HOME + os.sep)


def shown(path: str) -> str:
    """Return a path as seen from the top of the project."""
    return os.path.relpath(os.path.realpath(path), _HOME)


def is_of_tests(path: str) -> bool:
    """Say whether a file lies with tests, where matchers that answer True for every value of a type are usual."""
    names = shown(path).split(os.sep)
    return not {"tests", "test"}.isdisjoint(names) or names[-1].startswith(("test_", "conftest"))
