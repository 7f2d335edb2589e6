"""Where teams live on disk, and which of them to show.

Rule 1: looks, and makes nothing; a symlink in the place of a team's folder is not followed.
Rule 2: a team with a journal is what its journal says; one without, of another program, what its files say.
"""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from onecontext.errors import Damaged
from onecontext.store.files import open_to_read
from tui.sources.unlinked import IN_A_TEAM, NOT_FOLLOWED, link_on

LEFT_AFTER_NS = 60 * 1_000_000_000
JOURNAL = Path("onecontext") / "journal.jsonl"
CONFIG = "config.json"
_HEAD_BYTES = 4_096
_TYPE = re.compile(rb'"type":"([a-z]+)')
_OURS = (b"team", b"mission")
"""What the first event of a journal is of that was begun with a team of ours, and not by somebody who came to one."""


@dataclass(frozen=True)
class Spot:
    """A team that is there: ``path`` is its journal, or its ``config.json`` where it keeps none."""

    root: Path
    team: str
    path: Path
    shared: bool = False
    """It is a team of another program, and its journal is that of members of ours who joined it."""

    @property
    def kept(self) -> str:
        """From what it is told (:class:`tui.snapshot.TeamLine`)."""
        return "shared" if self.shared else "journal" if self.has_journal else "files"

    @property
    def has_journal(self) -> bool:
        """Whether it is told from a journal."""
        return self.path.name != CONFIG

    @property
    def written_ns(self) -> int:
        """When something of it was written last, in nanoseconds since 1970; of files, those that are in one folder."""
        if self.has_journal and not self.shared:
            return _written(self.path)
        config = self.root / "teams" / self.team / CONFIG
        return max(map(_written, (self.path, config, config.with_name("inboxes"), self.root / "tasks" / self.team)))

    @property
    def link(self) -> Path | None:
        """What of its journal and the folders above it is a symlink, so that nothing of it is read; None: nothing."""
        return link_on(self.path, IN_A_TEAM) if self.has_journal else None

    @property
    def folders(self) -> list[Path]:
        """The folders in which a change may mean something new about it."""
        journals, folder = [self.path.parent] if self.has_journal else [], self.root / "teams" / self.team
        if self.has_journal and not self.shared:
            return journals
        return [*journals, folder, folder / "inboxes", self.root / "tasks" / self.team]


def spot_of(root: Path, team: str) -> Spot | None:
    """Return the team ``team`` under ``root``, None while it is not there."""
    # Text, not paths: of two thousand teams each is looked at.
    folder = f"{root}/teams/{team}"
    if os.path.islink(folder):  # noqa: PTH114 - Path.is_symlink raises where the folder may not be searched
        return None
    return _spot(root, team, folder)


def still_ours(before: Spot | None, now: Spot | None) -> Spot | None:
    """Return ``now``, or ``before`` where that is the journal of the same team of ours and has merely gone.

    A team that is being deleted loses its journal before its ``config.json``, and is not another program's by that.
    """
    if before is None or now is None or (before.root, before.team) != (now.root, now.team):
        return now
    return before if before.has_journal and not before.shared and not now.has_journal else now


def _spot(root: Path, team: str, folder: str) -> Spot | None:
    for name in (JOURNAL, CONFIG):
        if _is_there(path := f"{folder}/{name}"):
            is_shared = name is JOURNAL and _is_there(f"{folder}/{CONFIG}") and not _is_ours(path)
            return Spot(root, team, Path(path), is_shared)
    return None


def _is_ours(journal: str) -> bool:
    """Say whether the team is ours: its journal begins with its making or its mission, not with who joined it."""
    try:
        return _begins_ours(journal, os.stat(journal).st_ino)  # noqa: PTH116 - see above
    except (OSError, Damaged):
        return True  # it cannot be read, and its reader says so


@lru_cache(maxsize=4_096)
def _begins_ours(journal: str, inode: int) -> bool:
    with open_to_read(Path(journal)) as file:
        found = _TYPE.search(file.readline(_HEAD_BYTES))
    return found is None or found[1] in _OURS


