"""What the refs reach: every commit, tree and file of the history is there, and is what its name says.

Rule 1: a missing object that a file still makes is written back, byte for byte; history is then as if nothing had been.
Rule 2: what cannot be had again is named with the records that are lost with it.
"""

from collections.abc import Iterator

from onecontext.doctor import past, rebuilt, refill
from onecontext.doctor.case import HEADS, HEX, Case, branch_of
from onecontext.doctor.documents import is_records
from onecontext.doctor.finding import Done, Finding
from onecontext.memory import message
from onecontext.store import packs
from onecontext.store.files import replace_bytes
from onecontext.store.kinds import files_below
from onecontext.store.soundness import Broken
from onecontext.store.trees import TREE_MODE

_ROUNDS = 8
_ELSEWHERE = "it cannot be made again from what is here: fetch it from a clone of this memory, if there is one"


def find(case: Case) -> Iterator[Finding]:
    """Name objects that refs reach and that are missing or damaged."""
    broken = list(case.sound.broken(tips_of(case)))
    again = refill.given(case, {item.name for item in broken}) if broken else {}
    made = rebuilt.commits(case) if broken else {}
    for item in broken:
        found = again.get(item.name)
        mend = f"repair writes it back from {found.source}" if found else _lost(case, item)
        if item.name in made:
            mend = "repair makes it again from the newest milestone and the files"
        what = f"the {item.kind} {item.name[:12]} is missing or damaged; commit {item.commit[:12]} needs it"
        yield Finding(what, item.path or ".git/objects", None, "fail", mend)


def mend(case: Case) -> Iterator[Done]:
    """Write back what files give, and let a branch whose newest tree is lost name the newest commit that is whole."""
    for _ in range(_ROUNDS):
        broken = list(case.sound.broken(tips_of(case)))
        again = refill.given(case, {item.name for item in broken}) if broken else {}
        if not again:
            break
        new = [packs.New(name, item.kind, item.content) for name, item in again.items()]
        packs.write(case.layout.git / "objects" / "pack", new, durable=True)
        case.forget()
        for name, item in again.items():
            yield Done(f"the missing object {name[:12]} was written back from it", item.source)
    for branch in case.branches():
        yield from _step_back(case, branch)


def tips_of(case: Case) -> list[str]:
    """Return what all refs name that can be read, sorted by ref."""
    loose = {path for path, _ in files_below(case.layout.git, "refs") if not path.endswith(".lock")}
    values = [case.text(f".git/{path}") or "" for path in sorted(loose)]
    values += [value for ref, value in sorted(case.packed().items()) if ref not in loose]
    return [value for value in dict.fromkeys(values) if HEX.fullmatch(value) and case.sound.read(value)]


def _step_back(case: Case, branch: str) -> Iterator[Done]:
    tip = case.tip(branch)
    if tip is None or _has_whole_tree(case, tip):
        return
    own = (info for info in case.sound.first_parents(tip) if branch_of(info) in (branch, None))
    whole = next((info.id for info in own if _has_whole_tree(case, info.id)), None)
    if whole is None:
        return
    name = f".git/{HEADS}{branch}"
    kept = case.keep(name, f"{tip}\n".encode())
    replace_bytes(case.path(name), f"{whole}\n".encode(), durable=True)
    yield Done(
        f"folders of {tip[:12]} are lost; the branch names {whole[:12]}, the newest commit that is whole", name, kept
    )


def _has_whole_tree(case: Case, commit: str) -> bool:
    info = case.sound.commit(commit)

    def whole(tree: str, depth: int) -> bool:
        lines = case.sound.lines(tree)
        if lines is None or depth > 64:
            return False
        return all(whole(line.id, depth + 1) for line in lines.values() if line.mode == TREE_MODE)

    return info is not None and whole(info.tree, 0)


def _lost(case: Case, item: Broken) -> str:
    """Say what is lost with an object, and what a person can do."""
    if item.kind != "blob" or not is_records(item.path):
        return _ELSEWHERE
    # The oldest commit whose file this is wrote it.
    holds = [
        info for info in case.sound.first_parents(item.commit) if past.blob(case, info.tree, item.path) == item.name
    ]
    record = message.trailers(holds[-1].message).get(message.RECORD) if holds else None
    if record is None:
        return _ELSEWHERE
    branch = branch_of(holds[-1]) or "?"
    of = "the steps of milestone" if "/log/" in item.path else "this state of the milestones up to"
    return f"lost with it: {of} {record} on {branch!r}; {_ELSEWHERE}"
