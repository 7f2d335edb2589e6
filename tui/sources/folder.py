"""Where teams live on disk, and which of them to show.

Rule 1: looks, and makes nothing.
"""

from dataclasses import dataclass
from pathlib import Path

from onecontext.errors import NoTeam

LEFT_AFTER_NS = 60 * 1_000_000_000
JOURNAL = Path("onecontext") / "journal.jsonl"


@dataclass(frozen=True)
class Place:
    """A root folder (holding ``teams/``) and the team to show; None: the one whose journal is newest."""

    root: Path
    team: str | None = None

    def journal_path(self, current: Path | None = None, *, over: bool = False) -> Path | None:
        """Return the journal to show, or None while there is none.

        A screen that already shows ``current`` stays with it, unless what it shows is ``over`` or was left long ago
        for another: two teams at work must not take turns on one screen.
        """
        if self.team is not None:
            path = self.root / "teams" / self.team / JOURNAL
            return path if path.exists() else None
        newest = newest_journal(self.root)
        if current is None or newest is None or over or not current.exists():
            return newest
        return newest if _written(newest) - _written(current) > LEFT_AFTER_NS else current

    def watched(self, journal: Path | None) -> list[Path]:
        """Return the folders in which a change may mean something new to show."""
        folders = [self.root / "teams", self.root / ".git" / "refs" / "heads"]
        if journal:
            folders.insert(0, journal.parent)
        return [folder for folder in folders if folder.is_dir()]


def find_root(cwd: Path) -> Path:
    """Return the nearest ``.onecontext`` upwards that holds teams, else such a ``.claude``, else where one would be."""
    upwards = (cwd, *cwd.parents)
    for name in (".onecontext", ".claude"):
        for folder in upwards:
            if (folder / name / "teams").is_dir():
                return folder / name
    return next((path for folder in upwards if (path := folder / ".onecontext").is_dir()), cwd / ".onecontext")


def newest_journal(root: Path) -> Path | None:
    """Return the journal that was written to last, or None when no team keeps one."""
    found = [(_written(path), path) for path in root.glob(f"teams/*/{JOURNAL}")]
    return max(found)[1] if found else None


def _written(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0


def place_of(root: Path, team: str | None) -> Place:
    """Return the place to watch.

    Raises:
        NoTeam: a team was named and the root has others, but not that one.
    """
    if team is not None and not (root / "teams" / team).is_dir():
        known = sorted(path.name for path in root.glob("teams/*") if path.is_dir())
        raise NoTeam(f"no team {team!r} under {root}; there are {', '.join(known) or 'none'}")
    return Place(root, team)


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
