"""What an export and an import return.

Rule 1: what the other side's format cannot carry, or ours did not take as records, is said in words, never left out.
"""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class ExportedBranch:
    """A branch as written: how many records, and how many of their texts the other reader shows in another form."""

    name: str
    milestones: int
    steps: int
    reshaped: int


@dataclass(frozen=True)
class Export:
    """What an export wrote. ``path`` is the folder that other programs open; ``replaced``: an earlier export was there.

    ``notes`` are sentences about what the layout cannot carry.
    """

    path: Path
    layout: str
    branches: tuple[ExportedBranch, ...]
    replaced: bool
    notes: tuple[str, ...]


@dataclass(frozen=True)
class ImportedBranch:
    """What an import did with one branch.

    ``source`` is its name there and ``name`` the one here, ``milestones`` and ``steps`` count what was added now,
    ``kept`` names the files of this memory that hold, word for word, what is no record. ``already``: nothing was
    written. ``created``: the branch was not there before. ``commit`` is the tip afterwards.
    """

    source: str
    name: str
    milestones: int
    steps: int
    kept: tuple[str, ...]
    created: bool
    already: bool
    commit: str


@dataclass(frozen=True)
class Import:
    """What an import did; ``already``: all of it was here, and nothing was written. ``notes`` are sentences."""

    path: Path
    layout: str
    branches: tuple[ImportedBranch, ...]
    already: bool
    notes: tuple[str, ...]
