"""Which tasks wait for which: cycles."""

from collections.abc import Callable, Iterator, Mapping, Sequence


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


def cycles(blocked_by: Mapping[str, Sequence[str]]) -> list[list[str]]:
    """Return a path for each knot of tasks that wait for each other, its least id first and last.

    At least one path through every strongly connected part that has a cycle; linear in tasks and links.
    """
    found: dict[tuple[str, ...], None] = {}
    done: set[str] = set()
    for start in sorted(blocked_by):
        if start not in done:
            for path in _back_edges(start, blocked_by, done):
                least = path.index(min(path))
                found[(*path[least:], *path[:least], path[least])] = None
    return [list(path) for path in found]


def _back_edges(start: str, blocked_by: Mapping[str, Sequence[str]], done: set[str]) -> Iterator[list[str]]:
    """Walk in depth from ``start``, and yield the way around whenever a task on it is met again."""
    way, places = [start], {start: 0}
    ahead = [iter(blocked_by.get(start, ()))]
    while way:
        name = next(ahead[-1], None)
        if name is None:
            ahead.pop()
            done.add(left := way.pop())
            del places[left]
        elif name in places:
            yield way[places[name] :]
        elif name not in done:
            places[name] = len(way)
            way.append(name)
            ahead.append(iter(blocked_by.get(name, ())))
