"""Opening what a team's own folder holds, without following a symlink that somebody put there.

Rule 1: folders are opened one below the other, so nothing can be put in between looking and reading.
Rule 2: of folders above the team's own nobody asks: who keeps a whole project behind a symlink may.
"""

import errno
import os
from pathlib import Path

IN_A_TEAM = 2
"""Folders above a journal that are the team's: its own, and ours in it."""
NOT_FOLLOWED = "a symlink, which is not followed"
_FOLDER = getattr(os, "O_PATH", os.O_RDONLY) | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


def link_on(path: Path, folders: int) -> Path | None:
    """Return what is a symlink of ``path`` and so many folders above it, the uppermost; None: nothing is."""
    chain = [*reversed(path.parents[:folders]), path] if folders else []
    # os.path: who may not see it gets no error here, but from the opening.
    return next((part for part in chain if os.path.islink(part)), None)  # noqa: PTH114


def open_below(path: Path, folders: int, flags: int) -> int:
    """Open ``path`` and return its descriptor; neither it nor so many folders above it may be a symlink.

    Raises:
        OSError: it cannot be opened; ``filename`` is ``path``, or what of it is a symlink: then ``strerror`` says so.
    """
    if not folders:
        return os.open(path, flags)
    try:
        return _down(path, folders, flags)
    except OSError as error:
        if error.errno in (errno.ELOOP, errno.ENOTDIR) and (link := link_on(path, folders)):
            raise OSError(errno.ELOOP, NOT_FOLLOWED, str(link)) from error
        error.filename = str(path)
        raise


def _down(path: Path, folders: int, flags: int) -> int:
    here: int | None = None
    try:
        for name in (str(path.parents[folders - 1]), *path.parts[-folders:-1]):
            above, here = here, os.open(name, _FOLDER, dir_fd=here)
            if above is not None:
                os.close(above)
        return os.open(path.name, flags | os.O_NOFOLLOW, dir_fd=here)
    finally:
        if here is not None:
            os.close(here)
