"""Which milestone of the memory something led to: what ``g`` puts the graph's cursor on."""

from collections.abc import Sequence
from typing import Any

from tui.rows.threads import Thread
from tui.snapshot import Agent, GraphLine, MemoryCommit, Message, Request, Task


def newest_of(item: Any, milestones: Sequence[MemoryCommit]) -> str:
    """Return the newest commit of the task, else of the agent, that ``item`` is or is about; "" where there is none.

    Args:
        item: what is under a cursor: any value of :mod:`tui.snapshot`, or None.
        milestones: oldest first, as the journal tells them.
    """
    if isinstance(item, Thread):
        item = item.newest
    if isinstance(item, GraphLine):
        return item.id
    if isinstance(item, MemoryCommit):
        return item.commit
    task, agent = _task_of(item), _agent_of(item)
    by_task = (one.commit for one in reversed(milestones) if task and one.task == task)
    by_agent = (one.commit for one in reversed(milestones) if agent and one.agent == agent)
    return next(by_task, "") or next(by_agent, "")


def _task_of(item: Any) -> str:
    if isinstance(item, Task):
        return item.id
    if isinstance(item, Message):
        return item.about.removeprefix("#")
    # Not the task that an agent works on now: what it did last may be of the one before.
    return "" if isinstance(item, Agent) else str(getattr(item, "task", None) or "")


def _agent_of(item: Any) -> str:
    if isinstance(item, Agent):
        return item.name
    if isinstance(item, Message):
        return item.sender
    return item.asker if isinstance(item, Request) else str(getattr(item, "agent", None) or "")
