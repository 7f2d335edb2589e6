"""The user's repository: whether tasks could get copies of it."""

from collections.abc import Iterable
from pathlib import Path

from onecontext.doctor.check import Check
from onecontext.errors import NoRepository


def checks(cwd: Path) -> Iterable[Check]:
    """Open the repository around ``cwd`` and read its newest commit."""
    from onecontext.store.project import Project

    try:
        project = Project.find(cwd)
        head = project.head_commit
        dirty = project.is_dirty
    except NoRepository as error:
        yield Check("repository", "warn", error.message, error.hint or "missions need a repository with a commit")
        return
    state = "; changes that are not committed are not seen by agents" if dirty else ""
    yield Check("repository", "ok", f"{project.path} at {head[:12]}{state}")
