"""Whose process is gone without a word, as hearts say: a mission's (its lead's), or that of a member that has its own.

Rule 1: the journal cannot tell this, so it is worked out from a picture and the hearts beside it, and holds as long.
Rule 2: of a mission only where the journal says that somebody is at it: what ended, was interrupted or is paused says
    so itself. A member is missed until it is back or has left, whatever became of the mission.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

from tui.projection.attention import MEMBER_GONE, PROCESS_GONE
from tui.projection.replacing import replace
from tui.snapshot import LEAD, Agent, Attention, Heart, Mission, Snapshot

DIED = "died"
EPOCH = datetime.fromtimestamp(0, UTC)
_DEAD = ("gone", "orphaned")
_IN_HAND = ("running", "needs_input")
_AT_REST = ("interrupted", "paused")
_WORDS = "'onecontext {verb}' goes on with it"


def is_gone(mission: Mission | None, hearts: Mapping[str, Heart]) -> bool:
    """Say whether ``mission`` should be at work and its process is not there; without a heart nobody can say."""
    if mission is None or mission.ending is not None or mission.phase in _AT_REST:
        return False
    heart = hearts.get(LEAD)
    return heart is not None and heart.life in _DEAD


def gone_members(agents: Iterable[Agent], hearts: Mapping[str, Heart]) -> list[tuple[int, Agent]]:
    """Return the members whose own process is gone, each with its place among all."""
    return [
        (place, agent)
        for place, agent in enumerate(agents)
        if agent.state != "left"
        and (heart := hearts.get(agent.name)) is not None
        and heart.own
        and heart.life in _DEAD
        and agent.name != LEAD
    ]


def unrecorded(snapshot: Snapshot) -> dict[int, Attention]:
    """Return by their numbers the items that no event tells."""
    return {item.number: item for item in snapshot.attention if item.number <= 0}


def with_its_life(snapshot: Snapshot) -> Snapshot:
    """Return ``snapshot`` with whose process is gone to look at, and as its phase where that is the mission's."""
    mission = snapshot.mission
    items = [_member(place, agent, snapshot) for place, agent in gone_members(snapshot.agents, snapshot.hearts)]
    if mission is not None and is_gone(mission, snapshot.hearts):
        items.append(_mission(mission, snapshot))
        mission = replace(mission, phase=DIED)
    if not items:
        return snapshot
    count = snapshot.totals.attention_open + len(items)
    return replace(
        snapshot,
        mission=mission,
        attention=(*snapshot.attention, *items),
        totals=replace(snapshot.totals, attention_open=count),
    )


def _mission(mission: Mission, snapshot: Snapshot) -> Attention:
    at = snapshot.hearts[LEAD].beaten_at or snapshot.last_event_at or mission.started_at
    words = _WORDS.format(verb="serve" if mission.serving else "resume")
    # The items of the journal count from 1.
    return Attention(0, at, PROCESS_GONE, words, None, "")


def _member(place: int, agent: Agent, snapshot: Snapshot) -> Attention:
    at = snapshot.hearts[agent.name].beaten_at or agent.last_seen or snapshot.last_event_at or EPOCH
    tasks = [task.id for task in snapshot.tasks if task.owner == agent.name and task.state in _IN_HAND]
    held = f" with {', '.join(f'#{task}' for task in tasks)} in hand" if tasks else ""
    words = f"{agent.name} went without a word{held}; 'onecontext team join' with its name goes on as it"
    return Attention(-1 - place, at, MEMBER_GONE, words, None, agent.name)
