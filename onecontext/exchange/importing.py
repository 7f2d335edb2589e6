"""IMPORT: the memory of another program becomes branches of ours.

Rule 1: a foreign branch goes to the branch that has records of it already; else to the one of its name, if that is new
        or has no records of its own; else to ``<name>-imported``, from where ``merge`` brings it in.
Rule 2: every branch is one commit, and its start another; after a kill the same import goes on where it stopped.
"""

from collections.abc import Iterator
from itertools import count
from pathlib import Path

from onecontext.errors import BranchExists
from onecontext.exchange.branch_names import mapped, numbered
from onecontext.exchange.found import Found, FoundBranch
from onecontext.exchange.intake import Order, keys_in, take_in
from onecontext.exchange.model import Import
from onecontext.exchange.read import read
from onecontext.memory import branches, pending
from onecontext.memory.author import Author
from onecontext.names import MAX_LENGTH
from onecontext.store.layout import Layout
from onecontext.store.objects import Objects

_SUFFIX = "-imported"


def import_from(layout: Layout, author: Author, branch: str, directory: Path, named: str | None) -> Import:
    """Take in the memory in ``directory``; branches that come from nowhere start at ``branch``.

    Raises:
        UsageError: it has no memory in a known layout, or not in the layout ``named``; nothing was written.
        Damaged: a file of it is too large to be read at once; nothing was written.
    """
    found = read(directory, named)
    targets = _Targets(layout, found)
    names = targets.names()
    created: set[str] = set()
    for one in _parents_first(found):
        if layout.tip(names[one.name]) is None:
            made = _start(layout, author, one, targets, names, branch)
            created |= {one.name} if made else set()
    notes = [*found.notes, *(f"{there!r} is called {here!r} here" for there, here in names.items() if there != here)]
    done = []
    for one in found.branches:
        order = Order(names[one.name], names, found.layout, one.name in created)
        done.append(take_in(layout, author, one, order, notes))
    return Import(directory, found.layout, tuple(done), all(one.already for one in done), tuple(notes))


def _start(
    layout: Layout, author: Author, one: FoundBranch, targets: "_Targets", names: dict[str, str], branch: str
) -> bool:
    """Start the branch for ``one``, and note its name in ``names``; False where an empty one was there to be used."""
    parent = names.get(one.parent or "", branch)
    start = parent if layout.tip(parent) is not None else branch
    purpose = (one.metadata or {}).get("purpose")
    taken = set(names.values())
    for name in _candidates(names[one.name]):
        if name != names[one.name] and name in taken:
            continue
        if layout.tip(name) is not None:
            if not targets.is_empty(name):
                continue
            names[one.name] = name
            return False
        try:
            branches.create(layout, name, author, parent=start, purpose=purpose if isinstance(purpose, str) else "")
        except BranchExists:
            # A tag has the name, or the parent holds the memory of an earlier branch of that name.
            continue
        names[one.name] = name
        return True
    raise AssertionError("there is no end of candidates")


def _candidates(wanted: str) -> Iterator[str]:
    """Yield the names a branch may get: its own, then ``-imported``, ``-imported-2`` and so on."""
    yield wanted
    stem = wanted[: MAX_LENGTH - len(_SUFFIX)].rstrip("-_.") + _SUFFIX
    yield from (numbered(stem, number) for number in count(1))


def _parents_first(found: Found) -> list[FoundBranch]:
    by_name = {one.name: one for one in found.branches}
    ordered: dict[str, FoundBranch] = {}

    def visit(one: FoundBranch, below: frozenset[str]) -> None:
        parent = by_name.get(one.parent or "")
        if parent is not None and parent.name not in below:
            visit(parent, below | {one.name})
        ordered.setdefault(one.name, one)

    for one in found.branches:
        visit(one, frozenset({one.name}))
    return list(ordered.values())


class _Targets:
    """Which branch of ours each foreign one goes to."""

    def __init__(self, layout: Layout, found: Found) -> None:
        self._found = found
        objects = Objects(layout)
        self._keys = {}
        for name in layout.branches():
            tip = layout.tip(name)
            waiting = {raw.key for raw in pending.read(pending.path_in(layout.place(name), name)).records}
            self._keys[name] = waiting | (keys_in(objects, objects.tree_of(tip), name) if tip else set())

    def names(self) -> dict[str, str]:
        """Return names there to names here."""
        wanted = mapped(one.name for one in self._found.branches)
        chosen: dict[str, str] = {}
        for one in self._found.branches:
            if known := self._known(one, set(chosen.values())):
                chosen[one.name] = known
        for one in self._found.branches:
            if one.name not in chosen:
                chosen[one.name] = self._free(one, wanted[one.name], set(chosen.values()))
        return chosen

    def is_empty(self, name: str) -> bool:
        """Say whether a branch of ours has no record of its own; one that is not there has none."""
        return not self._keys.get(name)

    def _known(self, one: FoundBranch, taken: set[str]) -> str | None:
        """Return the branch that has most of the records of ``one``."""
        own = {record.key for record in [*one.milestones, *one.steps] if record.folder == one.name}
        shared = {name: len(own & keys) for name, keys in self._keys.items() if name not in taken}
        best = max(shared, key=lambda name: (shared[name], name == one.name), default=None)
        return best if best is not None and shared[best] else None

    def _free(self, one: FoundBranch, wanted: str, taken: set[str]) -> str:
        empty = not (one.milestones or one.steps)
        free = (name for name in _candidates(wanted) if name not in taken and (empty or self.is_empty(name)))
        return next(free)
