"""Work trees: where the files of a branch lie, and what they say that they show.

Rule 1: what a folder shows is what its note says, written by the run of the machine that this is: of an earlier one
        some of the files may be gone.
"""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from onecontext.store.boot import boot_id
from onecontext.store.files import read_bytes

HEX = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}", re.ASCII)
_SMALL_BYTES = 64 * 1024


class Shown(NamedTuple):
    """What a work tree shows: the branch, and the git commit its files were last written from."""

    branch: str
    commit: str


@dataclass(frozen=True)
class Place:
    """A work tree: ``folder`` has the files, ``git_dir`` its index and our note of what it shows."""

    folder: Path
    git_dir: Path
    main: bool

    def note(self) -> Path:
        """Return the file that says what the folder shows."""
        return self.git_dir / "onecontext-shown"

    def shown(self) -> Shown | None:
        """Return what the folder shows; None where it was never written, or not by us."""
        if not (self.folder / ".git").exists():
            return None
        words = small(self.note()).split()
        # One that a power cut tore says nothing.
        return Shown(words[0], words[1]) if len(words) in (2, 3) and HEX.fullmatch(words[1]) else None

    def is_showing(self, branch: str, commit: str) -> bool:
        """Say whether the folder shows this, written since the machine was started."""
        return (self.folder / ".git").exists() and small(self.note()) == self.note_text(branch, commit)

    def note_text(self, branch: str, commit: str) -> str:
        """Return what the note says once the folder shows this."""
        return f"{branch} {commit} {boot_id()}\n"


def small(path: Path) -> str:
    """Return a small text file of git or of ours; empty when there is none."""
    try:
        return read_bytes(path, limit_bytes=_SMALL_BYTES).decode("utf-8", "replace")
    except (FileNotFoundError, NotADirectoryError):
        return ""
