"""Writing a branch: its lock, its work tree brought up to date, and commits put on its tip.

Rule 1: nobody writes a branch without :func:`writing`; one branch never waits for another, except in a switch.
Rule 2: what a killed writer left half done is finished here, before anything else is written.
Rule 3: what a person changed by hand is committed in that person's name before it can be written over.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from onecontext.errors import Damaged, StorageError
from onecontext.memory import message, metadata, pending
from onecontext.memory.edits import refuse_damage
from onecontext.memory.locking import known_tip, locked
from onecontext.records import split
from onecontext.store import repository, worktrees
from onecontext.store.files import read_bytes
from onecontext.store.layout import Layout, Place, check_version
from onecontext.store.locks import DEFAULT_WAIT_S
from onecontext.store.objects import Objects
from onecontext.text.redact import redact

PERSON = "human"


@dataclass
class Desk:
    """A branch that is ours to write for the moment. ``tip`` follows what is committed."""

    layout: Layout
    objects: Objects
    place: Place
    branch: str
    tip: str

    @property
    def tree(self) -> str:
        """The tree of the tip."""
        return self.objects.tree_of(self.tip)

    @property
    def folder(self) -> str:
        """The branch's folder inside the tree."""
        return f"branches/{self.branch}"

    def read(self, name: str) -> bytes | None:
        """Return a file of the branch's folder as committed; None when there is none."""
        return self.objects.read(self.tree, f"{self.folder}/{name}")

    def metadata(self) -> dict[str, object]:
        """Return the branch's metadata as committed."""
        name = f"{self.folder}/metadata.yaml"
        return metadata.load(self.objects.read(self.tree, name), where=name)

    def commit(
        self,
        changes: Mapping[str, bytes | None],
        text: str,
        *,
        author: str,
        at: datetime,
        base: str | None = None,
        also: tuple[str, ...] = (),
        taken: frozenset[str] = frozenset(),
    ) -> str:
        """Commit ``changes`` on the tip, show them, and return the commit.

        Args:
            base: the tree to change instead of the tip's (a merge).
            also: further parents.
            taken: see :func:`onecontext.store.worktrees.refresh`.

        Raises:
            Conflict: git, used by hand, moved the branch at this very moment; nothing of ours was written.
        """
        tree = self.objects.write_tree(base or self.tree, changes)
        commit = self.objects.commit(tree, (self.tip, *also), text, author, at)
        self.objects.move(self.branch, expect=self.tip, to=commit)
        self.tip = commit
        try:
            self.show(taken=taken)
            self.objects.tidy(self.branch)
        except (OSError, Damaged, StorageError):
            # The ref names the commit, so it is recorded, and saying otherwise would have it made twice. What keeps the
            # folder from showing it meets the next reader or writer of the branch, before that one changes anything.
            return commit
        return commit

    def show(self, *, taken: frozenset[str] = frozenset()) -> None:
        """Make the work tree show the tip, and take steps that have become history out of the pending log."""
        log = pending.path_in(self.place, self.branch)

        def forget_committed(changed: worktrees.Changed) -> None:
            history = f"{self.folder}/log/"
            blobs = [after for path, (_, after) in changed.items() if path.startswith(history) and after]
            if blobs and pending.read(log).records:
                keys = {raw.key for blob in blobs for raw in split(self.objects.blob(blob)).records}
                pending.drop(log, keys, durable=self.layout.durability != "none")

        keep = f"{self.folder}/log.md"
        worktrees.refresh(
            self.layout,
            self.objects,
            self.place,
            self.branch,
            self.tip,
            keep=keep,
            taken=taken,
            before_noting=forget_committed,
        )

    def take_in_edits(self, at: datetime, *names: str) -> None:
        """Commit, as the person, what was changed by hand in main.md, the metadata, or the files ``names``."""
        changes: dict[str, bytes] = {}
        for path in ("main.md", f"{self.folder}/metadata.yaml", *names):
            try:
                content = read_bytes(self.place.folder / path)
            except FileNotFoundError:
                continue
            entry = self.objects.entry(self.tree, path)
            if entry is None or entry.id != self.objects.blob_id(content):
                refuse_damage(path, self.objects.read(self.tree, path) or b"", content)
                changes[path] = redact(content.decode("utf-8", "surrogateescape")).encode("utf-8", "surrogateescape")
        if not changes:
            return
        metadata.load(changes.get(f"{self.folder}/metadata.yaml"), where=f"{self.folder}/metadata.yaml")
        subject = f"edited by hand: {', '.join(path.removeprefix(self.folder + '/') for path in changes)}"
        text = message.build(subject, branch=self.branch)
        self.commit(changes, text, author=PERSON, at=at, taken=frozenset(changes))


@contextmanager
def writing(layout: Layout, branch: str, *, wait_s: float = DEFAULT_WAIT_S) -> Iterator[Desk]:
    """Hold ``branch`` for writing, with its work tree up to date.

    Raises:
        UnknownBranch: there is none of that name.
        LockTimeout: somebody else wrote it all that time.
        NewerFormat: a newer version wrote its tip; nothing was written.
    """
    with locked(layout, branch, wait_s=wait_s):
        tip = known_tip(layout, branch)
        objects = Objects(layout)
        desk = Desk(layout, objects, layout.place(branch), branch, tip)
        check_version((objects.read(desk.tree, "format") or b"").decode("utf-8", "replace"), f"branch {branch!r}")
        repository.settle(layout)
        if not desk.place.main:
            worktrees.ensure_linked(desk.place, branch)
        if desk.place.shown() != (branch, tip):
            desk.show()
        yield desk
