"""``log.md``: the steps since the last milestone, one durable append each.

Rule 1: appending costs the same whatever is there: only the end of the file is read.
Rule 2: a torn tail is set aside before anything is appended, so it never swallows the next record.
Rule 3: the caller holds the lock of the branch, but for :func:`read`, which needs none.
"""

import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

from onecontext.records import Raw, Split, joined, split
from onecontext.store.durable import sync_names
from onecontext.store.files import MAX_LOG_BYTES, append_bytes, open_to_read, read_bytes, replace_bytes
from onecontext.store.layout import Layout
from onecontext.store.marks import Mark, mark
from onecontext.store.place import Place
from onecontext.store.quarantine import set_aside
from onecontext.store.ways import check_way

_FIRST_LOOK_BYTES = 4 * 1024
_NUMBER = re.compile(rb"### Step (\d{1,18}) ")


Key = tuple[str, str, str]


class Tail(NamedTuple):
    """The end of a log: records seen there, where the last whole one ends, the size, and whether a line is open."""

    records: tuple[Raw, ...]
    end: int
    size: int
    open_line: bool


class Left(NamedTuple):
    """How a log was left after an append: the mark of the file, and the number of the newest step."""

    mark: Mark
    number: int


def path_in(place: Place, branch: str) -> Path:
    """Return the pending log of ``branch`` in a work tree.

    Raises:
        Damaged: the way there leads out of the work tree.
    """
    path = place.folder / "branches" / branch / "log.md"
    check_way(place.folder, path)
    return path


def read(path: Path) -> Split:
    """Return the log taken apart; empty when there is none. A step being appended right now is not in it."""
    try:
        return split(read_bytes(path, limit_bytes=MAX_LOG_BYTES))
    except (FileNotFoundError, NotADirectoryError):
        return split(b"")


def append(
    layout: Layout, path: Path, branch: str, encode: Callable[[int], bytes], *, left: Left | None = None
) -> Left:
    """Append what ``encode(n)`` returns, ``n`` being the number of the new step, and fsync it at durability "step".

    Args:
        left: what the last append returned; a log that is still so need not be read. None reads its end.

    Raises:
        OSError: full or read-only; the log is as it was.
    """
    check_way(layout.path, path)
    if left is not None and left.mark == mark(path):
        number, record = left.number + 1, encode(left.number + 1)
    else:
        tail = _tail(path)
        if tail.end < tail.size:
            cut_torn_tail(layout, path, branch, tail.end)
        number = _last_number(tail, path.with_name("log")) + 1
        record = (b"\n" if tail.open_line else b"") + encode(number)
    append_bytes(path, record, durable=layout.durability == "step")
    return Left(mark(path), number)


def cut_torn_tail(layout: Layout, path: Path, branch: str, end: int) -> None:
    """Move what follows byte ``end`` to the quarantine, durably, and only then cut it off."""
    try:
        content = read_bytes(path, limit_bytes=MAX_LOG_BYTES)
    except FileNotFoundError:
        return
    if len(content) > end:
        set_aside(layout, f"{branch}-log", content[end:])
        replace_bytes(path, content[:end], durable=True)


def drop(layout: Layout, path: Path, branch: str, committed: Mapping[Key, bytes], *, durable: bool = True) -> None:
    """Take the records with these keys, to their bytes, out of the log; they have become history.

    One that was changed by hand at the last moment is set aside. What is left is fsynced at any durability, because
    whoever appended it may have been promised so.
    """
    content = read_bytes(path, limit_bytes=MAX_LOG_BYTES)
    found = split(content)
    left = [raw for raw in found.records if raw.key not in committed]
    if len(left) == len(found.records):
        return
    changed = [raw for raw in found.records if committed.get(raw.key, raw.raw).strip() != raw.raw.strip()]
    if changed:
        set_aside(layout, f"{branch}-log", joined(changed))
    rest = joined(left) + content[found.end :]
    replace_bytes(path, rest, durable=durable or bool(rest))


def unite(layout: Layout, branch: str, source: Path, target: Path) -> None:
    """Bring the records of ``source`` into ``target``, durably, each once; those of ``source`` come first."""
    for path in (source, target):
        if path.exists():
            cut_torn_tail(layout, path, branch, read(path).end)
    one, two = read(source), read(target)
    known = {raw.key for raw in one.records}
    text = one.preamble + joined(one.records)
    text += b"" if two.preamble in text else two.preamble
    text += joined(raw for raw in two.records if raw.key not in known)
    if text and (not target.exists() or read_bytes(target, limit_bytes=MAX_LOG_BYTES) != text):
        target.parent.mkdir(parents=True, exist_ok=True)
        replace_bytes(target, text, durable=True)
        sync_names(target, target.parents[2])


def clear(path: Path) -> None:
    """Empty a log whose records have another home by now."""
    if path.exists() and path.stat().st_size:
        replace_bytes(path, b"", durable=True)


def _tail(path: Path) -> Tail:
    look = _FIRST_LOOK_BYTES
    try:
        opened = open_to_read(path)
    except FileNotFoundError:
        return Tail((), 0, 0, open_line=False)
    look = _FIRST_LOOK_BYTES
    with opened as file:
        size = os.fstat(file.fileno()).st_size
        while True:
            start = max(0, size - look)
            file.seek(start)
            window = file.read(size - start)
            # The first frame that begins a line: text of ours cannot, and a record cut by the window is left out.
            begin = 0 if start == 0 else window.find(b"\n<!-- oc1 ") + 1
            found = split(window[begin:]) if start == 0 or begin else None
            if start == 0 or (found and found.records):
                break
            look *= 8
    parts = found or split(b"")
    end = start + begin + parts.end
    return Tail(parts.records, end, size, open_line=end > 0 and window[end - start - 1 : end - start] != b"\n")


def _last_number(tail: Tail, history: Path) -> int:
    if numbers := [number for raw in tail.records if (number := _number(raw))]:
        return max(numbers)
    newest = _newest(_newest(history))
    if newest is None:
        return 0
    return max((_number(raw) for raw in split(read_bytes(newest)).records), default=0)


def _number(raw: Raw) -> int:
    match = _NUMBER.match(raw.body)
    return int(match.group(1)) if match else 0


def _newest(folder: Path | None) -> Path | None:
    if folder is None or not folder.is_dir():
        return None
    numbered = [path for path in folder.iterdir() if path.stem.isdecimal()]
    return max(numbered, key=lambda path: int(path.stem), default=None)
