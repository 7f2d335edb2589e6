"""Small packs made into larger ones, so that their number does not grow with history.

Rule 1: a pack is taken away only when another that has all of its objects is durable, at any durability. A reader that
        looked it up before looks again, as it does beside `git gc`.
Rule 2: thirty-two packs of one size make one of the next, so a memory of 30,000 milestones has at most some ninety, and
        each object is written three times at most.
Rule 3: the list of a branch's packs is a hint. Without it, or after `git gc`, packs just stay as they are.

The caller holds the lock of the branch.
"""

from collections.abc import Callable, Sequence
from pathlib import Path

from onecontext.errors import Damaged
from onecontext.store import packs
from onecontext.store.files import append_bytes, read_bytes, replace_text

TOGETHER = 32
_WINDOW, _DEPTH = 12, 40

Read = Callable[[str], tuple[int, bytes]]
"""Returns kind and content of an object."""


def note(hints: Path, folder: Path, pack: str, read: Read) -> None:
    """Add ``pack`` to the list ``hints``, and make one of those of a size when there are enough.

    Args:
        folder: ``objects/pack`` of the repository.

    Raises:
        OSError: full or read-only; the packs are as they were.
    """
    levels = _load(hints)
    levels.setdefault(0, []).append(pack)
    hints.parent.mkdir(parents=True, exist_ok=True)
    if len(levels[0]) < TOGETHER:
        append_bytes(hints, f"0 {pack}\n".encode(), durable=False)
        return
    level = 0
    while len(levels.get(level, ())) >= TOGETHER:
        small = levels.pop(level)
        level += 1
        larger = _unite(folder, small, read)
        levels.setdefault(level, []).extend([larger] if larger else [])
    replace_text(hints, "".join(f"{n} {name}\n" for n, names in sorted(levels.items()) for name in names))


def _load(hints: Path) -> dict[int, list[str]]:
    try:
        lines = read_bytes(hints).decode("utf-8", "replace").splitlines()
    except FileNotFoundError:
        return {}
    levels: dict[int, list[str]] = {}
    for line in lines:
        level, _, name = line.partition(" ")
        if level.isdecimal() and name.startswith("pack-") and name[5:].isalnum():
            levels.setdefault(int(level), []).append(name)
    return levels


def _unite(folder: Path, names: Sequence[str], read: Read) -> str | None:
    found: dict[str, None] = {}
    there: list[str] = []
    for name in dict.fromkeys(names):
        try:
            index = read_bytes(folder / f"{name}.idx")
        except FileNotFoundError:
            continue  # `git gc` has made a larger one of it already
        found |= dict.fromkeys(packs.names_in(index))
        there.append(name)
    if not there:
        return None
    try:
        objects = _with_deltas(found, read)
    except Damaged:
        return None  # damage in old ones is for the doctor to tell, and no reason against a new milestone
    larger = packs.write(folder, objects, durable=True)
    for name in there:
        if name != larger:
            # The index first: without it nobody looks for the pack.
            (folder / f"{name}.idx").unlink(missing_ok=True)
            (folder / f"{name}.pack").unlink(missing_ok=True)
    return larger


def _with_deltas(names: Sequence[str] | dict[str, None], read: Read) -> list[packs.New]:
    """Read the objects, each as a change of a recent one of its kind where that is shorter."""
    recent: dict[int, list[packs.New]] = {}
    depth: dict[str, int] = {}
    made: list[packs.New] = []
    for name in names:
        kind, content = read(name)
        new = packs.New(name, kind, content)
        window = recent.setdefault(kind, [])
        for base in reversed(window):
            change = packs.delta(base.content, content) if depth[base.name] < _DEPTH else None
            if change is not None and len(change) * 2 < len(content):
                new = packs.New(name, kind, content, base.name, change)
                break
        depth[name] = depth[new.base] + 1 if new.base else 0
        window.append(new)
        del window[:-_WINDOW]
        made.append(new)
    return made
