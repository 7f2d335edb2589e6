"""Which run of the machine this is: what was not fsynced may be gone since an earlier one."""

from functools import cache
from pathlib import Path

_LINUX = Path("/proc/sys/kernel/random/boot_id")
UNKNOWN = "unknown"


@cache
def boot_id() -> str:
    """Return a word that changes when the machine starts anew; ``unknown`` where the system does not tell."""
    try:
        words = _LINUX.read_text("ascii").split()
    except OSError:
        return UNKNOWN
    return words[0] if words else UNKNOWN
