"""Git-like memory for agents.

Rule 1: importing this package loads nothing heavy; ``Memory`` is looked up on first use.
"""

from typing import TYPE_CHECKING, Any

from onecontext.version import __version__

if TYPE_CHECKING:
    from onecontext.api import Memory

__all__ = ["Memory", "__version__"]


def __getattr__(name: str) -> Any:
    if name == "Memory":
        from onecontext.api import Memory

        return Memory
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
