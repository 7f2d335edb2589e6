"""What comes after what, as a forest: pure, from the tasks alone.

Rule 1: a task is drawn once, below what it comes after; of several below the first that is not done, as that holds it
        up; the others are said in its line.
Rule 2: tasks that wait for each other in a ring are drawn from one of the ring, and the ring is said; what is knotted
        more than that has one of its rings said.
Rule 3: tasks that come after nothing and have nothing after them come last, without lanes.
Rule 4: lanes are bounded: what lies deeper is drawn at the last of them.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from tui.snapshot import Task

MOST_LANES = 16


class Branch(NamedTuple):
    """One task in the forest. ``ring`` are the tasks that wait for each other, where it is drawn as their first."""

    lanes: str
    task: Task
    ring: tuple[str, ...] = ()


def forest(tasks: Sequence[Task]) -> list[Branch]:
    """Return the tasks as they come after each other; what comes first is on top."""
    known = {task.id: task for task in tasks}
    knotted = _knotted(known)
    above = {task.id: _above(task, known, knotted) for task in tasks}
    rings = _rings(above)
    below: dict[str, list[Task]] = {}
    for task in tasks:
        parent = above[task.id]
        if parent is not None and task.id not in rings:
            below.setdefault(parent, []).append(task)
    roots = [task for task in tasks if above[task.id] is None or task.id in rings]
    tied = [task for task in roots if task.id in below or task.id in rings]
    alone = [task for task in roots if task.id not in below and task.id not in rings]
    drawn: list[Branch] = []
    for task in tied:
        drawn += _tree(task, below, rings.get(task.id, ()))
    return [*drawn, *(Branch("", task) for task in alone)]


def _knotted(known: Mapping[str, Task]) -> set[str]:
    """Return the tasks that can never begin: those in a ring, and what comes after one."""
    waits = {
        task.id: {other for other in task.blocked_by if other in known and known[other].state != "done"}
        for task in known.values()
        if task.state != "done"
    }
    after: dict[str, list[str]] = {}
    for task_id, others in waits.items():
        for other in others:
            after.setdefault(other, []).append(task_id)
    free = [task_id for task_id, others in waits.items() if not others]
    while free:
        gone = free.pop()
        del waits[gone]
        for task_id in after.get(gone, ()):
            waits[task_id].discard(gone)
            if not waits[task_id]:
                free.append(task_id)
    return set(waits)


def _above(task: Task, known: Mapping[str, Task], knotted: set[str]) -> str | None:
    there = [other for other in task.blocked_by if other in known]
    if task.id in knotted:
        # One that waits for ever waits for another of them: following these leads into the ring.
        there = [other for other in there if other in knotted]
    return next((other for other in there if known[other].state != "done"), there[-1] if there else None)


def _rings(above: Mapping[str, str | None]) -> dict[str, tuple[str, ...]]:
    """Return the first of each ring to the whole ring. Each task has at most one above it, so rings cannot touch."""
    found: dict[str, tuple[str, ...]] = {}
    done: set[str] = set()
    for start in above:
        path: dict[str, None] = {}
        here: str | None = start
        while here is not None and here not in done and here not in path:
            path[here] = None
            here = above[here]
        if here is not None and here in path:
            way = list(path)
            ring = way[way.index(here) :]
            found[here] = (*ring, here)
        done.update(path)
    return found


def _tree(root: Task, below: Mapping[str, Sequence[Task]], ring: tuple[str, ...]) -> list[Branch]:
    drawn: list[Branch] = []
    # A stack, as a chain of thousands of tasks is no reason to fail.
    rest: list[tuple[Task, str, str]] = [(root, "", "")]
    while rest:
        task, lanes, deeper = rest.pop()
        drawn.append(Branch(lanes, task, ring if task is root else ()))
        children = below.get(task.id, ())
        full = len(deeper) >= 3 * MOST_LANES
        for number, child in enumerate(reversed(children)):
            last = number == 0
            turn = "└─ " if last else "├─ "
            on = "" if full else "   " if last else "│  "
            rest.append((child, (deeper[:-3] if full else deeper) + turn, deeper + on))
    return drawn
