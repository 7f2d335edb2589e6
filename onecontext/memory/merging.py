"""MERGE: another branch's memory becomes part of this one, by a commit with two parents.

Rule 1: histories are united by having both branches' folders in the tree; each step keeps the branch it came from.
Rule 2: a folder belongs to one branch, which only ever adds to it, so of two states of it the longer one is newer.
Rule 3: a conflict is data: ours stands in the file, both sides are kept with where they came from, and no conflict
        marker is written.
"""

from contextlib import suppress
from dataclasses import asdict

from onecontext.errors import Damaged, LockTimeout, UsageError
from onecontext.memory import facts, metadata, milestones, pending, pins, recording, sections
from onecontext.memory.author import Author
from onecontext.memory.desk import Desk, writing
from onecontext.memory.locking import known_tip
from onecontext.memory.model import Merge, MergeConflict
from onecontext.memory.rollback import common
from onecontext.memory.summary import one_line
from onecontext.records import check_text, decode_milestones, iso, split
from onecontext.store import tidying
from onecontext.store.layout import Layout
from onecontext.store.locks import held
from onecontext.store.objects import Entry, Objects
from onecontext.text.redact import redact

_TOLD = 5
_MILESTONES = "## Milestones"


def merge(layout: Layout, source: str, branch: str, author: Author, *, summary: str = "") -> Merge:
    """Merge the tip of ``source`` into ``branch``.

    Raises:
        UnknownBranch: one of the two is not there.
        UsageError: both are the same.
    """
    if source == branch:
        raise UsageError(f"{branch!r} cannot be merged into itself", hint="switch to the branch that is to receive it")
    words = redact(check_text(summary, what="summary")).strip()
    known_tip(layout, source)
    with writing(layout, branch) as desk:
        desk.take_in(author.at())
        theirs = known_tip(layout, source)
        waiting = len(pending.read(pending.path_in(layout.place(source), source)).records)
        base = common(desk.objects, desk.tip, theirs)
        if base == theirs:
            return Merge(source, already=True, milestone=None, commit=desk.tip, pending=waiting)
        union = _Union(desk, base, source, theirs)
        tree, conflicts = union.tree()
        contribution = _contribution(desk, source, theirs, words)
        changes, data = _own_files(union, author, source, theirs, contribution, conflicts)
        milestone = milestones.put(desk, author, contribution, changes, known=data, base=tree, also=(theirs,))
        _put_away(desk, source)
        return Merge(source, False, milestone, desk.tip, tuple(conflicts), waiting)


def _put_away(desk: Desk, source: str) -> None:
    """Keep nothing of ``source`` at hand, and unite its packs with ours: many a branch is never written again.

    It is nothing that a merge waits or fails for.
    """
    layout = desk.layout
    with suppress(LockTimeout, OSError, Damaged), held(layout.lock(source), wait_s=0.0):
        recording.let_go(layout, source)
        tidying.take_over(layout.pack_list(desk.branch), layout.pack_list(source))


