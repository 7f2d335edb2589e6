"""Whose code something is: the project's, which the author of the work may have written, or anybody else's.

Rule 1: what is of unknown origin is the project's.
"""

from __future__ import annotations

import os
import sys
import types
from typing import Any

from .skips import says_skip

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
    """Return the file of a function, method or class; None when it cannot be told.

    Nor can it of an object that is only called, like a mock or a partial: what it does is not what its class is.
    """
    code = getattr(thing, "__code__", None)
    if isinstance(code, types.CodeType):
        return _told_by_its_module(thing) or str(code.co_filename)
    if not isinstance(thing, (type, types.BuiltinFunctionType)):
        return None
    return getattr(sys.modules.get(getattr(thing, "__module__", None) or ""), "__file__", None)


def _told_by_its_module(function: Any) -> str:
    """Return the file of the module of the project that a function lives in, whatever file its code names."""
    names = getattr(function, "__globals__", {})
    path = names.get("__file__")
    return str(path) if is_in_project(path) else ""


def is_theirs(path: str | None) -> bool:
    """Say whether code in this file is the project's, and none of what is pinned."""
    if not isinstance(path, str):
        return True
    real = os.path.realpath(path)
    if path.startswith("<frozen ") or real in _PINNED or os.path.dirname(real) == _BESIDE:
        return False
    return not real.startswith(_TRUSTED) or real.startswith(_HOME + os.sep)


def is_pinned(path: Any) -> bool:
    """Say whether this is a file that the author of the work cannot have written."""
    return isinstance(path, str) and os.path.realpath(path) in _PINNED


def is_in_project(path: str | None) -> bool:
    """Say whether this is a file of the project, and not only code of unknown origin, as a decorator may make it."""
    return isinstance(path, str) and os.path.isabs(path) and is_theirs(path) and path.startswith(_HOME + os.sep)


def raised_in(error: BaseException) -> str:
    """Return the file of the project, or of its pinned tests, whose code raised this; "" where only others had part.

    What a library raises when it is called is raised by who called it. Nothing that a traceback hides is hidden here.
    """
    before = error.__context__
    # Of a skip in a TestCase, pytest makes another one from within the ``except`` of unittest.
    is_another = isinstance(before, getattr(sys.modules.get("unittest"), "SkipTest", ()))
    return _innermost(error) or (_innermost(before) if before is not None and is_another else "")


def is_said_by_nobody(error: BaseException) -> bool:
    """Say whether a pinned test skips and has no call there that says so: then what it compared, or used, skips.

    ``__eq__ = staticmethod(pytest.skip)`` has no frame of its own.
    """
    last, trace = None, error.__traceback__
    while trace is not None:
        if is_theirs(trace.tb_frame.f_code.co_filename) or is_pinned(trace.tb_frame.f_code.co_filename):
            last = trace
        trace = trace.tb_next
    if last is None or not is_pinned(last.tb_frame.f_code.co_filename):
        return False
    by = last.tb_next.tb_frame.f_globals.get("__name__") if last.tb_next is not None else "pytest"
    # A library of the tests may skip them; what it is that was called there is in the file of the test.
    is_pytests = str(by).split(".")[0] in ("_pytest", "pytest", "unittest")
    return is_pytests and not says_skip(last.tb_frame.f_code.co_filename, last.tb_lineno)


def _innermost(error: BaseException) -> str:
    files, trace = [], error.__traceback__
    while trace is not None:
        files.append(trace.tb_frame.f_code.co_filename)
        trace = trace.tb_next
    return next((file for file in reversed(files) if is_theirs(file) or os.path.realpath(file) in _PINNED), "")


def shown(path: str) -> str:
    """Return a path as seen from the top of the project."""
    return os.path.relpath(os.path.realpath(path), _HOME)


def is_of_tests(path: str) -> bool:
    """Say whether a file lies with tests, where matchers that answer True for every value of a type are usual."""
    names = shown(path).split(os.sep)
    return not {"tests", "test"}.isdisjoint(names) or names[-1].startswith(("test_", "conftest"))
