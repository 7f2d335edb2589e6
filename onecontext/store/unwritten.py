"""New git objects, gathered in memory and written together as one pack.

Rule 1: nothing is written before all of it is known, so a refused or failed operation leaves nothing behind.
Rule 2: an object that takes the place of another of the same pack is stored as its change; a chain of changes is
        bounded, because whoever reads the last one walks all of it.
"""

from pathlib import Path
from typing import NamedTuple

from onecontext.store import deltas, packs
from onecontext.store.trees import object_name

_DEPTH = 40
_ENDING_BYTES = 256
_SHORT_BYTES = 64  # of a change: to look for a shorter one is not worth it


class _Gathered(NamedTuple):
    kind: int
    content: bytes
    instead_of: str | None


class Unwritten:
    """Objects that have a name already, and are on disk only after :meth:`write`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._objects: dict[str, _Gathered] = {}
        self.size_bytes = 0

    def __contains__(self, name: str) -> bool:
        return name in self._objects

    def __len__(self) -> int:
        return len(self._objects)

    def add(self, kind: bytes, content: bytes, instead_of: str | None = None) -> str:
        """Take an object in and return its name; ``instead_of`` is the one whose place it takes, None nobody's."""
        name = object_name(kind, content)
        if name not in self._objects:
            self._objects[name] = _Gathered(packs.KINDS[kind], content, instead_of)
            self.size_bytes += len(content)
        return name

    def content(self, name: str) -> bytes:
        """Return the content of an object that was added and not yet written."""
        return self._objects[name].content

    def is_tree(self, name: str) -> bool | None:
        """Say whether an object that was added is a tree; None when it is not among them."""
        return self._objects[name].kind == packs.TREE if name in self._objects else None

    def write(self, *, durable: bool) -> str:
        """Write all of them and return the pack's name; they can be read from memory until :meth:`forget`.

        Raises:
            OSError: full or read-only; nothing refers to what may have been written.
        """
        return packs.write(self._folder, self._packed(), durable=durable)

    def forget(self) -> dict[str, bytes]:
        """Let go of them, since they are on disk, and return the blobs among them, names to contents."""
        gone, self._objects, self.size_bytes = self._objects, {}, 0
        return {name: new.content for name, new in gone.items() if new.kind == packs.BLOB}

    def _packed(self) -> list[packs.New]:
        made: list[packs.New] = []
        depth: dict[str, int] = {}
        previous: str | None = None
        for name, (kind, content, instead_of) in self._objects.items():
            bases = [instead_of]
            if kind == packs.BLOB:
                # The newest records stand at the end of a history file and, after it, of the view of them.
                if previous and self._objects[previous].content.endswith(content[-_ENDING_BYTES:]):
                    bases.insert(0, previous)
                previous = name
            new = packs.New(name, kind, content)
            for base in bases:
                if base is None or depth.get(base, _DEPTH) >= _DEPTH or len(new.delta or content) < _SHORT_BYTES:
                    continue
                change = deltas.delta(self._objects[base].content, content, by_line=kind == packs.BLOB)
                if change is not None and len(change) < len(new.delta or content):
                    new = packs.New(name, kind, content, base, change)
            depth[name] = depth[new.base] + 1 if new.base else 0
            made.append(new)
        return made
