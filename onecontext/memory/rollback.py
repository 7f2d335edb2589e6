"""ROLLBACK: a branch has again the memory that it had at an earlier commit of its own.

Rule 1: the tree of the new commit is the chosen commit's tree, so every committed byte is as it was; what came after
        that commit stays in the history of git, and a rollback to the tip of before brings it back.
Rule 2: steps without a milestone belong to no commit, so they stay pending, for the next milestone.
Rule 3: edits by hand are committed first, as the person's, so that they too can be rolled back to.
"""

from collections.abc import Iterator

from onecontext.errors import UsageError
from onecontext.memory import message, pending
from onecontext.memory.author import Author
from onecontext.memory.desk import Desk, writing
from onecontext.memory.model import Rollback
from onecontext.store.layout import Layout
from onecontext.store.objects import CommitInfo, Objects


def rollback(layout: Layout, branch: str, author: Author, target: str) -> Rollback:
    """Give ``branch`` the memory of the commit ``target`` (a full name), as a new commit on its tip.

    Raises:
        UnknownBranch: there is none of that name.
        UsageError: ``target`` is no commit of this branch, or from before it began; nothing was written.
    """
    with writing(layout, branch) as desk:
        chosen = _own(desk, target)
        desk.take_in(author.at())
        before, here = desk.tip, desk.objects.info(desk.tip)
        if here.tree != chosen.tree:
            name = message.trailers(chosen.message).get(message.RECORD) or chosen.id[:12]
            subject = f"rolled back to {name}: " + chosen.message.partition("\n")[0]
            text = message.build(subject, branch=branch, rollback=chosen.id)
            desk.commit({}, text, author=author.agent, at=author.at(), base=chosen.tree)
        waiting = len(pending.read(pending.path_in(desk.place, branch)).records)
        return Rollback(branch, chosen.id, before, desk.tip, chosen.tree, desk.tip == before, waiting)


def line(objects: Objects, tip: str) -> Iterator[CommitInfo]:
    """Yield the states that a branch has had: its tip, and from there each commit's first parent."""
    following: str | None = tip
    while following is not None:
        commit = objects.info(following)
        yield commit
        following = commit.parents[0] if commit.parents else None


def target_of(commit: CommitInfo) -> str | None:
    """Return the commit that a rollback went back to; None for any other commit."""
    return message.trailers(commit.message).get(message.ROLLBACK)


def common(objects: Objects, ours: str, theirs: str) -> str | None:
    """Return the newest state that ``theirs`` and the memory of ``ours`` come from; None when there is none.

    It is git's merge base, but where ours has rolled back to before it had that: what was merged and then rolled back
    is in the history and not in the memory, and can be merged again.
    """
    base = objects.merge_base(ours, theirs)
    if base is None:
        return None
    since = {commit.id: commit for commit in objects.walk([ours], hide=base)}
    heads: list[str] = []
    rolled_back, here = False, ours
    while here in since:
        commit = since[here]
        target = target_of(commit)
        if target is not None and objects.has(target):
            rolled_back, here = True, target
        else:
            heads += commit.parents[1:]
            here = commit.parents[0] if commit.parents else base
    if not rolled_back:
        return base
    found = {objects.merge_base(head, theirs) for head in [here, *heads]} - {None}
    shared = [commit for commit in found if commit is not None]
    newest = [one for one in shared if not any(one != two and objects.merge_base(one, two) == one for two in shared)]
    return min(newest, default=None)


def _own(desk: Desk, target: str) -> CommitInfo:
    chosen = next((commit for commit in line(desk.objects, desk.tip) if commit.id == target), None)
    if chosen is None:
        raise UsageError(
            f"{target[:12]} is no commit of {desk.branch!r} itself", hint="'onecontext log --graph' shows whose it is"
        )
    if desk.objects.entry(chosen.tree, f"{desk.folder}/metadata.yaml") is None:
        raise UsageError(f"{target[:12]} is from before {desk.branch!r} began", hint="choose a later commit of it")
    return chosen