class _Union:
    """The tree that has both sides, built entry by entry."""

    def __init__(self, desk: Desk, base: str | None, source: str, theirs: str) -> None:
        self.desk = desk
        self.source = source
        self.objects: Objects = desk.objects
        self.base = self.objects.tree_of(base) if base else None
        self.ours, self.theirs = desk.tree, self.objects.tree_of(theirs)
        self.roadmap = ""
        self.metadata: dict[str, object] = {}
        self.advanced: list[str] = []
        self._conflicts: list[MergeConflict] = []

    def tree(self) -> tuple[str, list[MergeConflict]]:
        """Return the united tree (the receiving branch's own new files still missing) and what both sides changed."""
        self._own_metadata()
        self._roadmap()
        changes = {"main.md": self.roadmap.encode("utf-8")}
        tree = self.objects.graft(self.ours, self._other_entries())
        folders = self._folders()
        if folders:
            branches = self.objects.graft(self._id(self.ours, "branches"), folders)
            tree = self.objects.graft(tree, {"branches": branches})
        return self.objects.write_tree(tree, changes), self._conflicts

    def _id(self, tree: str, path: str) -> str:
        entry = self.objects.entry(tree, path)
        return entry.id if entry else self.objects.write_tree(None, {})

    def _roadmap(self) -> None:
        before, ours, theirs = (
            (self.objects.read(tree, "main.md") or b"").decode("utf-8", "replace")
            for tree in (self.base, self.ours, self.theirs)
        )
        self.roadmap, found = sections.merge(before, ours, theirs)
        self._conflicts += [MergeConflict("main.md", c.heading, c.base, c.ours, c.theirs) for c in found]

    def _own_metadata(self) -> None:
        path = f"{self.desk.folder}/metadata.yaml"
        sides = [
            metadata.load(self.objects.read(tree, path), where=path) for tree in (self.base, self.ours, self.theirs)
        ]
        # A source that never had this folder says nothing about it.
        if self.objects.entry(self.theirs, path) is None:
            sides[2] = sides[0] = sides[1]
        self.metadata, found = metadata.merge(*sides)
        lists = [names for side in sides[1:] if isinstance(names := side.get("merged"), list)]
        if "merged" in found and len(lists) == 2:
            # What one side has merged and the other too is no contradiction: both are.
            del found["merged"]
            self.metadata["merged"] = sorted({str(name) for names in lists for name in names})
        found.pop(facts.SUPERSEDED, None)
        for key, (ours, theirs) in found.items():
            self._conflicts.append(MergeConflict(path, key, sides[0].get(key), ours, theirs))
        self._superseded(sides[1])
        # Each side took out what the other says took its place: all of them hold.
        disputed = facts.in_circles(self.metadata) - facts.in_circles(sides[1])
        self._pins(facts.pinned(sides[0], self.desk.branch), disputed)

    def _superseded(self, ours: dict[str, object]) -> None:
        """Unite what either side says is superseded; where both say it of the same, ours stands."""
        path = f"branches/{self.source}/metadata.yaml"
        theirs = metadata.load(self.objects.read(self.theirs, path), where=path)
        if said := facts.united(ours, theirs):
            self.metadata[facts.SUPERSEDED] = said

    def _pins(self, before: list[str], disputed: set[str]) -> None:
        """Pin here what the source has pinned since the two had the same; what was unpinned here stays so.

        ``disputed`` are ids of facts that only the two sides together say are superseded by each other.
        """
        path = f"branches/{self.source}/metadata.yaml"
        old, new = (
            facts.pinned(metadata.load(self.objects.read(tree, path), where=path), self.source)
            for tree in (self.base, self.theirs)
        )
        fresh = [fact for fact in new if fact not in before and fact not in old]
        self.metadata = pins.with_pins(self.metadata, fresh, self.desk.branch)
        here = facts.pinned(self.metadata, self.desk.branch)
        if back := [fact for fact in new if facts.fact_id(fact) in disputed and fact not in here]:
            # Not as if they were said anew: that would decide.
            self.metadata[facts.PINNED] = [*here, *back]

    def _other_entries(self) -> dict[str, str]:
        """Return the entries at the top, other than ours by name, that only the source changed."""
        names = ("main.md", "branches", "format")
        base, ours, theirs = (self.objects.entries(tree) for tree in (self.base, self.ours, self.theirs))
        taken: dict[str, str] = {}
        for name in sorted(theirs.keys() - set(names)):
            if theirs[name] in (ours.get(name), base.get(name)):
                continue
            if ours.get(name) == base.get(name):
                taken[name] = theirs[name].id
            else:
                self._conflicts.append(MergeConflict(name, "", _hex(base, name), _hex(ours, name), theirs[name].id))
        return taken

    def _folders(self) -> dict[str, str]:
        """Return the branch folders to take from the source, and note which ones have advanced."""
        base, ours, theirs = (self.objects.entries(tree, "branches") for tree in (self.base, self.ours, self.theirs))
        taken: dict[str, str] = {}
        for name in sorted(theirs.keys() - {self.desk.branch}):
            if theirs[name] in (ours.get(name), base.get(name)):
                continue
            mine = ours.get(name)
            if mine is None or mine == base.get(name) or self._length(theirs[name]) > self._length(mine):
                taken[name] = theirs[name].id
                self.advanced.append(name)
        return taken

    def _length(self, folder: Entry) -> tuple[int, int, int]:
        logs = self.objects.entries(folder.id, "log")
        last_log = self.objects.entries(folder.id, f"log/{max(logs)}") if logs else {}
        commits = self.objects.entries(folder.id, "commit")
        last = self.objects.read(folder.id, f"commit/{max(commits)}") if commits else b""
        return len(commits), len(last or b""), len(logs) * 1000 + len(last_log)


def _hex(entries: dict[str, Entry], name: str) -> str | None:
    return entries[name].id if name in entries else None


def _contribution(desk: Desk, source: str, theirs: str, words: str) -> str:
    tree = desk.objects.tree_of(theirs)
    path = f"branches/{source}"
    data = metadata.load(desk.objects.read(tree, f"{path}/metadata.yaml"), where=f"{path}/metadata.yaml")
    known = {raw.key for raw in split(desk.objects.read(desk.tree, f"{path}/commit.md") or b"").records}
    told = desk.objects.read(tree, f"{path}/commit.md") or b""
    fresh = [m for m, raw in zip(decode_milestones(told), split(told).records, strict=True) if raw.key not in known]
    lines = [f"Merged {source}: {words or data.get('purpose') or 'no purpose was recorded'}"]
    gone = facts.superseded(data)
    fresh = [milestone for milestone in fresh if milestone.id not in gone]
    lines += [f"- {one_line(milestone.contribution)}" for milestone in reversed(fresh[-_TOLD:])]
    return "\n".join(lines)


def _own_files(
    union: _Union, author: Author, source: str, theirs: str, contribution: str, conflicts: list[MergeConflict]
) -> tuple[dict[str, bytes | None], dict[str, object]]:
    desk = union.desk
    before = union.metadata.get("merged")
    names = {str(name) for name in before} if isinstance(before, list) else set()
    data = {**union.metadata, "merged": sorted(names | set(union.advanced))}
    line = one_line(contribution.split("\n", 1)[0])
    roadmap = sections.add_bullet(union.roadmap, _MILESTONES, f"{iso(author.at())[:10]} {line}")
    changes: dict[str, bytes | None] = {
        "main.md": roadmap.encode("utf-8"),
        f"{desk.folder}/metadata.yaml": metadata.dump(data),
    }
    if conflicts:
        provenance = {"at": iso(author.at()), "by": author.agent, "source": source, "source_commit": theirs}
        document = {**provenance, "ours_commit": desk.tip, "conflicts": [asdict(conflict) for conflict in conflicts]}
        changes[f"{desk.folder}/conflicts/{theirs[:12]}.yaml"] = metadata.dump(document)
    return changes, data
