"""A mission whose process is gone without a word, as its lead's heart says: killed, or its machine was.

Rule 1: the journal cannot tell this, so it is worked out from a picture and the hearts beside it, and holds as long.
Rule 2: only where the journal says that somebody is at it: what ended, was interrupted or is paused says so itself.
"""

from collections.abc import Mapping

from tui.projection.attention import PROCESS_GONE
from tui.projection.replacing import replace
from tui.snapshot import LEAD, Attention, Heart, Mission, Snapshot

DIED = "died"
_DEAD = ("gone", "orphaned")
_AT_REST = ("interrupted", "paused")
_WORDS = "'onecontext {verb}' goes on with it"


def is_gone(mission: Mission | None, hearts: Mapping[str, Heart]) -> bool:
    """Say whether ``mission`` should be at work and its process is not there; without a heart nobody can say."""
    if mission is None or mission.ending is not None or mission.phase in _AT_REST:
        return False
    heart = hearts.get(LEAD)
    return heart is not None and heart.life in _DEAD


def died(snapshot: Snapshot) -> bool:
    """Say whether ``snapshot`` tells so; then its last item is about that."""
    return snapshot.mission is not None and snapshot.mission.phase == DIED


def with_its_life(snapshot: Snapshot) -> Snapshot:
    """Return ``snapshot`` as it is, or, where the mission's process is gone, with that as its phase and to look at."""
    mission = snapshot.mission
    if mission is None or not is_gone(mission, snapshot.hearts):
        return snapshot
    at = snapshot.hearts[LEAD].beaten_at or snapshot.last_event_at or mission.started_at
    words = _WORDS.format(verb="serve" if mission.serving else "resume")
    # The items of the journal count from 1.
    item = Attention(0, at, PROCESS_GONE, words, None, "")
    return replace(
        snapshot,
        mission=replace(mission, phase=DIED),
        attention=(*snapshot.attention, item),
        totals=replace(snapshot.totals, attention_open=snapshot.totals.attention_open + 1),
    )
