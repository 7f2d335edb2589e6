"""How much of the machine one command may take.

Rule 1: limits are set inside the sandbox just before the command, by bash, so they bind it and all its children.
Rule 2: there is no limit on memory in total: that takes cgroups, which an ordinary user does not have everywhere.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass

_SINCE_COUNTED_PER_NAMESPACE = (5, 14)


@dataclass(frozen=True, slots=True)
class Limits:
    """Hard limits of a command, see setrlimit(2); None is no limit of ours.

    ``processes`` counts threads too, and all commands of one user id together when we are root.
    ``address_space_bytes`` is for one process, and generous: runtimes reserve far more than they use.
    """

    processes: int | None = 1024
    file_bytes: int | None = 2 * 1024**3
    address_space_bytes: int | None = 32 * 1024**3
    open_files: int | None = 4096


def limited(argv: Sequence[str], limits: Limits, *, folder: str) -> list[str]:
    """Return the command that enters ``folder``, sets ``limits`` and then becomes ``argv``.

    A limit that is lower already stays as it is. The folder is entered here and not by bwrap, because it may be open
    only to the user id that the command runs as.
    """
    settings = {
        "-c": 0,
        "-n": limits.open_files,
        "-f": None if limits.file_bytes is None else limits.file_bytes // 1024,
        "-v": None if limits.address_space_bytes is None else limits.address_space_bytes // 1024,
        "-u": _processes(limits.processes),
    }
    script = "".join(f"ulimit {flag} {value} 2>/dev/null;" for flag, value in settings.items() if value is not None)
    return ["/bin/bash", "-c", f'cd {folder} || exit 126; {script} exec "$@"', "sandbox", *argv]


def _processes(wanted: int | None) -> int | None:
    """Before Linux 5.14 everything that runs under our user id counts, so there must be room for a desktop too."""
    if wanted is None:
        return None
    release = os.uname().release.split(".")
    version = tuple(int("".join(filter(str.isdigit, part)) or 0) for part in release[:2])
    return wanted if version >= _SINCE_COUNTED_PER_NAMESPACE else max(wanted, 8192)
