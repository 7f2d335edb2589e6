"""The tool with which an agent looks something up in its memory: beyond what its prompt says of it already.

Rule 1: it reads, so it may run as often as wanted; what it finds is data, behind the fence that the memory puts there.
"""

from typing import Protocol, runtime_checkable

from teams.agent.tools import Tool, tool_from

FOUND_TOKENS = 1000
"""The most that one search returns, fence and all."""


@runtime_checkable
class Searchable(Protocol):
    """A memory that can be searched; :class:`onecontext.Memory` is one."""

    def search(self, query: str, *, budget: int | None = None) -> object:
        """Return the best answers to a few words within ``budget`` tokens; ``str()`` of it is the text."""


def recall_tool(memory: Searchable) -> Tool:
    """Return ``recall``, which searches ``memory``."""

    def recall(query: str) -> str:
        """Search the memory of all earlier work by a few words."""
        return str(memory.search(query, budget=FOUND_TOKENS)).strip() or "nothing was found"

    return tool_from(recall, idempotent=True, effect="confined")
