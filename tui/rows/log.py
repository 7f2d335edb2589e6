"""The log as rows: when, who, on what, what happened; how much it matters; and where a sought text stands in it.

Rule 1: a command of an agent that fails is work; trouble is what went wrong for the mission.
"""

import re
from collections.abc import Iterator
from datetime import tzinfo

from tui.rows.query import Facts
from tui.rows.spans import Spans, cell, piece, plain
from tui.snapshot import LogLine
from tui.words import clock

LEVELS = ("all", "notable", "trouble")
LOG_FIELDS = ("agent", "type", "level", "task")
ROUTINE = frozenset(
    {"model.called", "tool.intent", "tool.result", "turn.started", "turn.ended", "step.started", "team.created"}
)
"""What agents do all the time: told, and not notable."""
WORK = frozenset({"tool.result", "tool.intent", "model.called"})
WIDE = 110  # cells
HIT, NO_HIT = "» ", "  "


def level_of(line: LogLine) -> str:
    """Return the highest of :data:`LEVELS` that a line is shown at."""
    if line.tone in ("bad", "warn") and line.type not in WORK:
        return "trouble"
    idle = line.type == "message.sent" and line.tone == "dim"
    return "all" if line.type in ROUTINE or idle else "notable"


def is_shown(line: LogLine, level: str) -> bool:
    """Return whether ``line`` is shown at ``level``."""
    return LEVELS.index(level_of(line)) >= LEVELS.index(level)


def log_row(line: LogLine, cells: int, *, zone: tzinfo | None) -> Spans:
    """Return one event: when, who, on which task where there is room, what."""
    spans: Spans = [(clock(line.at, zone) + " ", "dim"), cell(line.agent, 13 if cells < 100 else 18, "accent")]
    if cells >= WIDE:
        spans += [(" ", "plain"), cell(f"#{line.task}" if line.task else "", 5, "dim")]
    return [*spans, (" ", "plain"), piece(line.text, line.tone)]


def log_text(line: LogLine, zone: tzinfo | None) -> str:
    """Return what is sought in: a line as it is wide enough for everything."""
    return plain(log_row(line, WIDE, zone=zone))


def log_facts(line: LogLine) -> Facts:
    """Return the fields that the log can be narrowed by."""
    return {
        "agent": line.agent,
        "type": line.type,
        "level": level_of(line),
        "task": f"#{line.task}" if line.task else None,
    }


def places_of(text: str, sought: str) -> Iterator[tuple[int, int]]:
    """Return where ``sought`` stands in ``text``, in any case: beginnings and ends."""
    return (match.span() for match in re.finditer(re.escape(sought), text, re.IGNORECASE)) if sought else iter(())


def marked(spans: Spans, sought: str) -> Spans:
    """Return a row in which ``sought`` is marked wherever it stands, after a sign that says whether it does."""
    text = "".join(part for part, _ in spans)
    places = list(places_of(text, sought))
    rows: Spans = [(HIT, "warn") if places else (NO_HIT, "plain")]
    at = 0
    for part, tone in spans:
        rows += _cut(part, tone, at, places)
        at += len(part)
    return rows


def _cut(part: str, tone: str, at: int, places: list[tuple[int, int]]) -> Iterator[tuple[str, str]]:
    """Cut a piece that begins at ``at`` where hits begin and end."""
    here = 0
    for begin, end in places:
        first, last = max(0, begin - at), min(len(part), end - at)
        if first < last:
            yield part[here:first], tone
            yield part[first:last], "hit"
            here = last
    yield part[here:], tone
