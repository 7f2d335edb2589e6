"""What tasks changed in the user's repository, as rows: when, which task, by whom, and what became of it."""

from collections.abc import Mapping
from datetime import tzinfo

from tui.rows.spans import Spans, between, piece
from tui.snapshot import Change, Task
from tui.words import Look, clock, look

LOOKS = {
    "accepted": Look("✓", "accepted", "good"),
    "rejected": Look("×", "rejected", "bad"),
    "merged": Look("⇥", "merged", "review"),
}
NARROW = 60


def change_row(change: Change, tasks: Mapping[str, Task], cells: int, *, zone: tzinfo | None) -> Spans:
    """Return one change."""
    face, task = look(LOOKS, change.what), tasks.get(change.task)
    name = (task.key or task.subject) if task else ""
    spans: Spans = [piece(f"{clock(change.at, zone)}  ", "dim"), piece(f"{face.glyph} {face.word:<9}", face.tone)]
    spans += [piece(f" #{change.task} " if change.task else " ", "bold"), piece(name)]
    if change.attempt and change.attempt > 1:
        spans.append(piece(f"  try {change.attempt}", "dim"))
    right: Spans = [piece(change.commit[:10], "accent")]
    if cells >= NARROW:
        right = [piece(f"{change.agent}  ", "dim"), *right]
    return between(spans, right, cells)
