"""Small packs made into larger ones, so that their number does not grow with history.

Rule 1: a pack is taken away only when another that has all of its objects is durable, at any durability. A reader that
        looked it up before looks again, as it does beside `git gc`.
Rule 2: thirty-two packs of one size make one of the next. Packs of a milestone or a few are taken apart for that, and
        their objects become changes of one another; larger ones are put one behind the other as they are.
Rule 3: the list of a branch's packs is a hint. Without it, or after `git gc`, packs just stay as they are.
Rule 4: who merges a branch takes its list over: a branch that is written for one task only never has many packs.

The caller holds the lock of the branch.
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from onecontext.errors import Damaged
from onecontext.store import deltas, packs
from onecontext.store.files import append_bytes, read_bytes, replace_bytes

TOGETHER = 32
_MANY = 64  # objects: those of some six milestones, which are changes of one another already
_WINDOW, _DEPTH = 12, 40

Read = Callable[[str], tuple[int, bytes]]
"""Returns kind and content of an object."""


def note(hints: Path, folder: Path, pack: str, objects: int, read: Read) -> None:
    """Add ``pack``, which has so many ``objects``, to the list ``hints``; when those of a size are many, make them one.

    Args:
        folder: ``objects/pack`` of the repository.

    Raises:
        OSError: full or read-only; the packs are as they were.
    """
    levels = _load(hints)
    level = 0 if objects < _MANY else 1
    levels.setdefault(level, []).append(pack)
    hints.parent.mkdir(parents=True, exist_ok=True)
    if len(levels[level]) < TOGETHER:
        append_bytes(hints, f"{level} {pack}\n".encode(), durable=False)
        return
    while len(levels.get(level, ())) >= TOGETHER:
        small = levels.pop(level)
        larger = _unite(folder, small, read) if level == 0 else _join(folder, small)
        level += 1
        levels.setdefault(level, []).extend([larger] if larger else [])
    replace_bytes(hints, _lines(levels))


def take_over(hints: Path, others: Path) -> None:
    """Add the packs of the list ``others``, whose branch's lock the caller holds too, to the list ``hints``.

    They are united with the next pack that is noted there. A kill in between leaves them in both lists, where whoever
    comes second finds that they are gone.

    Raises:
        OSError: full or read-only; the packs are as they were.
    """
    levels = _load(others)
    if levels:
        append_bytes(hints, _lines(levels), durable=False)
        others.unlink(missing_ok=True)


def _lines(levels: Mapping[int, Sequence[str]]) -> bytes:
    return "".join(f"{n} {name}\n" for n, names in sorted(levels.items()) for name in names).encode()


def _join(folder: Path, names: Sequence[str]) -> str | None:
    there = [name for name in dict.fromkeys(names) if (folder / f"{name}.idx").exists()]
    larger = packs.join(folder, there) if there else None
    if larger:
        _take_away(folder, there, larger)
    return larger


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
    _take_away(folder, there, larger)
    return larger


def _take_away(folder: Path, names: Sequence[str], larger: str) -> None:
    for name in names:
        if name != larger:
            # The index first: without it nobody looks for the pack.
            (folder / f"{name}.idx").unlink(missing_ok=True)
            (folder / f"{name}.pack").unlink(missing_ok=True)


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
            change = deltas.delta(base.content, content) if depth[base.name] < _DEPTH else None
            if change is not None and len(change) * 2 < len(content):
                new = packs.New(name, kind, content, base.name, change)
                break
        depth[name] = depth[new.base] + 1 if new.base else 0
        window.append(new)
        del window[:-_WINDOW]
        made.append(new)
    return made
