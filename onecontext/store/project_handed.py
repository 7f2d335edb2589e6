"""The loose objects of the user's repository as packs, which each working copy of a mission gets as hard links.

A loose object is a file in one of 256 folders. A mission adds seven with each task, and a copy that links each of them
makes 256 folders and thousands of names, only to take them away again; of packs it gets two names each.

Rule 1: nothing of the user's is written or taken away: the packs lie in a folder of ours, for as long as a run lasts.
Rule 2: an object goes into a pack only under the name that its content has. What cannot be read, is damaged, or is
        large is left to be linked as it lies.
Rule 3: what is on the disk counts, nothing is held in memory: the folder may be taken away between any two copies.

Source: the format of a loose object is in gitformat-loose(5).
"""

import hashlib
import os
import shutil
import threading
import zlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from onecontext.store import packs
from onecontext.store.files import read_bytes

MAX_OBJECT_BYTES = 1024 * 1024
_BATCH_BYTES = 8 * 1024 * 1024
_TOGETHER = 16
_FEW = 512  # objects of a pack that is one of many soon
_GONE = 1024

Link = Callable[[str, str], None]
"""Makes the second path another name of the first file."""


class Handed:
    """Packs in ``folder``, which need not be there. Threads may share one; processes may not share the folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._one = threading.Lock()

    def hand_over(self, loose: Mapping[bytes, str], target: Path, link: Link) -> set[bytes]:
        """Link packs with the objects ``loose`` into the folder ``target``, and return the objects that are in them.

        Args:
            loose: names of objects as bytes, to the files they are.

        Raises:
            OSError: full or read-only.
        """
        with self._one:
            there = self._there()
            known = set[bytes]().union(*there.values())
            # The user's git has packed them meanwhile, and copies get those packs.
            if len(known - loose.keys()) > max(_GONE, len(known) // 2):
                self._drop()
                there, known = {}, set()
            for batch in _batches({name: path for name, path in loose.items() if name not in known}):
                pack = packs.write(self._folder, batch, durable=False)
                there[pack] = {bytes.fromhex(new.name) for new in batch}
                known |= there[pack]
            for pack in self._united(there):
                for end in (".pack", ".idx"):
                    link(str(self._folder / f"{pack}{end}"), str(target / f"{pack}{end}"))
            return known

    def drop(self) -> None:
        """Take the packs away; what copies have of them stays. Nothing there is fine."""
        with self._one:
            self._drop()

    def _drop(self) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)

    def _there(self) -> dict[str, set[bytes]]:
        """Return the packs in the folder, to the names of their objects."""
        indexes = self._folder.glob("pack-*.idx")
        return {path.stem: packs.raw_names_in(read_bytes(path)) for path in indexes}

    def _united(self, there: Mapping[str, set[bytes]]) -> list[str]:
        """Make one pack of many that are small, or of many altogether, and return the packs that there are."""
        left = list(there)
        for some in ([pack for pack, names in there.items() if len(names) < _FEW], left):
            if len(left) < _TOGETHER or len(some) < _TOGETHER // 2:
                continue
            if (larger := packs.join(self._folder, some, durable=False)) is not None:
                for pack in some:
                    (self._folder / f"{pack}.idx").unlink()
                    (self._folder / f"{pack}.pack").unlink()
                return [*(pack for pack in left if pack not in some), larger]
        return left


def _batches(loose: Mapping[bytes, str]) -> Iterator[list[packs.New]]:
    """Yield the objects that can be packed, so many at once as fit in memory."""
    batch, size = list[packs.New](), 0
    for name, path in loose.items():
        new = _read(name, path)
        if new is not None:
            batch.append(new)
            size += len(new.content)
        if size > _BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _read(name: bytes, path: str) -> packs.New | None:
    """Return the loose object in the file ``path``; None when it is none of this name, or too large."""
    try:
        with open(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:  # noqa: PTH123
            stored = file.read(MAX_OBJECT_BYTES + 1)
        inflating = zlib.decompressobj()
        whole = inflating.decompress(stored, MAX_OBJECT_BYTES)
    except (OSError, zlib.error):
        return None
    head, _, content = whole.partition(b"\0")
    kind = packs.KINDS.get(head.partition(b" ")[0])
    if kind is None or hashlib.sha1(whole, usedforsecurity=False).digest() != name:
        return None
    return packs.New(name.hex(), kind, content)
