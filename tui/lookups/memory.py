"""One milestone in full, and what lies between two: read from the memory as it is just now.

Rule 1: nothing is written, so what a writer has on record and not in git yet is not found until it is there.
Rule 2: what is wrong is a sentence to be shown, never an error.
"""

from collections.abc import Iterator
from datetime import tzinfo
from pathlib import Path
from typing import Any

from onecontext.errors import OneContextError, UnknownRevision
from tui.rows.detail import Paragraph
from tui.rows.diffs import files_of, painted, told
from tui.words import clock, there

NO_MEMORY = "there is no memory beside this team"
SHOWN = 10  # characters of a commit


def milestone(memory: Path | None, commit: str, zone: tzinfo | None) -> list[Paragraph]:
    """Return the milestone that a commit recorded: its three blocks and who made it; of another commit its message."""
    if memory is None:
        return [Paragraph("", NO_MEMORY, "warn")]
    from onecontext.recall.revisions import show

    try:
        return list(_milestone(show(_layout(memory), commit), zone))
    except (OneContextError, OSError) as error:
        return [Paragraph("", str(error), "warn")]


def difference(memory: Path | None, project: Path | None, old: str, new: str) -> list[Paragraph]:
    """Return what changed from the commit ``old`` to ``new``: main.md first, then the memory's other files, then code.

    Args:
        project: in the user's repository, for what changed there between the code that the two milestones are of; None:
            there is none.
    """
    if memory is None:
        return [Paragraph("", NO_MEMORY, "warn")]
    from onecontext.recall.revisions import diff

    try:
        layout = _layout(memory)
        files = sorted(files_of(diff(layout, old, new)), key=lambda file: _rank(file.path))
        remembered = told(files) or [Paragraph("", "nothing differs in the memory", "dim")]
        return [*remembered, *_code(layout, project, old, new)]
    except (OneContextError, OSError) as error:
        return [Paragraph("", str(error), "warn")]


def _rank(path: str) -> tuple[bool, bool, str]:
    """Return where a file stands: the roadmap, what people may write, then the records."""
    return path != "main.md", path.endswith("log.md") or "/log/" in path or "/commit/" in path, path


def _code(layout: Any, project: Path | None, old: str, new: str) -> list[Paragraph]:
    """Return what changed in the user's repository; nothing where one of the commits is of no code."""
    from onecontext.recall.revisions import show
    from onecontext.store.project import Project

    if project is None:
        return []
    try:
        one, other = (show(layout, commit).code_commit for commit in (old, new))
        if not one or not other or one == other:
            return []
        head = f"your repository, from {one[:SHOWN]} to {other[:SHOWN]}"
        return [Paragraph("", ""), Paragraph("", head, "heading"), *painted(Project.find(project).diff(one, other))]
    except UnknownRevision:
        return []  # a commit of the memory that is no milestone is of no code
    except (OneContextError, OSError) as error:
        return [Paragraph("", ""), Paragraph("", f"your repository: {error}", "warn")]


def _layout(memory: Path) -> Any:
    from onecontext.api import Memory

    return Memory.open(memory).layout


def _milestone(found: Any, zone: tzinfo | None) -> Iterator[Paragraph]:
    yield Paragraph("", f"{found.branch} · milestone {found.id}", "bold")
    yield Paragraph("by", f"{found.agent}, {there(found.at, zone):%Y-%m-%d} {clock(found.at, zone)}")
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
