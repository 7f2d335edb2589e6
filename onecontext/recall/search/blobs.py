"""Files of a memory by the name git has for them: from a work tree that shows them, else from git.

Rule 1: a file of a work tree counts when its content has that very name, so it makes no difference where it is from:
        opening git takes a command longer than all the rest of a search.
"""

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from onecontext.errors import Damaged
from onecontext.recall.search.documents import Part
from onecontext.store.files import read_bytes
from onecontext.store.layout import Layout
from onecontext.store.trees import object_name
from onecontext.store.ways import check_way

if TYPE_CHECKING:
    from onecontext.store.objects import Objects

_PATHS = {
    Part.STEPS: "branches/{folder}/log/{path}",
    Part.MILESTONES: "branches/{folder}/commit/{path}",
    Part.SHOWN: "branches/{folder}/commit.md",
    Part.METADATA: "branches/{folder}/metadata.yaml",
    Part.MAIN: "main.md",
}


class Blobs:
    """The files of one memory, for one search: each is read once."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._read: dict[str, bytes] = {}
        self._tops: dict[str, Path] = {}

    def read(self, blob: str, branch: str, part: Part, folder: str, path: str) -> bytes:
        """Return a blob.

        Args:
            branch: one that has it, or had it when it was indexed, as ``part`` of ``folder`` at ``path`` in that.

        Raises:
            Damaged: git has no such blob.
        """
        if blob not in self._read:
            shown = self._shown(branch, _PATHS[part].format(folder=folder, path=path))
            is_it = shown is not None and object_name(b"blob", shown) == blob
            self._read[blob] = shown if shown is not None and is_it else self._objects.blob(blob)
        return self._read[blob]

    def _shown(self, branch: str, name: str) -> bytes | None:
        top = self._tops.get(branch) or self._layout.place(branch).folder
        self._tops[branch] = top
        path = top / name
        try:
            check_way(top, path)
            return read_bytes(path)
        except (OSError, Damaged):
            return None  # not there, or not as it should be: git has it

    @cached_property
    def _objects(self) -> "Objects":
        from onecontext.store.objects import Objects

        return Objects(self._layout)
