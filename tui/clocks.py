"""What time it is on a picture: ages are counted from there."""

from datetime import UTC, datetime

from tui.snapshot import Snapshot


def wall_clock(snapshot: Snapshot) -> datetime:
    """Return the time: ages on a live screen are counted from now, in the past of a run from where that is."""
    return snapshot.moment.at if snapshot.moment else datetime.now(UTC)


def newest_event(snapshot: Snapshot) -> datetime:
    """Return the time of the newest event: ages in a recording are counted from there."""
    return snapshot.last_event_at or datetime.fromtimestamp(0, UTC)
