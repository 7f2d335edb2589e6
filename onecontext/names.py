"""What a branch, an agent, a team or a task key may be called: one rule, checked at every entry point.

Rule 1: a name is safe as a file name, as a git ref and as a word on a command line, on every file system.
Rule 2: no two different names can mean the same file, so there is no case, no accent, no device name.
"""

import re

from onecontext.errors import InvalidName

MAX_LENGTH = 64
_SHAPE = re.compile(r"[a-z0-9](?:[a-z0-9._-]*[a-z0-9])?", re.ASCII)
_DEVICES = {"con", "prn", "aux", "nul"} | {f"{port}{n}" for port in ("com", "lpt") for n in range(10)}


def check_name(name: str, *, what: str = "name") -> str:
    """Return ``name`` unchanged if it may name a ``what``.

    Raises:
        InvalidName: it may not; the message says why, in a form safe to print.
    """
    reason = _reason_against(name)
    if reason:
        raise InvalidName(
            f"{name[:80]!r} cannot name {'an' if what[0] in 'aeiou' else 'a'} {what}: {reason}",
            hint=f"use 1 to {MAX_LENGTH} of a-z, 0-9, and - _ . inside, such as 'fix-login'",
        )
    return name


def is_name(name: str) -> bool:
    """Say whether ``name`` may name anything of ours."""
    return not _reason_against(name)


def _reason_against(name: str) -> str:
    if not name:
        return "it is empty"
    if len(name) > MAX_LENGTH:
        return f"it has {len(name)} characters, more than {MAX_LENGTH}"
    if not _SHAPE.fullmatch(name):
        return "it has characters other than lower case letters, digits and - _ . inside"
    if ".." in name or name.endswith(".lock"):
        return "git reserves '..' and '.lock'"
    if name.split(".")[0] in _DEVICES:
        return "some systems reserve it for a device"
    return ""
