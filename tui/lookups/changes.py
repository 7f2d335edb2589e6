"""What a task changed in the user's repository, from the commits that its attempts and its merge recorded.

Rule 1: nothing is written; the repository is read through git's objects, never through its work tree or hooks.
Rule 2: what is wrong is a sentence to be shown, never an error.
"""

from pathlib import Path

from onecontext.errors import OneContextError
from tui.rows.detail import Paragraph
from tui.rows.diffs import painted
from tui.snapshot import Change


def changes(project: Path | None, change: Change) -> list[Paragraph]:
    """Return the unified diff of ``change``: of a merge against what it was merged into, else of the attempt's work."""
    if project is None:
        return [Paragraph("", "there is no repository beside this team", "warn")]
    from onecontext.store.project import Project

    try:
        return painted(Project.find(project).diff(change.parent, change.commit))
    except (OneContextError, OSError) as error:
        return [Paragraph("", str(error), "warn")]
