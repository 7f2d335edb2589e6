"""What reads a team: its journal, the files of another program, or both.

Rule 1: only what a team needs is imported: the first picture of a journal does not wait for what reads files.
"""

from typing import TYPE_CHECKING, TypeAlias

from tui.sources.folder import Spot
from tui.sources.reader import Reader
from tui.sources.unlinked import IN_A_TEAM

if TYPE_CHECKING:
    from tui.sources.files import Files
    from tui.sources.shared import Shared

AnyReader: TypeAlias = "Reader | Files | Shared"


def reader_of(spot: Spot) -> AnyReader:
    """Return what reads the team at ``spot``."""
    if spot.shared:
        from tui.sources.shared import Shared

        return Shared(spot.root, spot.team, spot.path)
    if spot.has_journal:
        return Reader(spot.path, folders=IN_A_TEAM)
    from tui.sources.files import Files

    return Files(spot.root, spot.team)
