"""What a process keeps of branches between calls: bounded, and only ever a short cut to what is on disk."""

import threading
from typing import TypeVar

_KEPT = 16
_keeping = threading.Lock()
_K = TypeVar("_K")
_V = TypeVar("_V")


def keep(kept: dict[_K, _V], key: _K, value: _V) -> None:
    """Put ``value`` into ``kept`` as the one used last, and let go of those that were not used for longest."""
    with _keeping:
        kept.pop(key, None)
        kept[key] = value
        while len(kept) > _KEPT:
            del kept[next(iter(kept))]
