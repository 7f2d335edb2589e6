"""The newest commits of all branches, without walking the rest of the history.

Rule 1: each commit comes before its parents, and of those that may come next the newest is taken, as by
        ``git log --date-order``; reading costs by the commits that are wanted, however many there are.
Rule 2: a clock that ran backwards can keep a commit out of the newest, and never puts one after its parents.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from heapq import heappop, heappush

from onecontext.store.commits import CommitInfo

_SPARE = 100
"""Commits of one second come in no order: so many more are looked at than are wanted."""


def newest(info: Callable[[str], CommitInfo], tips: Iterable[str], limit: int) -> list[CommitInfo]:
    """Return the newest ``limit`` commits that can be reached from ``tips``.

    Args:
        info: returns what a commit says of itself; it is asked once for each.
    """
    seen = _seen(info, tips, limit + _SPARE) if limit > 0 else {}
    children = Counter(parent for commit in seen.values() for parent in commit.parents)
    ready: list[tuple[int, int, str]] = []
    for place, commit in enumerate(seen.values()):
        if not children[commit.id]:
            heappush(ready, (-commit.at_s, place, commit.id))
    found: list[CommitInfo] = []
    while ready and len(found) < limit:
        commit = seen[heappop(ready)[2]]
        found.append(commit)
        for parent in commit.parents:
            children[parent] -= 1
            if not children[parent] and parent in seen:
                heappush(ready, (-seen[parent].at_s, len(found), parent))
    return found


def _seen(info: Callable[[str], CommitInfo], tips: Iterable[str], most: int) -> dict[str, CommitInfo]:
    """Return the newest commits by their time alone, in the order in which they were met."""
    met = {tip: info(tip) for tip in dict.fromkeys(tips)}
    waiting = [(-commit.at_s, place, commit.id) for place, commit in enumerate(met.values())]
    waiting.sort()
    seen: dict[str, CommitInfo] = {}
    while waiting and len(seen) < most:
        commit = met[heappop(waiting)[2]]
        seen[commit.id] = commit
        for parent in commit.parents:
            if parent not in met:
                met[parent] = info(parent)
                heappush(waiting, (-met[parent].at_s, len(met), parent))
    return seen
