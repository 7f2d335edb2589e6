"""New git objects of one operation, gathered in memory and written together as one pack.

Rule 1: nothing is written before all of it is known, so a refused or failed operation leaves nothing behind.
"""

from pathlib import Path

from onecontext.store import packs
from onecontext.store.trees import object_name


class Unwritten:
    """Objects that have a name already, and are on disk only after :meth:`write`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._objects: dict[str, packs.New] = {}

    def __contains__(self, name: str) -> bool:
        return name in self._objects

    def add(self, kind: bytes, content: bytes) -> str:
        """Take an object in and return its name."""
        name = object_name(kind, content)
        self._objects[name] = packs.New(name, packs.KINDS[kind], content)
        return name

    def content(self, name: str) -> bytes:
        """Return the content of an object that was added and not yet written."""
        return self._objects[name].content

    def is_tree(self, name: str) -> bool | None:
        """Say whether an object that was added is a tree; None when it is not among them."""
        return self._objects[name].kind == packs.TREE if name in self._objects else None

    def blobs(self) -> dict[str, bytes]:
        """Return the blobs among them, names to contents."""
        return {name: new.content for name, new in self._objects.items() if new.kind == packs.BLOB}

    def write(self, *, durable: bool) -> str:
        """Write all of them and return the pack's name; nothing is left to write afterwards.

        Raises:
            OSError: full or read-only; nothing refers to what may have been written.
        """
        pack = packs.write(self._folder, list(self._objects.values()), durable=durable)
        self._objects.clear()
        return pack
