"""The vocabulary of the screen: for each state a glyph, a word and a tone; for numbers a short form.

Rule 1: a colour never stands alone; whatever has a tone also has a glyph or a word.
Rule 2: what nobody knows is called unknown, not zero.
"""

from datetime import datetime, tzinfo
from typing import NamedTuple

from onecontext.text import amounts
from tui.snapshot import Usage

TONES = (
    "plain",
    "dim",
    "faint",
    "bold",
    "heading",
    "good",
    "bad",
    "warn",
    "info",
    "accent",
    "review",
    "ref",
    "hit",
    "file",
    "hunk",
)
NO_MISSION = {
    "files": "files of another program, no journal",
    "shared": "of another program, which members of ours joined",
}
"""What is said of a team without a mission, by what it is told from; of our own: no mission."""
LANE_TONES = tuple(f"lane{number}" for number in range(6))


class Look(NamedTuple):
    """How a state looks."""

    glyph: str
    word: str
    tone: str


TASK_LOOKS = {
    "waiting": Look("◌", "waiting", "dim"),
    "ready": Look("○", "ready", "info"),
    "running": Look("◐", "running", "accent"),
    "needs_input": Look("?", "needs input", "warn"),
    "blocked": Look("■", "blocked", "bad"),
    "review": Look("◎", "review", "review"),
    "done": Look("✓", "done", "good"),
}
AGENT_LOOKS = {
    "thinking": Look("◐", "thinking", "accent"),
    "tool": Look("▸", "tool", "info"),
    "checking": Look("▸", "checking", "review"),
    "waiting": Look("◌", "waiting", "warn"),
    "stuck": Look("‖", "stuck", "bad"),
    "idle": Look("○", "idle", "dim"),
    "left": Look("×", "left", "dim"),
    "unknown": Look("·", "unknown", "dim"),
}
HEART_LOOKS = {
    "alive": Look("♥", "alive", "good"),
    "silent": Look("♡", "silent", "warn"),
    "orphaned": Look("♡", "orphaned", "warn"),
    "gone": Look("×", "gone", "bad"),
}
"""Whether the process of an agent lives (:class:`teams.protocol.heartbeat.Life`); who never beat has no heart."""
PHASE_LOOKS = {
    "planning": Look("◌", "planning", "info"),
    "working": Look("◐", "working", "accent"),
    "validating": Look("◎", "validating", "review"),
    "needs input": Look("?", "needs input", "warn"),
    "interrupted": Look("‖", "interrupted", "warn"),
    "died": Look("×", "died", "bad"),
    "pausing": Look("‖", "pausing", "warn"),
    "paused": Look("‖", "paused", "warn"),
    "stopping": Look("‖", "stopping", "warn"),
    "done": Look("✓", "done", "good"),
    "blocked": Look("■", "blocked", "bad"),
    "infeasible": Look("×", "infeasible", "bad"),
    "budget exhausted": Look("■", "budget exhausted", "bad"),
    "stopped": Look("‖", "stopped", "warn"),
}
TEAM_LOOKS = {
    "live": Look("●", "live", "good"),
    "quiet": Look("○", "quiet", "dim"),
    "over": Look("–", "over", "dim"),
}
"""Whether a team is at work: over is one whose mission ended, nobody knows how; quiet gives no sign of life."""
VERDICT_LOOKS = {"accepted": Look("✓", "accepted", "good"), "rejected": Look("×", "rejected", "bad")}
MARK_LOOKS = {
    "milestone": Look("◆", "milestone", "info"),
    "rejected": Look("×", "rejected", "bad"),
    "needs a person": Look("▲", "needs a person", "warn"),
    "done": Look("✓", "done", "good"),
    "ended": Look("■", "ended", "bad"),
    "damaged": Look("!", "damaged", "bad"),
}
"""What is worth going to in a recording (:mod:`tui.projection.marks`)."""

COLUMNS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("to do", ("waiting", "ready")),
    ("running", ("running",)),
    ("stuck", ("needs_input", "blocked")),
    ("review", ("review",)),
    ("done", ("done",)),
)
"""The board's columns: their titles, and the states they hold. ``stuck`` is only drawn when something is."""
STUCK = 2


def look(looks: dict[str, Look], state: str) -> Look:
    """Return the look of ``state``; one that nobody foresaw is shown by its own word."""
    return looks.get(state) or Look("·", state or "unknown", "plain")


def short_count(count: int) -> str:
    """Return 950, 12.3k, 1.2M, 3.4B."""
    if count < 1_000:
        return str(count)
    if count < 999_950:
        return f"{count / 1_000:.1f}k"
    if count < 999_950_000:
        return f"{count / 1_000_000:.1f}M"
    return f"{count / 1_000_000_000:.1f}B"


def tokens(usage: Usage) -> str:
    """Return the tokens read and written; a dash before the first call."""
    if not usage.known:
        return "unknown"
    return short_count(usage.tokens_in + usage.tokens_out) if usage.turns else "–"


def cost(usage: Usage) -> str:
    """Return what the calls cost, as :func:`onecontext.text.amounts.cost` says it."""
    if not usage.known:
        return "unknown"
    return amounts.cost(usage.cost_usd, calls=usage.turns, unpriced=usage.unpriced_turns)


def model_word(model: str) -> str:
    """Return what a model is called in a few cells: one that is scripted without the path of its script."""
    return "scripted" if model.startswith("scripted:") else model


def counted(count: int, thing: str) -> str:
    """Return ``1 task``, ``2 tasks``, ``1,000 tasks``: of what takes an s."""
    return f"{count:,} {thing}{'s' if count != 1 else ''}"


def age(at: datetime | None, now: datetime) -> str:
    """Return how long ago that was: now, 12s, 4m, 2h, 3d; a dash when it never was."""
    return duration((now - at).total_seconds()) if at else "–"


def lasting(seconds: float) -> str:
    """Return for how long, with a space before it: `` for 5m``; `` yet`` for what has only begun."""
    words = duration(seconds)
    return " yet" if words == "now" else f" for {words}"


def duration(seconds: float) -> str:
    """Return 12s, 4m, 2h, 3d; ``now`` below a second, and for what a clock that runs behind would call ahead."""
    if seconds < 1:
        return "now"
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "m")):
        if seconds >= size:
            return f"{int(seconds // size)}{unit}"
    return f"{int(seconds)}s"


def seconds(value: float) -> str:
    """Return how long something took: 0.04 s, 1.3 s, 12 s, and 2m from a minute on."""
    if value >= 60:
        return duration(value)
    return f"{value:.2f} s" if value < 1 else f"{value:.1f} s" if value < 10 else f"{value:.0f} s"


def stopwatch(seconds: float) -> str:
    """Return 0:07, 12:30, 1:02:03."""
    whole = max(0, int(seconds))
    hours, minutes, rest = whole // 3600, whole // 60 % 60, whole % 60
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def clock(at: datetime, zone: tzinfo | None) -> str:
    """Return the time of day in ``zone``; None is the zone of this machine."""
    return there(at, zone).strftime("%H:%M:%S")


def there(at: datetime, zone: tzinfo | None) -> datetime:
    """Return ``at`` in ``zone``; as it is where its clock was so wrong that the zone has no such time."""
    try:
        return at.astimezone(zone)
    except (OverflowError, ValueError, OSError):
        return at
