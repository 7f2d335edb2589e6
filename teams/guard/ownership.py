"""Give a working copy to the user id that commands run under, when we are root.

Rule 1: nothing outside the copy changes hands: no symlink is followed, and a file with another name elsewhere
        (a hard link) stays with its owner.
Rule 2: .git stays ours, so commands can read it and not write it.
"""

import os
from pathlib import Path


def hand_over(workspace: Path, uid: int) -> None:
    """Make ``uid`` the owner of ``workspace`` and what is in it, all but .git; once, then it costs one stat(2).

    Raises:
        OSError: the folder is missing, or we may not.
    """
    if workspace.lstat().st_uid == uid:
        return
    for folder, subfolders, files, descriptor in os.fwalk(workspace, follow_symlinks=False):
        if Path(folder) == workspace and ".git" in subfolders:
            subfolders.remove(".git")
        for name in [*subfolders, *files]:
            if name in subfolders or os.stat(name, dir_fd=descriptor, follow_symlinks=False).st_nlink == 1:
                os.chown(name, uid, uid, dir_fd=descriptor, follow_symlinks=False)
    # The folder itself comes last: its owner says that all of it was done.
    os.chown(workspace, uid, uid, follow_symlinks=False)
