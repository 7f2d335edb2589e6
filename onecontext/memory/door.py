"""The door of a handle: what each of its public methods does before and after its own work.

Rule 1: a class that has :class:`Door` as a base gets it for every public method that it or a subclass defines, when the
        class is made; there is nothing to remember.
Rule 2: an argument of another type than the signature says is refused before anything is done. An annotation that
        cannot be checked is an error when the class is made.
Rule 3: what the disk refuses leaves as StorageError, and what is missing there or of another kind as Damaged; the
        OSError is the cause.
"""

import errno
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import wraps
from io import IOBase
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin

from onecontext.errors import Damaged, InvalidText, OneContextError, StorageError, UsageError

_WORDS: dict[Any, str] = {
    str: "text",
    int: "a whole number",
    bool: "True or False",
    datetime: "a datetime",
    Path: "a path",
    NoneType: "None",
    Sequence: "several texts",
    Callable: "a function",
    IOBase: "a stream of bytes",
}
_OF_ANOTHER_KIND = {errno.ENOENT, errno.ENOTDIR, errno.EISDIR, errno.ELOOP, errno.EEXIST, errno.ENOTEMPTY, errno.ENXIO}
_HINTS = {
    errno.ENOSPC: "free some space and run it again",
    errno.EDQUOT: "free some of the quota and run it again",
    errno.EROFS: "the file system is read-only; the memory can still be read",
    errno.EACCES: "check who owns the folder",
    errno.EPERM: "check who owns the folder",
    errno.EMFILE: "close some files and run it again",
    errno.ENFILE: "close some files and run it again",
    errno.EIO: "the disk may be failing: look at the system's log, and copy the memory elsewhere",
}


class Door:
    """A base whose public methods, and those of its subclasses, refuse wrong types and raise no OSError."""

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        for name, value in list(vars(cls).items()):
            if name.startswith("_"):
                continue
            if isinstance(value, classmethod):
                setattr(cls, name, classmethod(_through(value.__func__)))
            elif callable(value):
                setattr(cls, name, _through(value))


def _through(function: Callable[..., Any]) -> Callable[..., Any]:
    annotations = {name: hint for name, hint in function.__annotations__.items() if name != "return"}
    allowed = {name: _types(hint) for name, hint in annotations.items()}
    fitting: set[tuple[Any, ...]] = set()

    @wraps(function)
    def method(self: Any, /, *args: Any, **kwargs: Any) -> Any:
        # Types that have fitted once fit again, which is seen in half a microsecond.
        types = (*map(type, args), *kwargs, *map(type, kwargs.values()))
        if types not in fitting and _check(function, allowed, args, kwargs):
            fitting.add(types)
        try:
            return function(self, *args, **kwargs)
        except OSError as error:
            raise told(error) from error

    return method


def told(error: OSError) -> OneContextError:
    """Return an error of the system as one of ours."""
    path = error.filename2 or error.filename
    where = f": {path}" if path else ""
    if error.errno == errno.ENAMETOOLONG:
        return UsageError(f"the path is too long{where[:80]}")
    if error.errno in _OF_ANOTHER_KIND:
        return Damaged(
            f"{error.strerror}{where}; nothing was changed",
            hint="'onecontext doctor' tells more; git status in the memory shows what is missing",
        )
    said = error.strerror or str(error)
    return StorageError(f"{said}{where}; the memory is as it was before", hint=_HINTS.get(error.errno or 0, ""))


def _types(hint: Any) -> tuple[Any, ...]:
    """Return what an annotation allows, as types that :func:`isinstance` knows."""
    origin = get_origin(hint)
    if origin in (Union, UnionType):
        return tuple(one for part in get_args(hint) for one in _types(part))
    if origin is Literal:
        return tuple({type(value) for value in get_args(hint)})
    known = NoneType if hint is None else origin or hint
    if known not in _WORDS and Callable is not known:
        raise TypeError(f"an argument of type {hint} cannot be checked")
    return (known,)


def _check(function: Callable[..., Any], allowed: dict[str, Any], args: Any, kwargs: dict[str, Any]) -> bool:
    """Refuse arguments that do not fit; return whether others of the same types will fit as well."""
    names = function.__code__.co_varnames[1 : function.__code__.co_argcount]
    by_type_alone = True
    for name, value in [*zip(names, args, strict=False), *kwargs.items()]:
        types = allowed.get(name, (object,))
        if not _fits(value, types):
            words = " or ".join(_WORDS[one] for one in types)
            raise UsageError(f"{name} must be {words}, not {_called(value)}")
        if Path in types and "\0" in str(value):
            raise InvalidText(f"the {name} has a NUL", hint="leave it out")
        by_type_alone = by_type_alone and Path not in types and (isinstance(value, str) or Sequence not in types)
    return by_type_alone


def _fits(value: Any, types: tuple[Any, ...]) -> bool:
    if isinstance(value, bool):
        return bool in types
    if isinstance(value, bytes | bytearray | memoryview):
        return False
    if not isinstance(value, types):
        return False
    return isinstance(value, str) or not isinstance(value, Sequence) or all(isinstance(one, str) for one in value)


def _called(value: Any) -> str:
    if isinstance(value, Sequence) and not isinstance(value, str | bytes | bytearray | memoryview):
        return f"{type(value).__name__} of {', '.join(sorted({type(one).__name__ for one in value}))}"
    return type(value).__name__
