"""One memory on the doctor's table: its paths, its objects, and how things are set aside.

Rule 1: whatever is read here is a regular file reached without a link; anything else reads as None.
Rule 2: nothing is taken away but by :meth:`Case.aside` (a rename) or after :meth:`Case.keep` (a durable copy).
"""

import re
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from onecontext.errors import Damaged
from onecontext.memory import message
from onecontext.names import is_name
from onecontext.store import quarantine
from onecontext.store.commits import CommitInfo
from onecontext.store.files import read_bytes
from onecontext.store.kinds import FILE, FOLDER, files_below, is_folder, kind_of, way_to
from onecontext.store.layout import Layout
from onecontext.store.packs import COMMIT
from onecontext.store.soundness import Sound

HEX = re.compile(r"[0-9a-f]{40}", re.ASCII)
HEADS = "refs/heads/"
_PACK_BYTES = 2**31


@dataclass
class Case:
    """A memory, and the time that counts as now."""

    layout: Layout
    now: datetime
    _sound: Sound | None = field(default=None, repr=False)
    _commits: dict[str, CommitInfo] | None = field(default=None, repr=False)

    def path(self, name: str) -> Path:
        """Return the path of a name that is relative to the memory."""
        return self.layout.path / name

    def name(self, path: Path) -> str:
        """Return ``path`` relative to the memory."""
        return path.relative_to(self.layout.path).as_posix()

    def kind(self, name: str) -> str | None:
        """Return what lies at ``name``; None where there is nothing, or only beyond a link."""
        return None if any(way_to(self.layout.path, name)) else kind_of(self.path(name))

    def read(self, name: str) -> bytes | None:
        """Return what the regular file ``name`` holds; None when there is no such file that can be read."""
        if self.kind(name) != FILE:
            return None
        try:
            return read_bytes(self.path(name), limit_bytes=_PACK_BYTES)
        except (OSError, Damaged):
            return None

    def text(self, name: str) -> str | None:
        """Return a small text file, without white space around it; None when there is none."""
        content = self.read(name)
        return None if content is None else content.decode("utf-8", "replace").strip()

    @property
    def objects_can_be_read(self) -> bool:
        """Say whether git's library may be let near the objects: it waits for ever on a FIFO."""
        folder = self.path(".git/objects")
        return is_folder(folder) and all(kind == FILE for _, kind in files_below(folder))

    @property
    def sound(self) -> Sound:
        """The objects, as they are since the last :meth:`forget`."""
        if self._sound is None:
            self._sound = Sound(self.layout)
        return self._sound

    def forget(self) -> None:
        """Look at the objects anew: some were added or moved."""
        self._sound = self._commits = None

    def commits(self) -> dict[str, CommitInfo]:
        """Return every commit in the object store, reachable or not."""
        if self._commits is None:
            found = ((name, self.sound.read(name)) for name in self.sound.names())
            names = [name for name, content in found if content and content[0] == COMMIT]
            self._commits = {name: info for name in names if (info := self.sound.commit(name))}
        return self._commits

    def branches(self) -> list[str]:
        """Return the names of branches that have a ref, whatever it holds, sorted."""
        loose = {path.rpartition("/")[2] for path, _ in files_below(self.layout.git, HEADS.rstrip("/"))}
        packed = {ref.removeprefix(HEADS) for ref in self.packed() if ref.startswith(HEADS)}
        return sorted(name for name in loose | packed if is_name(name))

    def packed(self) -> dict[str, str]:
        """Return the refs in packed-refs; none where it is no file."""
        return self.layout.packed_refs() if self.kind(".git/packed-refs") == FILE else {}

    def tip(self, branch: str) -> str | None:
        """Return the commit that the branch names, if it is there and can be read."""
        text = self.text(f".git/{HEADS}{branch}")
        value = self.packed().get(f"{HEADS}{branch}") if text is None else text
        return value if value and HEX.fullmatch(value) and self.sound.commit(value) else None

    def aside(self, name: str) -> str:
        """Move what lies at ``name`` to the quarantine, and return where it lies now."""
        return self.name(quarantine.move_aside(self.layout, self.path(name)))

    def keep(self, name: str, content: bytes) -> str:
        """Copy ``content`` durably to the quarantine, and return where it lies."""
        return self.name(quarantine.set_aside(self.layout, name.removeprefix(".git/"), content))


def branch_of(info: CommitInfo) -> str | None:
    """Return the branch that a commit's trailer names."""
    return message.trailers(info.message).get(message.BRANCH)


__all__ = ["FILE", "FOLDER", "HEADS", "HEX", "Case", "branch_of"]
