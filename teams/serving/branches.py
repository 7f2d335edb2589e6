"""Where the work of a task lands: a branch for all of the board, or one for each task.

Rule 1: a task begins on top of what it comes after: what landed for those tasks is in its branch before it is given
    out.
Rule 2: all of it is below ``onecontext/<board>/``, which nobody else writes; HEAD is where a branch begins.
Rule 3: once HEAD has all that a branch has, the branch goes on from HEAD; what a person has not taken over is never
    mixed with what that person does elsewhere.
"""

import re
from contextlib import suppress

from onecontext.errors import Conflict, OneContextError
from onecontext.store.project import MergeCandidate, Project
from teams.protocol.board.task import Task
from teams.serving.workflow import Settings

INTEGRATION = "_integration"
"""No key of a task begins so."""
AUTHOR = "onecontext"
_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")


class NoCommonGround(OneContextError):
    """What a task comes after does not merge, so there is nothing it could begin with."""


def branch_of(prefix: str, task: Task, settings: Settings) -> str:
    """Return the branch on which accepted work of the task lands."""
    return f"{prefix}/{task.key if settings.branch == 'task' else INTEGRATION}"


def prepare(project: Project, branch: str, task: Task, blockers: list[Task]) -> None:
    """Make the branch if it is missing, let it follow HEAD, and merge into it what landed elsewhere for ``blockers``.

    Raises:
        NoCommonGround: that does not merge; the branch is as it was, or has some of it.
        UsageError: the branch is checked out, or what a blocker names is no commit here.
    """
    _follow(project, branch)
    for blocker in blockers:
        commit = blocker.evidence.get("merged")
        # Whoever completes a task says what shows it; what is no commit is nothing to begin on top of.
        if not isinstance(commit, str) or not _COMMIT.fullmatch(commit):
            continue
        if project.holds(project.tip(branch) or project.head_commit, commit):
            continue
        message = f"Merge task {blocker.id}, before task {task.id}: {blocker.subject}"
        merged = project.merge(branch, commit, message, author=AUTHOR)
        if merged.conflicts:
            raise NoCommonGround(
                f"task {blocker.id}, which it comes after, does not merge into {branch}: {', '.join(merged.conflicts)}"
            )


def _follow(project: Project, branch: str) -> None:
    """Make the branch at HEAD, or move it there where HEAD has all of it: whoever merged its work went on from that."""
    head = project.head_commit
    tip = project.ensure_branch(branch, head)
    if tip != head and project.holds(head, tip):
        # Somebody else moved it just now: what they wrote stands, and is where the task begins.
        with suppress(Conflict):
            project.land(MergeCandidate(branch, tip, head))
