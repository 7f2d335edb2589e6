"""Which tasks wait for which: cycles."""

from collections.abc import Callable, Mapping, Sequence


def cycle_through(start: str, blockers_of: Callable[[str], Sequence[str]]) -> list[str]:
    """Return a path from ``start`` along ``blockers_of`` back to ``start``; empty when there is none.

    Each task on the way is asked once, so what nobody waits for costs nothing.
    """
    came_from: dict[str, str] = {}
    pending = [start]
    while pending:
        name = pending.pop()
        for blocker in blockers_of(name):
            if blocker == start:
                return _path(start, name, came_from)
            if blocker not in came_from:
                came_from[blocker] = name
                pending.append(blocker)
    return []


def _path(start: str, last: str, came_from: Mapping[str, str]) -> list[str]:
    path = [start]
    while last != start:
        path.append(last)
        last = came_from[last]
    return [start, *reversed(path[1:]), start]
