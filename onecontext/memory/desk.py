"""Writing a branch: its lock, its work tree brought up to date, and commits put on its tip.

Rule 1: nobody writes a branch without :func:`writing` or :func:`onecontext.memory.recording.recording`; one branch
        never waits for another, except in a switch.
Rule 2: what a killed writer left half done, and what is on record and not yet in git, is finished here, before
        anything else is written.
Rule 3: what a person changed by hand is committed in that person's name before it can be written over.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from onecontext.errors import Damaged, StorageError
from onecontext.memory import ends, message, metadata, pending, settling
from onecontext.memory.edits import refuse_damage
from onecontext.memory.ends import Ends
from onecontext.memory.locking import known_tip, locked
from onecontext.records import Milestone, split
from onecontext.store import repository, worktrees
from onecontext.store.files import read_bytes
from onecontext.store.layout import Layout
from onecontext.store.locks import DEFAULT_WAIT_S
from onecontext.store.objects import Objects
from onecontext.store.place import Place
from onecontext.store.schema import check_version
from onecontext.store.ways import check_way
from onecontext.text.redact import redact

PERSON = "human"
NOTHING: Mapping[str, bytes | None] = MappingProxyType({})


@dataclass
class Desk:
    """A branch that is ours to write for the moment. ``tip`` follows what is committed."""

    layout: Layout
    objects: Objects
    place: Place
    branch: str
    tip: str
    _ends: Ends | None = None
    _tree: tuple[str, str] = ("", "")

    @property
    def tree(self) -> str:
        """The tree of the tip."""
        if self._tree[0] != self.tip:
            self._tree = (self.tip, self.objects.tree_of(self.tip))
        return self._tree[1]

    @property
    def ends(self) -> Ends:
        """What the branch's folder ends with at the tip."""
        if self._ends is None:
            self._ends = ends.read(
                lambda name: self.read(name) or b"",
                lambda name: self.objects.entries(self.tree, f"{self.folder}/{name}"),
            )
        return self._ends

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
        before = self.tip
        tree = self.objects.write_tree(base or self.tree, changes)
        commit = self.objects.add_commit(tree, (before, *also), text, author, at)
        self.publish(before, commit, taken=taken)
        return commit

    def publish(
        self,
        before: str,
        commit: str,
        *,
        durable: bool | None = None,
        taken: frozenset[str] = frozenset(),
    ) -> None:
        """Write what is new, move the branch from ``before`` to ``commit``, and show it; ``durable`` as in Objects."""
        self.objects.write(durable=durable)
        self.objects.move(self.branch, expect=before, to=commit, durable=durable)
        if commit != self.tip:
            self._ends = None
        self.tip = commit
        # From here on it is recorded, and saying otherwise would have it made twice. What keeps the folder from showing
        # it meets the next reader or writer of the branch, before that one changes anything.
        with suppress(OSError, Damaged, StorageError):
            self.show(taken=taken)
            self.objects.tidy(self.branch)

    def extend(
        self,
        milestone: Milestone,
        record: bytes,
        steps: bytes,
        text: str,
        changes: Mapping[str, bytes | None] = NOTHING,
        *,
        base: str | None = None,
        also: tuple[str, ...] = (),
    ) -> str:
        """Make the commit of a milestone on the tip, in memory only, and return its name; it is the tip from now on.

        Args:
            record: ``milestone`` as it will stand in files.
            steps: the steps that become history with it; empty where there are none.
            text: the commit's message.
            changes: what else it changes.
            base, also: see :meth:`commit`.
        """
        logged, ends = self.ends.after_steps(steps)
        told, ends = ends.after(milestone, record)
        files = {f"{self.folder}/{name}": content for name, content in {**logged, **told, "log.md": b""}.items()}
        tree = self.objects.write_tree(base or self.tree, {**changes, **files})
        self.tip = self.objects.add_commit(tree, (self.tip, *also), text, milestone.agent, milestone.at)
        self._ends, self._tree = ends, (self.tip, tree)
        return self.tip

    def show(self, *, taken: frozenset[str] = frozenset()) -> None:
        """Make the work tree show the tip, and take steps that have become history out of the pending log."""
        log = pending.path_in(self.place, self.branch)

        def forget_committed(changed: worktrees.Changed) -> None:
            history = f"{self.folder}/log/"
            blobs = [after for path, (_, after) in changed.items() if path.startswith(history) and after]
            if blobs and pending.read(log).records:
                gone = {raw.key: raw.raw for blob in blobs for raw in split(self.objects.blob(blob)).records}
                pending.drop(self.layout, log, self.branch, gone, durable=self.layout.durability != "none")

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

    def take_in(self, at: datetime) -> None:
        """Take in what people edited, among it the files that the next milestone writes over."""
        history = self.ends.history_file
        self.take_in_edits(at, *(f"{self.folder}/{name}" for name in ("commit.md", history) if name))

    def take_in_edits(self, at: datetime, *names: str) -> None:
        """Commit, as the person, what was changed by hand in main.md, the metadata, or the files ``names``."""
        changes: dict[str, bytes] = {}
        for path in ("main.md", f"{self.folder}/metadata.yaml", *names):
            check_way(self.place.folder, self.place.folder / path)
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
    """Hold ``branch`` for writing, with all that is on record in git and its work tree up to date.

    Raises:
        UnknownBranch: there is none of that name.
        LockTimeout: somebody else wrote it all that time.
        NewerFormat: a newer version wrote its tip; nothing was written.
    """
    with locked(layout, branch, wait_s=wait_s):
        yield opened(layout, branch)


def opened(layout: Layout, branch: str, *, settled: bool = True) -> Desk:
    """Return the desk of ``branch``, whose lock the caller holds; see :func:`writing`.

    Args:
        settled: False leaves what is on record where it is.
    """
    tip = known_tip(layout, branch)
    objects = Objects(layout)
    desk = Desk(layout, objects, layout.place(branch), branch, tip)
    check_version((objects.read(desk.tree, "format") or b"").decode("utf-8", "replace"), f"branch {branch!r}")
    repository.settle(layout)
    if not desk.place.main:
        worktrees.ensure_linked(layout, desk.place, branch)
    if not desk.place.is_showing(branch, tip):
        desk.show()
    if settled:
        settling.settle(desk)
    return desk
