"""What .gitignore leaves out, asked of libgit2 without letting it near the working copy.

Rule 1: libgit2 reads only a folder of ours, into which the bytes of each .gitignore are brought. A .gitignore that is a
        symlink or a FIFO is none, as for git since 2.32.
"""

import os
from pathlib import Path

import pygit2


class Ignore:
    """Answers for one walk over a working copy. ``scratch`` is an empty folder of ours that lives as long."""

    def __init__(self, scratch: Path, *, exclude: Path) -> None:
        """
        Args:
            exclude: the user's info/exclude, which counts too; need not be there.
        """
        self._scratch = scratch
        self._repository = pygit2.init_repository(str(scratch))
        if exclude.is_file():
            info = scratch / ".git" / "info"
            info.mkdir(exist_ok=True)
            (info / "exclude").write_bytes(exclude.read_bytes())

    def add(self, folder: tuple[str, ...], content: bytes) -> None:
        """Take in the .gitignore of ``folder``; before anything below it is asked about."""
        place = self._scratch.joinpath(*folder)
        place.mkdir(parents=True, exist_ok=True)
        (place / ".gitignore").write_bytes(content)

    def leaves_out(self, names: tuple[str, ...], *, is_folder: bool) -> bool:
        """Say whether the path is ignored by itself; that a folder above it is ignored is for the caller to know."""
        path = "/".join(names) + ("/" if is_folder else "")
        # Names that are not UTF-8 cannot be handed over as they are; patterns hardly ever mean those bytes.
        return bool(self._repository.path_is_ignored(os.fsencode(path).decode("utf-8", errors="replace")))
