"""A lost commit, made again: the same parent, files, text, author and time make the same commit, under the same name.

Rule 1: nothing is believed but the hash, as in :mod:`onecontext.doctor.refill`.
Rule 2: a milestone's record says all that its commit says, so the newest one can be had again.
"""

from collections.abc import Iterator

from onecontext.doctor import refill, tips
from onecontext.doctor.case import HEX, Case
from onecontext.doctor.finding import Done
from onecontext.memory import message
from onecontext.names import is_name
from onecontext.records import Milestone, decode_milestones
from onecontext.store import packs
from onecontext.store.commits import commit_content
from onecontext.store.kinds import files_below
from onecontext.store.trees import object_name

_PARENTS = 16


def commits(case: Case) -> dict[str, bytes]:
    """Return the commits that a ref or a note names, that are missing, and that can be made again."""
    wanted = {name for name in _named(case) if case.sound.commit(name) is None}
    found: dict[str, bytes] = {}
    for content in _candidates(case) if wanted else ():
        name = object_name(b"commit", content)
        if name in wanted:
            found[name] = content
    return found


def mend(case: Case) -> Iterator[Done]:
    """Write them back; what they hold is looked for once a ref reaches them."""
    found = commits(case)
    if found:
        new = [packs.New(name, packs.COMMIT, content) for name, content in found.items()]
        packs.write(case.layout.git / "objects" / "pack", new, durable=True)
        case.forget()
    for name in found:
        yield Done(
            f"the missing commit {name[:12]} was made again from the newest milestone and the files", ".git/objects"
        )


def _named(case: Case) -> Iterator[str]:
    names = [path.removeprefix("refs/heads/") for path, _ in files_below(case.layout.git, "refs/heads")]
    for branch in filter(is_name, {*names, *tips.expected(case)}):
        yield from tips.shown_commits(case, branch)
        text = case.text(f".git/refs/heads/{branch}") or ""
        if HEX.fullmatch(text):
            yield text


def _candidates(case: Case) -> Iterator[bytes]:
    parents = sorted(case.commits().values(), key=lambda info: (info.at_s, info.id), reverse=True)[:_PARENTS]
    for top in refill.work_trees(case):
        trees = list(refill.roots(case, top))
        for milestone in _newest(case, top):
            for tree in trees:
                for parent in parents:
                    yield _content(milestone, tree, parent.id)


def _newest(case: Case, top: str) -> Iterator[Milestone]:
    for name, _ in files_below(case.layout.path, f"{top}branches"):
        if name.endswith("/commit.md"):
            yield from decode_milestones(case.read(name) or b"")[-1:]


def _content(milestone: Milestone, tree: str, parent: str) -> bytes:
    links = {"code_commit": milestone.code_commit, "task": milestone.task, "mission": milestone.mission}
    text = message.build(milestone.contribution, branch=milestone.branch, record=milestone.id, **links)
    return commit_content(tree, (parent,), text, milestone.agent, milestone.at)
