"""When the serving of a board comes to its end, and how: tasks and jobs in, an outcome out."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal

from teams.mission.outcome import Outcome
from teams.protocol.board.states import HELD, State
from teams.protocol.board.task import Task
from teams.protocol.heartbeat import Life
from teams.serving.choosing import is_free, unfinished
from teams.serving.dispatch import Dispatch
from teams.serving.workflow import Settings

Until = Literal["stopped", "empty", "once"]
"""``stopped``: for as long as nobody says stop; ``empty``: until nothing more can be done; ``once``: what can be begun
now, once each.
"""
_THERE = (Life.ALIVE, Life.SILENT, Life.ORPHANED)


@dataclass
class Goal:
    """How long to go on. ``life_of`` says whether somebody who holds a task is known to live."""

    until: Until
    life_of: Callable[[str], Life]
    batch: set[str] | None = None
    """Ids of the tasks of ``once``; None before the first look."""
    begun: set[tuple[str, int]] = field(default_factory=set)
    """What ``once`` does not begin again: tasks, with 0 for the work and the epoch of what was judged."""

    def offered(self, tasks: list[Task], dispatch: Dispatch, settings: Settings) -> list[Task]:
        """Return the tasks that may be begun, of those there are."""
        if self.until != "once":
            return tasks
        if self.batch is None:
            ready = (task for task in tasks if is_free(task) or task.state is State.REVIEW)
            self.batch = {task.id for task in ready if dispatch.rests_until(task) is None}
        return [task for task in tasks if task.id in self.batch and _part_of(task) not in self.begun]

    def note(self, tried: Iterable[Task]) -> None:
        """Remember what was begun, or could not be."""
        self.begun |= {_part_of(task) for task in tried}

    def outcome(self, tasks: list[Task], dispatch: Dispatch, settings: Settings) -> Outcome | None:
        """Return how it ended, None while there is something to do or to wait for."""
        if dispatch.jobs.all():
            return None
        offered = self.offered(tasks, dispatch, settings)
        if dispatch.spent and any(is_free(task) for task in offered):
            return Outcome("budget_exhausted", dispatch.spent)
        if self.until == "stopped" or any(dispatch.can_begin(task, settings) for task in offered):
            return None
        if self.until == "once":
            return _of([task for task in tasks if task.id in (self.batch or set())])
        left = [task for task in unfinished(tasks) if not _is_meant_for_somebody(task)]
        if any(dispatch.rests_until(task) is not None and _can_wake(task) for task in left):
            return None
        if any(self._is_with_another(task) for task in left):
            return None
        return _of([task for task in tasks if not _is_meant_for_somebody(task)])

    def _is_with_another(self, task: Task) -> bool:
        """Say whether somebody who lives has the task, or judges it: it hands over, or its lease ends."""
        who = task.owner if task.state in HELD else task.ours.reviewer if task.state is State.REVIEW else None
        return who is not None and self.life_of(who) in _THERE


def _part_of(task: Task) -> tuple[str, int]:
    return task.id, task.epoch if task.state is State.REVIEW else 0


def _can_wake(task: Task) -> bool:
    return is_free(task) or task.state is State.REVIEW


def _is_meant_for_somebody(task: Task) -> bool:
    return task.state is State.READY and task.owner is not None


def _of(tasks: Sequence[Task]) -> Outcome:
    left = unfinished(tasks)
    if not left:
        return Outcome("done", f"{len(tasks)} of {len(tasks)} tasks are done" if tasks else "there was nothing to do")
    return Outcome("blocked", "; ".join(_need(task) for task in left))


def _need(task: Task) -> str:
    reason = (task.reason or "").splitlines()
    return f"task {task.id} {task.key} is {task.state}" + (f": {reason[0]}" if reason else "")
