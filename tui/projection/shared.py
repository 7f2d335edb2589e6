"""A team of another program that members of ours have joined: what its files say besides its journal.

Rule 1: our journal tells what ours did, and what whoever of ours was at work took down of the others. The rest is in
        the other program's files alone; whatever both tell is told once.
Rule 2: ours are what the journal says they are; of the others files say what can be known
        (:mod:`tui.projection.files`).
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from teams.engine.event import Event
from tui import fields
from tui.projection.files import Seen, agent_as_told, in_order
from tui.snapshot import Snapshot

_ALIKE = ("subject", "description", "status", "owner", "blocks", "blockedBy")
_LOOKED = ("task.imported", "task.edited")
"""What is told of a task that another program wrote, by whoever looked."""
_EMPTY: tuple[object, ...] = (None, "", [])


class Told:
    """What was told until now: :meth:`take` returns an event that adds to it, numbered anew."""

    def __init__(self, team: str) -> None:
        self.ours: set[str] = set()
        self._team = team
        self._members: set[str] = set()
        self._tasks: dict[str, Mapping[str, Any]] = {}
        self._letters: dict[tuple[str, str], str] = {}
        self._delivered: set[tuple[str, str]] = set()
        self._count = 0

    def take(self, event: Event) -> Event | None:
        """Return ``event``, of the journal or from files, as it is to be told; None: that was told before."""
        if event.type.startswith("member."):
            told = self._member(event)
        elif event.type.startswith("task."):
            told = self._task(event)
        elif event.type in ("message.sent", "message.delivered", "message.posted"):
            told = self._letter(event)
        else:
            told = event
        if told is None:
            return None
        self._count += 1
        return replace(told, seq=self._count)

    def _member(self, event: Event) -> Event | None:
        name = fields.text(event.data, "name")
        match event.type:
            case "member.joined" | "member.rejoined":
                self.ours.add(name)
                self._members.add(name)
            case "member.found":
                if name in self._members:
                    return None
                self._members.add(name)
            case "member.left" | "member.gone":
                if name not in self._members:
                    return None
                self._members.discard(name)
        return event

    def _task(self, event: Event) -> Event | None:
        document = fields.mapping(event.data, "task")
        task_id = event.task or fields.text(document, "id")
        known = self._tasks.get(task_id)
        if event.type == "task.deleted":
            return event if self._tasks.pop(task_id, None) is not None else None
        if not document:
            return event
        self._tasks[task_id] = document
        if known is None or event.type not in _LOOKED:
            return event
        return None if _same(known, document) else replace(event, type="task.edited")

    def _letter(self, event: Event) -> Event | None:
        """Letters from files are called by their inbox and id (two inboxes may hold the same), those of ours by id."""
        to, name = fields.text(event.data, "to"), fields.text(event.data, "msg_id")
        key = to, name.removeprefix(f"{to}/")
        if event.type == "message.sent":
            if key in self._letters:
                return None
            self._letters[key] = name
            return event
        if event.type == "message.delivered":
            if key in self._delivered:
                return None
            self._delivered.add(key)
        return replace(event, data={**event.data, "msg_id": self._letters.get(key, name)})


def _same(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    return all(
        one.get(name) == other.get(name) or (one.get(name) in _EMPTY and other.get(name) in _EMPTY) for name in _ALIKE
    ) and one.get("metadata") == other.get("metadata")


def as_shared(snapshot: Snapshot, seen: Seen, ours: set[str]) -> Snapshot:
    """Return the picture with what nobody told of the members of the other program called unknown."""
    held = {task.owner: task.id for task in snapshot.tasks if task.state == "running" and task.owner}
    agents = tuple(
        agent if agent.name in ours else agent_as_told(agent, seen, held.get(agent.name)) for agent in snapshot.agents
    )
    usage = replace(snapshot.totals.usage, known=False)
    totals = replace(snapshot.totals, usage=usage)
    return replace(snapshot, kept="shared", agents=agents, tasks=in_order(snapshot.tasks), totals=totals)
