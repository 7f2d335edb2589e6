"""Which team is meant, where several roots hold some: by name, by the beginning of a name, or as ``root/team``.

Rule 1: looks, and makes nothing.
"""

from collections.abc import Sequence
from pathlib import Path

from onecontext.errors import AmbiguousName, NoTeam
from tui.sources.folder import Place, Spot, spots


def place_of(roots: Sequence[Path], team: str | None) -> Place:
    """Return the place to look at first; without a team the root whose newest team is newest.

    Raises:
        NoTeam: a team was named, and no root has it.
        AmbiguousName: several are meant by it.
    """
    there = [spot for root in roots for spot in spots(root)] if team is not None or len(roots) > 1 else []
    if team is None:
        newest = max(there, key=lambda spot: spot.written_ns, default=None)
        return Place(newest.root if newest else roots[0])
    if len(roots) == 1 and (roots[0] / "teams" / team).is_dir() and Path(team).name == team:
        return Place(roots[0], team)
    found = _meant(there, team)
    if not found:
        known = ", ".join(sorted(spot.team for spot in there)) or "none"
        raise NoTeam(f"no team {team!r} under {', '.join(map(str, roots))}; there are {known}")
    if len(found) > 1:
        raise AmbiguousName(team, sorted(f"{spot.root}/{spot.team}" for spot in found))
    return Place(found[0].root, found[0].team)


def _meant(there: Sequence[Spot], team: str) -> list[Spot]:
    """Return the spots whose name is ``team``, else those whose name begins so; before a last ``/`` stands the root."""
    where, _, name = team.rpartition("/")
    under = [spot for spot in there if _is_root(spot.root, where)]
    exact = [spot for spot in under if spot.team == name]
    return exact or [spot for spot in under if name and spot.team.startswith(name)]


def _is_root(root: Path, where: str) -> bool:
    """Say whether ``where`` names the root: its path or how that ends, with or without its own last name."""
    if not where:
        return True
    wanted = Path(where).parts
    return any(path.parts[-len(wanted) :] == wanted for path in (root, root.parent))
