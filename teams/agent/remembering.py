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

    def context(self, *, budget: int | None = None, commit: str | None = None) -> object:
        """Return what matters now, or with ``commit`` one record in full, likewise."""


def recall_tool(memory: Searchable) -> Tool:
    """Return ``recall``, which searches ``memory``, and reads what was found in full."""

    def recall(query: str = "", id: str = "") -> str:  # noqa: A002  # it is what the model calls it
        """Search memory, or read a record by id."""
        found = memory.context(commit=id, budget=FOUND_TOKENS) if id else memory.search(query, budget=FOUND_TOKENS)
        return str(found).strip() or "nothing was found"

    return tool_from(recall, idempotent=True, effect="confined")
