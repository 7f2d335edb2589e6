"""Which of several things with one name counts: the first, and the others are reported, not hidden."""

from collections.abc import Iterable
from typing import Protocol, TypeVar


class Named(Protocol):
    """What has a name."""

    @property
    def name(self) -> str: ...


T = TypeVar("T", bound=Named)


def first_of_each(items: Iterable[T]) -> tuple[dict[str, T], list[tuple[T, T]]]:
    """Return the first of each name, by it, and each of the others with the one that goes before it."""
    taken: dict[str, T] = {}
    hidden: list[tuple[T, T]] = []
    for item in items:
        if taken.setdefault(item.name, item) is not item:
            hidden.append((item, taken[item.name]))
    return taken, hidden
