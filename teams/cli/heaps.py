"""Two heaps of the C library for a process that works for hours, instead of one for each thread.

Each of a mission's threads gets a heap of its own from glibc (up to eight for each core), and each keeps for good the
most that its thread ever needed at once. Python runs one thread at a time, so more than two are of no use to it.

Rule 1: only where the process is ours, a command line, and not where somebody else's calls us.
Rule 2: what the person set in the environment stays.

Source: mallopt(3) of glibc.
"""

import ctypes
import sys
from collections.abc import Mapping

_ARENA_MAX, _MMAP_THRESHOLD = -8, -3
_HEAPS, _LARGE_BYTES = 2, 128 * 1024
_THEIRS = ("MALLOC_ARENA_MAX", "MALLOC_MMAP_THRESHOLD_", "GLIBC_TUNABLES")


def keep_heaps_few(env: Mapping[str, str]) -> bool:
    """Have at most two heaps from now on, and give back what is larger than 128 KiB as soon as it is not used.

    Args:
        env: the environment that the process was started with.

    Returns:
        False where nothing was changed: another C library than glibc, or ``env`` says how it is to be.
    """
    if sys.platform != "linux" or any(name in env for name in _THEIRS):
        return False
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is None:
        return False
    # Of itself glibc takes the largest piece that was ever given back for the bound, up to 32 MiB: from then on such
    # pieces stay in the heap.
    return bool(mallopt(_ARENA_MAX, _HEAPS) and mallopt(_MMAP_THRESHOLD, _LARGE_BYTES))