def _is_there(path: str) -> bool:
    """Say whether something is at ``path``, whatever it is: what cannot be read is told, and not passed over."""
    try:
        os.stat(path)  # noqa: PTH116 - see above
    except PermissionError:
        return True
    except OSError:
        return False
    return True


def spots(root: Path) -> Iterator[Spot]:
    """Yield the teams under ``root``, in no order; of one that cannot be read none (:func:`root_trouble` says why)."""
    try:
        found = names(root)
    except OSError:
        return
    for name in found:
        if spot := _spot(root, name, f"{root}/teams/{name}"):
            yield spot


def names(root: Path) -> list[str]:
    """Return the names of folders that may be teams. Raises OSError where ``teams/`` cannot be listed."""
    with os.scandir(root / "teams") as entries:
        return [entry.name for entry in entries if entry.is_dir(follow_symlinks=False)]


def root_trouble(root: Path) -> str:
    """Return why the teams under ``root`` cannot be seen; "" when they can, or when there is no such folder yet."""
    try:
        names(root)
    except FileNotFoundError:
        return ""
    except OSError as error:
        return f"no teams can be seen: {error.strerror or error}: {root}"
    return ""


@dataclass(frozen=True)
class Place:
    """A root folder (holding ``teams/``) and the team to show; None: the one that was written to last."""

    root: Path
    team: str | None = None

    def spot(self, current: Path | None = None, *, over: bool = False) -> Spot | None:
        """Return the team to show, or None while there is none.

        A screen that already shows what is at ``current`` stays with it, unless what it shows is ``over`` or was left
        long ago for another: two teams at work must not take turns on one screen.
        """
        if self.team is not None:
            return spot_of(self.root, self.team)
        there = list(spots(self.root))
        newest = max(there, key=lambda spot: (spot.written_ns, spot.team), default=None)
        held = next((spot for spot in there if spot.path == current), None)
        if held is None or newest is None or over:
            return newest
        return newest if newest.written_ns - held.written_ns > LEFT_AFTER_NS else held

    def trouble(self) -> str:
        """Return why the team cannot be seen; "" when it can, or when it is not there yet."""
        folder = self.root / "teams" / (self.team or "")
        if self.team and os.path.islink(folder):  # noqa: PTH114 - see above
            return f"the team cannot be read: {NOT_FOLLOWED}: {folder}"
        return root_trouble(self.root)

    def watched(self, spot: Spot | None) -> list[Path]:
        """Return the folders in which a change may mean something new to show."""
        refs = self.root / ".git" / "refs" / "heads"
        # A folder of teams that is not there yet is waited for; a memory that is not there may never be.
        return [*(spot.folders if spot else []), self.root / "teams", *([refs] if refs.is_dir() else [])]


def find_root(cwd: Path) -> Path:
    """Return the nearest ``.onecontext`` upwards that holds teams, else such a ``.claude``, else where one would be."""
    upwards = (cwd, *cwd.parents)
    for name in (".onecontext", ".claude"):
        for folder in upwards:
            if (folder / name / "teams").is_dir():
                return folder / name
    return next((path for folder in upwards if (path := folder / ".onecontext").is_dir()), cwd / ".onecontext")


def memory_of(journal: Path) -> Path | None:
    """Return the memory beside whose teams the file ``journal`` lies, or None when it lies anywhere else."""
    return next((folder for folder in journal.parents if folder.name == ".onecontext"), None)


def _written(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0


def advice(root: Path, *, waits: bool = True) -> list[str]:
    """Return what to say when there is nothing to show yet; ``waits``: the screen stays and will show it."""
    return [
        f"No team has written a journal under {root}.",
        "",
        "Start one in another terminal:",
        '    onecontext run "what you want done" --model MODEL',
        "Or look somewhere else:",
        "    onecontext monitor --root DIR",
        *(["", "This screen waits; a run appears by itself."] if waits else []),
    ]
