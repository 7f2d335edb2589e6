"""Which run of the machine this is: what was not fsynced may be gone since an earlier one."""

import time
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


def began_at_s() -> float:
    """Return when the machine was started, by the clock that files have; 0 where the system does not tell."""
    return time.time() - time.clock_gettime(time.CLOCK_BOOTTIME) if hasattr(time, "CLOCK_BOOTTIME") else 0.0
