"""Whether there is room on the disk of a team: where there is none, nothing of what happens is recorded.

Rule 1: nothing is written to find out; what cannot be told is taken to be well.
"""

import os
import time
from pathlib import Path

LOOK_AGAIN_S = 3.0
LEAST_BYTES = 64 * 1024
"""A record of the journal is a few kilobytes; a file system keeps some of its last blocks for itself."""


class Space:
    """The room on the disk that ``folder`` lies on."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._looked_at = -LOOK_AGAIN_S
        self._trouble = ""

    def trouble(self) -> str:
        """Return that the disk is full, "" while it is not; looked at anew every three seconds."""
        if time.monotonic() - self._looked_at >= LOOK_AGAIN_S:
            self._looked_at = time.monotonic()
            self._trouble = self._look()
        return self._trouble

    def _look(self) -> str:
        try:
            disk = os.statvfs(self._folder)
        except OSError:
            return ""
        told = f"nothing can be recorded until something is freed there: {self._folder}"
        if disk.f_blocks and disk.f_bavail * disk.f_frsize < LEAST_BYTES:
            return f"the disk is full: {told}"
        if disk.f_files and not disk.f_favail:
            return f"the disk has no room for another file: {told}"
        return ""
