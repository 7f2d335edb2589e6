"""What an agent has of its memory: what its prompt says of it, and the tool with which it looks up more.

Rule 1: a prompt says what matters for the task, as far as the memory can be searched; else how things stand.
Rule 2: the tool reads, so it may run as often as wanted; what it finds is data, behind the fence of the memory.
"""

from typing import Protocol, runtime_checkable

from teams.agent.observer import Notebook
from teams.agent.tools import Tool, tool_from

FOUND_TOKENS = 1000
"""The most that one search returns, fence and all."""


@runtime_checkable
class Searchable(Protocol):
    """A memory that can be searched; :class:`onecontext.Memory` is one."""

    def search(self, query: str, *, budget: int | None = None) -> object:
        """Return the best answers to a few words within ``budget`` tokens; ``str()`` of it is the text."""

    def context(self, *, budget: int | None = None, commit: str | None = None, for_: str | None = None) -> object:
        """Return what matters now; with ``commit`` one record in full, with ``for_`` what matters for that."""


def remembered(memory: Notebook, purpose: str, *, budget: int) -> object:
    """Return what ``memory`` has to say to whoever is about to do ``purpose``, within ``budget`` tokens."""
    if isinstance(memory, Searchable) and purpose.strip():
        return memory.context(budget=budget, for_=purpose)
    return memory.context(budget=budget)


def recall_tool(memory: Searchable) -> Tool:
    """Return ``recall``, which searches ``memory``, and reads what was found in full."""

    def recall(query: str = "", id: str = "") -> str:  # noqa: A002  # it is what the model calls it
        """Search memory, or read a record by id."""
        found = memory.context(commit=id, budget=FOUND_TOKENS) if id else memory.search(query, budget=FOUND_TOKENS)
        return str(found).strip() or "nothing was found"

    return tool_from(recall, idempotent=True, effect="confined")
