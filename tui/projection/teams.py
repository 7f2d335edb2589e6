"""A team as one line: from a whole picture, or from events of which only what a line needs is held.

Rule 1: both ways give the same line (tests/tui/test_teams.py holds it), so a team that is not looked at costs little
        and is told no less exactly.
"""

import json
from collections.abc import Mapping
from dataclasses import replace
from heapq import nsmallest
from typing import Any

from teams.engine.event import Event
from tui import fields
from tui.projection.attention import rank_of
from tui.projection.requests import FORMS
from tui.projection.state import Monitor
from tui.snapshot import LEAD, Snapshot, TeamLine

_NEEDED = (
    *("to", "goal", "serving", "scripted", "ending", "word", "by", "exit_code", "verdict", "state", "name", "role"),
    *("model", "calls", "tokens_in", "tokens_cached", "tokens_out", "cost_usd", "call", "tool", "ok", "lasting"),
    *("from", "form", "msg_id", "approved", "verified"),
)
MOST_NEEDS = 3
_LONGEST = 200  # characters of a word that is held
_UNTOLD = "message.posted"
"""Stands for every message that asks nothing: a line counts none, and an event of this type is only the newest one.
What is written to a person is not among them."""
_IDS = ("request_id", "requestId", "subtype", "approved", "expires_at")


class Glance:
    """Takes events in the order of the journal and holds, of a journal of any length, what its line says."""

    def __init__(self) -> None:
        self.monitor = Monitor(kept=0)

    def apply(self, event: Event) -> None:
        """Take in one event."""
        self.monitor.apply(_pared(event))

    def snapshot(self) -> Snapshot:
        """Return the picture so far, without what is only for reading."""
        return self.monitor.snapshot()


def line_of(snapshot: Snapshot, root: str, team: str, *, reading: bool = False) -> TeamLine:
    """Return the line of the team ``team`` under ``root`` that ``snapshot`` shows."""
    mission, states, hearts = snapshot.mission, snapshot.task_states, snapshot.hearts
    return TeamLine(
        root,
        team,
        snapshot.kept or "journal",
        fields.head(mission.goal, _LONGEST) if mission else "",
        mission.phase if mission else "",
        over=mission is not None and mission.ending is not None,
        tasks=sum(states.values()),
        tasks_done=states.get("done", 0),
        agents=sum(agent.state != "left" for agent in snapshot.agents),
        alive=sum(heart.life == "alive" for heart in hearts.values()) if hearts else None,
        attention=snapshot.totals.attention_open,
        needs=_needs(snapshot),
        usage=snapshot.totals.usage,
        last_event_at=snapshot.last_event_at,
        reading=reading,
        trouble=snapshot.trouble,
    )


def _needs(snapshot: Snapshot) -> tuple[str, ...]:
    """Return in short what needs a person, that for which somebody waits first, then newest first."""
    if not snapshot.totals.attention_open:
        return ()
    items = nsmallest(
        MOST_NEEDS, (item for item in snapshot.attention if item.open), lambda item: (rank_of(item), -item.number)
    )
    return tuple(f"{item.kind} #{item.task}" if item.task else item.kind for item in items)


def _pared(event: Event) -> Event:
    asks = fields.text(event.data, "form") in FORMS
    if event.type.startswith("message.") and not asks and not _to_a_person(event):
        return replace(event, type=_UNTOLD, data={})
    data = {name: _short(event.data[name]) for name in _NEEDED if name in event.data}
    if asks:
        data["text"] = _ids_of(fields.text(event.data, "text"))
    if document := fields.mapping(event.data, "task"):
        data["task"] = _state_of(document)
    return replace(event, data=data)


def _to_a_person(event: Event) -> bool:
    """Say whether it is about what somebody wrote to the lead, or a word back."""
    names = [fields.text(event.data, name) for name in ("from", "to")]
    return event.type in ("message.sent", "message.delivered") and LEAD in names and not fields.text(event.data, "form")


def _ids_of(text: str) -> str:
    """Return of a message that asks or answers what says which request it is about, and how it was answered."""
    try:
        body = json.loads(text)
    except (ValueError, RecursionError):
        return ""
    return json.dumps({name: _short(body.get(name)) for name in _IDS}) if isinstance(body, dict) else ""


def _short(value: Any) -> Any:
    return value[:_LONGEST] if isinstance(value, str) else value if isinstance(value, int | float) else None


def _state_of(document: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return of a task's document what says in which state it is, and what it is called."""
    ours = fields.mapping(fields.mapping(document, "metadata"), "onecontext")
    kept = {name: fields.head(fields.text(ours, name), _LONGEST) for name in ("state", "key")}
    return {**{name: fields.text(document, name) for name in ("id", "status")}, "metadata": {"onecontext": kept}}
