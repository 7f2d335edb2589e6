"""What the project's code reaches into while it is tested: its callers' frames, all objects there are, our report.

Rule 1: seen by an audit hook (PEP 578), which no Python code takes out again, in whatever words it is written.
Rule 2: to look is not wrong in itself, and is told. To write our report, or to exchange the code of a test, is refused.
Rule 3: another process that the project starts is not seen.
"""

from __future__ import annotations

import os
import sys
import threading
from typing import Any

from .provenance import is_in_project, is_of_tests, is_theirs, shown

MOST = 50
_LOOKS = frozenset(
    {
        *("sys._getframe", "sys._current_frames", "sys._current_exceptions", "sys.settrace", "sys.setprofile"),
        *("gc.get_objects", "gc.get_referrers", "gc.get_referents", "sys.monitoring.register_callback"),
    }
)
_FRAMES = frozenset({"tb_frame", "gi_frame", "cr_frame", "ag_frame"})
_CODE = frozenset({"f_code", "__code__"})
# What hands frames to who calls it; what else of the standard library looks at frames does so for itself.
_HANDING = {
    "inspect.py": ("currentframe", "stack", "trace", "getouterframes", "getinnerframes", "<listcomp>"),
    "traceback.py": ("walk_stack", "walk_tb"),
}
_CHANGING = ("os.remove", "os.rename", "os.truncate", "os.rmdir", "os.link", "os.symlink", "os.chmod", "os.utime")
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_TRUNC | os.O_APPEND | os.O_CREAT
_OURS = os.path.dirname(os.path.abspath(__file__))


class Reaching:
    """What was reached for since it was last taken: what was looked at is asked about, what was refused fails."""

    def __init__(self, folder: str) -> None:
        self._name = os.path.basename(folder)
        self._busy = threading.local()
        self._looked: list[str] = []
        self._refused: list[str] = []

    def watch(self) -> None:
        """Begin; there is no end."""
        sys.addaudithook(self._hear)

    def take(self) -> tuple[list[str], list[str]]:
        """Return (looked, refused) and forget them, so that they travel with the report of one test."""
        taken = self._looked, self._refused
        self._looked, self._refused = [], []
        return taken

    def _hear(self, event: str, arguments: tuple[Any, ...]) -> None:
        if getattr(self._busy, "now", False):
            return
        self._busy.now = True
        try:
            refused = self._weigh(event, arguments, sys._getframe(1))
        finally:
            self._busy.now = False
        if refused:
            self._refused = [*self._refused[:MOST], refused]
            raise PermissionError(refused)

    def _weigh(self, event: str, arguments: tuple[Any, ...], frame: Any) -> str:
        """Note what is looked at; return why it is refused, "" where it is not."""
        if event in _LOOKS:
            self._look(frame, event)
        elif event == "object.__getattr__" and arguments[1] in _FRAMES:
            self._look(frame, str(arguments[1]))
        elif event == "object.__getattr__" and arguments[1] in _CODE and _is_of_a_test(arguments[0]):
            self._look(frame, f"{arguments[1]} of its test")
        elif event == "object.__setattr__" and arguments[1] == "__code__" and _is_of_a_test(arguments[0]):
            who = _who(frame)
            return f"{who} exchanges the code of a test" if who else ""
        elif self._name and _changes(event, arguments) and any(self._is_ours(part) for part in arguments[:2]):
            return "" if _is_us(frame) else f"{_who(frame) or 'something'} writes where the report of its test lies"
        return ""

    def _look(self, frame: Any, what: str) -> None:
        who = _who(frame)
        noted = f"{who} looks at {what}, while it is tested"
        if who and noted not in self._looked and len(self._looked) < MOST:
            self._looked.append(noted)

    def _is_ours(self, path: Any) -> bool:
        if isinstance(path, bytes):
            path = os.fsdecode(path)
        return isinstance(path, str) and self._name in path


def _changes(event: str, arguments: tuple[Any, ...]) -> bool:
    if event != "open":
        return event in _CHANGING
    mode, flags = arguments[1], arguments[2]
    return bool(mode and set(str(mode)) & set("wax+")) or bool(isinstance(flags, int) and flags & _WRITING)


def _is_us(frame: Any) -> bool:
    """Say whether we write because pytest asked us to, and not because somebody else called us."""
    inside = False
    while frame is not None and os.path.dirname(frame.f_code.co_filename) == _OURS:
        frame, inside = frame.f_back, True
    return inside and frame is not None and _is_pluggy(frame)


def _is_pluggy(frame: Any) -> bool:
    path = str(frame.f_code.co_filename)
    named = str(frame.f_globals.get("__name__")).split(".")[0]
    return named == "pluggy" == os.path.basename(os.path.dirname(path)) and not is_theirs(path)


def _who(frame: Any) -> str:
    """Return ``path:line`` of the project's code that did this, or had it handed out; "" where others did."""
    while frame is not None and _hands_out(frame.f_code):
        frame = frame.f_back
    if frame is None:
        return ""
    for path in (frame.f_globals.get("__file__"), frame.f_code.co_filename):
        if is_in_project(path) and not is_of_tests(str(path)):
            return f"{shown(str(path))}:{frame.f_lineno}"
    return ""


def _hands_out(code: Any) -> bool:
    folder, name = os.path.split(code.co_filename)
    return code.co_name in _HANDING.get(name, ()) and folder == os.path.dirname(os.__file__)


def _is_of_a_test(thing: Any) -> bool:
    code = getattr(thing, "f_code", None) or getattr(thing, "__code__", None)
    path = getattr(code, "co_filename", "")
    return os.path.isabs(path) and is_of_tests(path)
