"""Which teams there are under a root, where their journals lie, and which of them a name means.

Rule 1: a symlink in the place of a team's folder is no team.
"""

from collections.abc import Sequence
from pathlib import Path

from onecontext.errors import AmbiguousName

JOURNAL = Path("onecontext") / "journal.jsonl"
"""Where a team's journal is in its folder."""
ENDED = Path("onecontext") / "ended"
"""Where, under a root, journals are kept that outlive the folders of their teams (:mod:`teams.engine.kept`)."""


def whole_name(name: str, names: Sequence[str]) -> str:
    """Return the one of ``names`` that is, or alone begins with, ``name``; ``name`` itself where none does.

    Raises:
        AmbiguousName: several begin with it, and none is it.
    """
    found = [name] if name in names else [one for one in names if name and one.startswith(name)]
    if len(found) > 1:
        raise AmbiguousName(name, sorted(found))
    return found[0] if found else name


def teams_under(root: Path) -> list[str]:
    """Return the names of the teams under ``root``, the one that was last at work first."""
    configs = [path for path in (root / "teams").glob("*/config.json") if not path.parent.is_symlink()]
    return [path.parent.name for path in sorted(configs, key=_last_written, reverse=True)]


def _last_written(config: Path) -> float:
    for path in (config.parent / JOURNAL, config):
        try:
            return path.lstat().st_mtime
        except OSError:
            # It is not there, or out of reach: then it says nothing about when.
            continue
    return 0.0
