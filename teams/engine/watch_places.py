"""Where a folder lies, and whether inotify hears there of everybody's changes.

Rule 1: the type of the file system decides first: on those that other machines, or a process of their own, write to,
    inotify tells of this machine's writes, so that a probe by ourselves would be answered and prove nothing.
Rule 2: what cannot be found out is no reason to poll: the probe comes next.

Source: proc(5) on ``/proc/[pid]/mountinfo``; inotify(7), "Limitations and caveats".
"""

import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

MOUNTINFO = Path("/proc/self/mountinfo")
# Written to by other machines, or by the host of this virtual machine.
_SHARED = re.compile(
    "9p|acfs|afs|beegfs|ceph|cifs|coda|drvfs|fakeowner|gfs2?|gpfs|hostfs|lustre|ncpfs|nfs4?|ocfs2|orangefs|prl_fs|pvfs2"
    "|smb3|smbfs|vboxsf|virtiofs|vmhgfs|fuse"
)
# All writing to these goes through this kernel, as on a disk; every other fuse.* is a program that may do as it likes.
_LOCAL_FUSE = frozenset({"fuse.fuse-overlayfs"})
_ESCAPE = re.compile(r"\\([0-7]{3})")


class Mount(NamedTuple):
    """A mount point and the type of the file system there."""

    point: str
    kind: str


def read_mounts(path: Path = MOUNTINFO) -> list[Mount]:
    """Return the mounts as this process sees them, in the order in which they were made; none where nobody says."""
    try:
        text = path.read_bytes().decode("utf-8", "surrogateescape")
    except OSError:
        return []
    return [mount for line in text.splitlines() if (mount := _mount(line))]


def mount_of(folder: Path, mounts: Sequence[Mount]) -> Mount | None:
    """Return the mount that ``folder`` lies in; the last one where several are stacked on a point. None: unknown."""
    real = os.path.realpath(folder)
    holding = [mount for mount in mounts if _below(real, mount.point)]
    longest = max((len(mount.point) for mount in holding), default=0)
    return next((mount for mount in reversed(holding) if len(mount.point) == longest), None)


def is_shared(kind: str) -> bool:
    """Say whether others than this kernel write to file systems of that type."""
    return bool(_SHARED.fullmatch(kind)) or (kind.startswith("fuse.") and kind not in _LOCAL_FUSE)


def _mount(line: str) -> Mount | None:
    # 36 35 98:0 /root /point rw,noatime master:1 - ext3 /dev/root rw
    mine, dash, system = line.partition(" - ")
    words = mine.split(" ")
    if not dash or len(words) < 6:
        return None
    return Mount(_unescaped(words[4]), system.split(" ")[0])


def _unescaped(text: str) -> str:
    """Return ``text`` with ``\\040`` and the like, which stand for blanks, tabs, line feeds and backslashes."""
    return _ESCAPE.sub(lambda match: chr(int(match[1], 8)), text)


def _below(path: str, point: str) -> bool:
    return path == point or path.startswith(point if point.endswith("/") else point + "/")
