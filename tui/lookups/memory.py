"""One milestone in full, and what lies between two: read from the memory as it is just now.

Rule 1: nothing is written, so what a writer has on record and not in git yet is not found until it is there.
Rule 2: what is wrong is a sentence to be shown, never an error.
"""

from collections.abc import Iterator
from datetime import tzinfo
from pathlib import Path
from typing import Any

from onecontext.errors import OneContextError
from tui.rows.detail import Paragraph
from tui.words import clock

NO_MEMORY = "there is no memory beside this team"
_DIFF_TONES = {"+": "good", "-": "bad", "@": "info", "d": "bold"}
_FRAME = ("index ", "--- ", "+++ ", "new file", "deleted file", "old mode", "new mode", "similarity", "rename ")
MOST_DIFF_LINES = 5_000


def milestone(memory: Path | None, commit: str, zone: tzinfo | None) -> list[Paragraph]:
    """Return the milestone that a commit recorded: its three blocks and who made it; of another commit its message."""
    if memory is None:
        return [Paragraph("", NO_MEMORY, "warn")]
    from onecontext.recall.revisions import show

    try:
        return list(_told(show(_layout(memory), commit), zone))
    except (OneContextError, OSError) as error:
        return [Paragraph("", str(error), "warn")]


def difference(memory: Path | None, old: str, new: str) -> list[Paragraph]:
    """Return what changed in the memory's files from the commit ``old`` to ``new``."""
    if memory is None:
        return [Paragraph("", NO_MEMORY, "warn")]
    from onecontext.recall.revisions import diff

    try:
        return painted(diff(_layout(memory), old, new))
    except (OneContextError, OSError) as error:
        return [Paragraph("", str(error), "warn")]


def painted(diff: str) -> list[Paragraph]:
    """Return a unified diff as paragraphs, one a line; a very long one is cut, which is said."""
    lines = diff.split("\n")
    rows = [Paragraph("", line, _tone(line)) for line in lines[:MOST_DIFF_LINES]]
    if len(lines) > MOST_DIFF_LINES:
        rows.append(Paragraph("", f"… {len(lines) - MOST_DIFF_LINES:,} more lines", "warn"))
    return rows if diff.strip() else [Paragraph("", "nothing differs", "dim")]


def _tone(line: str) -> str:
    if line.startswith(_FRAME):
        return "dim"
    return _DIFF_TONES.get(line[:1], "plain")


def _layout(memory: Path) -> Any:
    from onecontext.api import Memory

    return Memory.open(memory).layout


def _told(found: Any, zone: tzinfo | None) -> Iterator[Paragraph]:
    yield Paragraph("", f"{found.branch} · milestone {found.id}", "bold")
    yield Paragraph("by", f"{found.agent}, {found.at.astimezone(zone):%Y-%m-%d} {clock(found.at, zone)}")
    for label, value in (("commit", found.commit), ("code", found.code_commit), ("task", found.task)):
        if value:
            yield Paragraph(label, value, "accent" if label != "task" else "plain")
    blocks = (
        ("This Commit's Contribution", found.contribution),
        ("Previous Progress Summary", found.previous),
        ("Branch Purpose", found.purpose),
    )
    for heading, text in blocks:
        yield Paragraph("", "")
        yield Paragraph("", heading, "heading")
        yield Paragraph("", text or "nothing", "plain" if text else "dim")
