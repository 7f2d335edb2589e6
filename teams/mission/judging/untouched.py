"""Whether files stayed what they were while a command ran: a test that is read later may be another one by then.

Rule 1: told by the time of change of the inode, which the kernel sets and no call of a program can set back. So what
        was written and then made as it was is seen, too.
Rule 2: nothing is opened: a file may have become anything.
"""

from collections.abc import Iterable
from pathlib import Path

from teams.mission.judging.patterns import TEST_NAMES, is_setting, matches


class Untouched:
    """What ``paths`` in ``folder`` are now; make it when nothing of the project has run there yet.

    Only those count that are code: a test may well write its data.
    """

    def __init__(self, folder: Path, paths: Iterable[str]) -> None:
        self._folder = folder
        code = (path for path in sorted(paths) if path.endswith(".py") or is_setting(path) or _is_named(path))
        self._before = {path: self._now(path) for path in code}

    def touched(self) -> list[str]:
        """Return the paths that were written, replaced or taken away since."""
        return [path for path, before in self._before.items() if self._now(path) != before]

    def _now(self, path: str) -> tuple[int, int, int] | None:
        try:
            status = (self._folder / path).lstat()
        except OSError:
            return None
        return status.st_dev, status.st_ino, status.st_ctime_ns


def _is_named(path: str) -> bool:
    return matches(path.rsplit("/", 1)[-1], TEST_NAMES)
