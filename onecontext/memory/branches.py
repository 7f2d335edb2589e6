"""INIT and BRANCH: where a branch comes from.

Rule 1: a branch starts with an empty log, its purpose and parent recorded, and what is pinned on its parent.
Rule 2: its ref is made last, so a branch that can be seen is whole.
"""

from collections.abc import Mapping
from contextlib import suppress
from types import MappingProxyType

from onecontext.errors import BranchExists, Damaged, StorageError, UsageError
from onecontext.memory import facts, message, metadata, pending
from onecontext.memory.author import Author
from onecontext.memory.desk import Desk
from onecontext.memory.locking import known_tip
from onecontext.memory.model import Branch
from onecontext.memory.rollback import line
from onecontext.names import check_name
from onecontext.records import check_text, iso
from onecontext.store import ahead, refs, repository, worktrees
from onecontext.store.durable import make_folder
from onecontext.store.files import replace_text
from onecontext.store.layout import Layout
from onecontext.store.locks import held
from onecontext.store.objects import Objects
from onecontext.store.schema import FORMAT
from onecontext.text.redact import redact

FIRST_BRANCH = "main"


def init(layout: Layout, author: Author, purpose: str) -> bool:
    """Make the memory; return False when it was there already, and then change nothing.

    Raises:
        NewerFormat: a newer version made what is there.
    """
    goal = redact(check_text(purpose, what="purpose"))
    make_folder(layout.path)
    with held(layout.path):
        if (layout.git / "HEAD").exists():
            layout.check_format()
        if layout.branches():
            return False
        repository.create(layout)
        if layout.durability != "step":
            replace_text(layout.durability_file(), f"{layout.durability}\n", durable=True)
        with held(layout.lock(FIRST_BRANCH)):
            objects = Objects(layout)
            changes = _first_files(FIRST_BRANCH, goal, parent=None, author=author)
            changes |= {"format": f"{FORMAT}\n".encode(), "main.md": roadmap(goal)}
            tree = objects.write_tree(None, changes)
            text = message.build("the memory begins", branch=FIRST_BRANCH)
            commit = objects.add_commit(tree, (), text, author.agent, author.at())
            objects.write()
            replace_text(layout.path / "format", f"{FORMAT}\n", durable=True)
            objects.move(FIRST_BRANCH, expect=None, to=commit)
            # The ref is there, so the memory is; what keeps its files from showing meets the next reader or writer.
            with suppress(OSError, Damaged, StorageError):
                place = layout.place(FIRST_BRANCH)
                if not place.main:
                    worktrees.ensure_linked(layout, place, FIRST_BRANCH)
                Desk(layout, objects, place, FIRST_BRANCH, commit).show()
    return True


def create(layout: Layout, name: str, author: Author, *, parent: str, purpose: str, begin: str | None = None) -> None:
    """Start the branch ``name`` at the tip of ``parent``, or at ``begin``, a commit that was its tip once.

    Raises:
        InvalidName: ``name`` cannot name a branch.
        BranchExists: there is one, or a tag of that name; nothing was changed.
        UnknownBranch: there is no ``parent``. UsageError: ``begin`` was never its tip; nothing was changed.
    """
    check_name(name, what="branch")
    goal = redact(check_text(purpose, what="purpose"))
    tip = known_tip(layout, parent)
    with held(layout.lock(name)):
        if layout.tip(name) is not None:
            raise BranchExists(f"there is a branch {name!r} already", hint=f"'onecontext switch {name}' goes there")
        if refs.read(layout, refs.tag_ref(name)) is not None:
            raise BranchExists(f"there is a tag {name!r}", hint="choose another name for the branch")
        objects = Objects(layout)
        tip = tip if begin is None else _once(objects, parent, tip, begin)
        if objects.entry(objects.tree_of(tip), f"branches/{name}"):
            raise BranchExists(f"{parent!r} holds the memory of an earlier {name!r}", hint="choose another name")
        ahead.disown(layout, name)
        first = _first_files(name, goal, parent=parent, author=author, inherited=_inherited(objects, tip, parent))
        tree = objects.write_tree(objects.tree_of(tip), first)
        text = message.build(f"branch {name}: {goal}" if goal else f"branch {name}", branch=name)
        commit = objects.add_commit(tree, (tip,), text, author.agent, author.at())
        objects.write()
        objects.move(name, expect=None, to=commit)
        place = layout.linked_place(name)
        # The ref is there, so the branch is. What keeps its folder from showing it meets the next reader or writer,
        # who makes the folder first (desk.writing).
        with suppress(OSError, Damaged, StorageError):
            worktrees.ensure_linked(layout, place, name)
            Desk(layout, objects, place, name, commit).show()
            objects.tidy(name)


def listed(layout: Layout) -> list[Branch]:
    """Return all branches, sorted by name."""
    objects = Objects(layout)
    found = []
    for name in layout.branches():
        tip = known_tip(layout, name)
        path = f"branches/{name}/metadata.yaml"
        data = metadata.load(objects.read(objects.tree_of(tip), path), where=path)
        parent = data.get("parent")
        found.append(
            Branch(
                name=name,
                purpose=str(data.get("purpose") or ""),
                parent=str(parent) if parent else None,
                status=str(data.get("status") or "active"),
                commit=tip,
                current=layout.head() == name,
                pending=len(pending.read(pending.path_in(layout.place(name), name)).records),
            )
        )
    return found


def _once(objects: Objects, parent: str, tip: str, begin: str) -> str:
    if all(commit.id != begin for commit in line(objects, tip)):
        hint = "'onecontext log' lists its milestones"
        raise UsageError(f"{begin[:12]!r} was never the tip of {parent!r}", hint=hint)
    return begin


def _inherited(objects: Objects, tip: str, parent: str) -> dict[str, object]:
    """Return the metadata that a branch begins with besides its own: what its parent has pinned and superseded."""
    path = f"branches/{parent}/metadata.yaml"
    data = metadata.load(objects.read(objects.tree_of(tip), path), where=path)
    gone = {facts.SUPERSEDED: data[facts.SUPERSEDED]} if facts.superseded(data) else {}
    return {"pinned": facts.pinned(data, parent), **gone}


def _first_files(
    name: str,
    purpose: str,
    *,
    parent: str | None,
    author: Author,
    inherited: Mapping[str, object] = MappingProxyType({}),
) -> dict[str, bytes | None]:
    data = {**metadata.new(purpose=purpose, parent=parent, created=iso(author.at())), **inherited}
    folder = f"branches/{name}"
    return {f"{folder}/metadata.yaml": metadata.dump(data), f"{folder}/commit.md": b"", f"{folder}/log.md": b""}


def roadmap(goal: str) -> bytes:
    """Return the main.md that a memory begins with."""
    text = f"# Roadmap\n\n## Goal\n\n{goal or '(not said yet)'}\n\n## Milestones\n\n## Decisions\n"
    return text.encode("utf-8")
