"""What stands on the way to a file: each name is a folder, and the last one a regular file, before it is opened.

Rule 1: a symlink or something else in the place of a folder could lead out of ours: it is refused, and never followed.
Rule 2: what is not there is no fault: whoever opens it says what that means.
"""

import os
import stat
from collections.abc import Iterable
from pathlib import Path

from onecontext.errors import REPAIR, Damaged

_REMEMBERED = 10_000
_walked: dict[str, tuple[int, int]] = {}


def check_way(top: Path, path: Path) -> None:
    """See that ``top`` and each name below it on the way to ``path`` is a folder, or not there yet.

    Raises:
        Damaged: one is a symlink or something else, and could lead out of ``top``.
    """
    folder = path.parent
    # A folder that was walked to once is the same as long as its inode is: one stat(2) instead of one for each name.
    if (seen := _identity(folder)) is None or _walked.get(str(folder)) != seen:
        check_kinds((str(one) for one in [folder, *folder.parents] if one.is_relative_to(top)), ())
        if len(_walked) > _REMEMBERED:
            _walked.clear()
        if seen:
            _walked[str(folder)] = seen


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        status = os.stat(path)  # noqa: PTH116 - Path.stat takes three times as long
    except OSError:
        return None  # whatever it is, whoever looks at each name will find it
    return status.st_dev, status.st_ino


def check_kinds(folders: Iterable[str], files: Iterable[str]) -> None:
    """See that these are folders and these regular files, as far as they are there.

    Raises:
        Damaged: one is something else; the message names it.
    """
    for path in folders:
        if not stat.S_ISDIR(_mode(path, stat.S_IFDIR)):
            raise Damaged(f"{path} is no folder of its own, and is not followed", hint=REPAIR)
    for path in files:
        if not stat.S_ISREG(_mode(path, stat.S_IFREG)):
            raise Damaged(f"{path} is not a regular file, and is not opened", hint=REPAIR)


def check_all_regular(folder: str) -> None:
    """See that all that lies in ``folder``, which need not be there, are regular files; costs one readdir(3).

    Raises:
        Damaged: one is something else; the message names it.
    """
    try:
        with os.scandir(folder) as entries:
            other = next((entry.path for entry in entries if not entry.is_file(follow_symlinks=False)), None)
    except (FileNotFoundError, NotADirectoryError):
        return
    if other is not None:
        check_kinds((), (other,))  # unless it went meanwhile


def _mode(path: str, missing: int) -> int:
    try:
        return os.lstat(path).st_mode
    except (FileNotFoundError, NotADirectoryError):
        return missing
