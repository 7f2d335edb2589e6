"""The working copy of one attempt: thrown away with it, or, where nothing confines commands, kept over an interruption.

Rule 1: in a sandbox all that an attempt does dies with its copy, so it is begun anew from the commit it began at.
Rule 2: without one a command may have done anything, and one on record is not done again
    (:mod:`teams.mission.attempt.effects`). What it did to the copy must then still be there: the copy of an
    interrupted attempt is taken up as it was left.
Rule 3: a copy has its name when it is whole; the name says whose it is and at which commit it began.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from onecontext.store.project import remove_copy
from teams.agent.worktools import outlives
from teams.mission.site import Site
from teams.protocol.board.states import HELD, State
from teams.protocol.board.task import Task

_KEPT = "kept"
_OPEN = (*HELD, State.READY, State.WAITING, State.BLOCKED)


@dataclass
class AttemptCopy:
    """``folder`` holds what the attempt works on; ``start`` is the commit that it began at.

    ``is_over``: the attempt is handed over, and nobody takes the copy up again.
    """

    folder: Path
    start: str
    is_over: bool = False


@contextmanager
def attempt_copy(site: Site, task: Task, start: str) -> Iterator[AttemptCopy]:
    """Give the working copy of an attempt as claimed: a new one of commit ``start``, or the one that was left."""
    if not outlives(site.sandbox):
        with site.copy(f"task-{task.id}", start) as folder:
            yield AttemptCopy(folder, start)
        return
    stem = f"{_KEPT}.{task.id}.{task.attempt}."
    left = next((path for path in site.work.iterdir() if path.name.startswith(stem)), None)
    folder = left or _new(site, stem, start)
    copy = AttemptCopy(folder, folder.name.removeprefix(stem))
    try:
        yield copy
    finally:
        if copy.is_over:
            remove_copy(folder)


def clear(site: Site, tasks: Sequence[Task]) -> None:
    """Remove the copies that killed runs left, but for those that an attempt goes on with."""
    going_on = {f"{_KEPT}.{task.id}.{task.attempt}." for task in tasks if task.state in _OPEN and task.verdict is None}
    for left in site.work.iterdir():
        if not any(left.name.startswith(stem) for stem in going_on):
            remove_copy(left)


def _new(site: Site, stem: str, start: str) -> Path:
    with site.copy("new", start) as made:
        return made.rename(site.work / f"{stem}{start}")
