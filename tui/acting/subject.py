"""What is under the cursor, as that which can be acted upon: a task, an agent, a request, in this picture."""

from dataclasses import dataclass, replace
from typing import Any

from tui.snapshot import Agent, Attention, LogLine, Message, Request, Snapshot, Task


@dataclass(frozen=True, slots=True)
class Subject:
    """An item and the picture it stands in. None: it is about none."""

    snapshot: Snapshot
    task: Task | None = None
    agent: Agent | None = None
    request: Request | None = None

    @property
    def name(self) -> str:
        """What people call it, "" when it is nothing in particular."""
        if self.request is not None:
            return f"what {self.request.asker or 'somebody'} asks"
        if self.task is not None:
            return f"task #{self.task.id}"
        return self.agent.name if self.agent is not None else ""


def subject_of(item: Any, snapshot: Snapshot) -> Subject:
    """Return what ``item``, anything a view shows, is about; items of views may name a ``task`` and an ``agent``."""
    item = getattr(item, "request", None) or item
    if isinstance(item, Request):
        return Subject(snapshot, _task(item.task, snapshot), _agent(item.asker, snapshot), _newest(item, snapshot))
    if isinstance(item, Task):
        newest = _task(item.id, snapshot) or item
        return Subject(snapshot, newest, _agent(newest.owner, snapshot))
    if isinstance(item, Agent):
        newest_agent = _agent(item.name, snapshot) or item
        return Subject(snapshot, _task(newest_agent.task, snapshot), newest_agent)
    if isinstance(item, Message):
        return Subject(snapshot, agent=_agent(item.other, snapshot))
    if isinstance(item, Attention | LogLine):
        return Subject(snapshot, _task(getattr(item, "task", None), snapshot), _agent(item.agent, snapshot))
    return Subject(
        snapshot, _task(getattr(item, "task", None), snapshot), _agent(getattr(item, "agent", None), snapshot)
    )


def newest_of(item: Any, snapshot: Snapshot) -> Any:
    """Return ``item`` as it is in ``snapshot``: a task, an agent, a request or what holds one; else as it was."""
    if isinstance(item, Task):
        return _task(item.id, snapshot) or item
    if isinstance(item, Agent):
        return _agent(item.name, snapshot) or item
    if isinstance(item, Request):
        return _newest(item, snapshot)
    if isinstance(item, Attention):
        return next((one for one in snapshot.attention if one.number == item.number), item)
    held = getattr(item, "request", None)
    return replace(item, request=_newest(held, snapshot)) if isinstance(held, Request) else item


def _task(task_id: Any, snapshot: Snapshot) -> Task | None:
    return next((task for task in snapshot.tasks if task.id == task_id), None)


def _agent(name: Any, snapshot: Snapshot) -> Agent | None:
    return next((agent for agent in snapshot.agents if agent.name == name), None)


def _newest(request: Request, snapshot: Snapshot) -> Request:
    """Return the request as it is now: somebody else may have decided it."""
    return next((one for one in snapshot.requests if one.id == request.id), request)
