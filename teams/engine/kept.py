"""Journals that outlive the folder of their team: a live client removes ``teams/<team>/`` when it ends, and ours in it.

Rule 1: a journal is kept by a second name (a hard link) in a folder beside ``teams/``, made while the team lives. A
    copy made at the end would need somebody who notices the end and lives through it; a link needs nobody, costs
    nothing, and has every later event, the very last as well. For that the journal is only ever changed in place.
Rule 2: only we can get into the folder (0700), and git passes over it. The file's mode is that of the journal.
Rule 3: reading makes nothing. Nothing here is ever taken away: who wants a journal gone removes both names.
"""

import os
import re
import stat
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from onecontext.errors import Damaged
from onecontext.store.files import replace_bytes, sync_folder
from teams.engine.tail import open_journal

_TIME = "%Y%m%dT%H%M%S.%fZ"
_NAME = re.compile(r"(?P<team>.+)-(?P<at>\d{8}T\d{6}\.\d{6}Z)\.jsonl", re.ASCII)
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


class Kept(NamedTuple):
    """A journal that is kept: of which team, since when, where, and when it was last written (seconds since 1970)."""

    team: str
    since: datetime
    path: Path
    written_at: float
    identity: tuple[int, int]

    def is_of(self, journal: Path) -> bool:
        """Say whether this is the second name of the file that is at ``journal`` now."""
        return _identity_at(journal) == self.identity


def kept(folder: Path, team: str | None = None) -> list[Kept]:
    """Return what is kept in ``folder``, of one team if one is named, what was written last first."""
    found = []
    for path in folder.glob("*.jsonl") if _is_folder(folder) else ():
        name = _NAME.fullmatch(path.name)
        if name is None or team not in (None, name["team"]):
            continue
        try:
            status = path.lstat()
            since = datetime.strptime(name["at"], _TIME).replace(tzinfo=UTC)
        except (OSError, ValueError):
            # Gone since it was listed, or no time that there is: it is nothing of ours.
            continue
        if stat.S_ISREG(status.st_mode):
            found.append(Kept(name["team"], since, path, status.st_mtime, (status.st_dev, status.st_ino)))
    return sorted(found, key=lambda one: (one.written_at, one.since), reverse=True)


class SecondName:
    """The second name of one journal, in ``folder``; None: it is given none."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        # Device, inode and count of names of a file of which the other name is there: looked for once.
        self._known: tuple[int, int, int] | None = None

    def give(self, journal: Path, team: str, *, at: datetime) -> Path | None:
        """Give ``journal`` its second name, durably, and return it; the one it has already, if it has one.

        The caller holds the journal's lock: two names would be one too many.

        Raises:
            FileNotFoundError: there is no journal yet.
            OSError: the file system has no hard links, or is full or read-only; nothing was made.
            Damaged: the journal is no regular file, or something else stands in the place of the folder.
        """
        if self._folder is None:
            return None
        with open_journal(journal) as file:
            identity = _identity(os.fstat(file.fileno()))
        for one in kept(self._folder, team):
            if one.identity == identity:
                return one.path
        return _link(journal, self._folder, f"{team}-{at.astimezone(UTC).strftime(_TIME)}.jsonl")

    def is_the_other(self, status: os.stat_result) -> bool:
        """Say whether a journal with several names has one besides its own, and that one is in the folder."""
        found = (status.st_dev, status.st_ino, status.st_nlink)
        if found != self._known and self._folder is not None and status.st_nlink == 2:
            is_there = any(one.identity == _identity(status) for one in kept(self._folder))
            self._known = found if is_there else None
        return found == self._known


def _link(journal: Path, folder: Path, name: str) -> Path:
    _make(folder)
    held = os.open(folder, _FOLDER)
    try:
        # link(2) makes a new name or fails: it neither replaces nor follows what is there.
        os.link(journal, name, dst_dir_fd=held, follow_symlinks=False)
        os.fsync(held)
    finally:
        os.close(held)
    return folder / name


def _make(folder: Path) -> None:
    for path in (folder.parent, folder):
        try:
            path.mkdir(mode=0o700)
        except FileExistsError:
            if not _is_folder(path):
                raise Damaged(f"{path} is no folder of its own, and is not followed") from None
        else:
            sync_folder(path.parent)
    ignoring = folder / ".gitignore"
    # A root is often in somebody's repository, and what agents said to each other is not for that.
    if not ignoring.is_symlink() and not ignoring.exists():
        replace_bytes(ignoring, b"*\n")


def _is_folder(path: Path) -> bool:
    try:
        return stat.S_ISDIR(path.lstat().st_mode)
    except OSError:
        return False


def _identity(status: os.stat_result) -> tuple[int, int]:
    return status.st_dev, status.st_ino


def _identity_at(path: Path) -> tuple[int, int] | None:
    try:
        return _identity(path.lstat())
    except OSError:
        return None
