"""The commits of one branch, newest first: where a good version of a damaged file is looked for.

Rule 1: a rollback ends the search: what it took back is not brought back.
"""

from collections.abc import Iterator
from itertools import islice, pairwise

from onecontext.doctor.case import Case, branch_of
from onecontext.doctor.documents import faults, is_cut
from onecontext.memory import message
from onecontext.store.commits import CommitInfo
from onecontext.store.trees import Line, differing

_RECENT = 256


def commits(case: Case, branch: str, tip: str) -> Iterator[CommitInfo]:
    """Yield the commits of the branch itself since its start or its newest rollback, newest first."""
    for info in case.sound.first_parents(tip):
        if branch_of(info) not in (branch, None):
            return
        yield info
        if message.ROLLBACK in message.trailers(info.message):
            return


def blob(case: Case, tree: str, path: str) -> str | None:
    """Return the name of what a tree has at ``path``; None when there is nothing, or a folder on the way is lost."""
    name = tree
    for part in path.split("/"):
        line = (case.sound.lines(name) or {}).get(part)
        if line is None:
            return None
        name = line.id
    return name


def versions(case: Case, branch: str, tip: str, path: str, *, limit: int | None = None) -> Iterator[bytes]:
    """Yield the contents that ``path`` has had on the branch, newest first, as far as they can be read.

    Args:
        limit: look at so many commits at most; None is all.
    """
    seen: set[str | None] = {None}
    for info in islice(commits(case, branch, tip), limit):
        name = blob(case, info.tree, path)
        if name not in seen:
            seen.add(name)
            found = case.sound.read(str(name))
            if found:
                yield found[1]


def newest_good(case: Case, branch: str, tip: str, path: str) -> bytes | None:
    """Return the newest version of ``path`` that has no damage in it; None when there is none."""
    found = versions(case, branch, tip, path)
    return next((content for content in found if not any(fault.damage for fault in faults(path, content))), None)


def whole(case: Case, branch: str, tip: str, path: str, content: bytes) -> bytes | None:
    """Return the version before the newest, where the newest is a beginning of it and should not be; else None."""
    recent = islice(versions(case, branch, tip, path, limit=_RECENT), 2)
    older = next((version for version in recent if version != content), None)
    return older if older is not None and is_cut(path, older, content) else None


def gone(case: Case, branch: str, tip: str) -> dict[str, str]:
    """Return the history files that commits of the branch had and its tip has not, to their newest blobs.

    One whose content is lost is not among them: nothing can be put back for it.
    """
    folder = f"branches/{branch}"
    found: dict[str, str] = {}
    own = list(commits(case, branch, tip))
    for newer, older in pairwise(own):
        before, after = blob(case, older.tree, folder), blob(case, newer.tree, folder)
        if before is None or before == after:
            continue
        for path, (old, new) in differing(before, after, lambda tree: _lines(case, tree)).items():
            if old and not new and path.startswith(("commit/", "log/")):
                found.setdefault(f"{folder}/{path}", old)
    top = case.sound.commit(tip)
    absent = {path: old for path, old in found.items() if top and blob(case, top.tree, path) is None}
    return {path: old for path, old in absent.items() if case.sound.read(old)}


def _lines(case: Case, tree: str | None) -> dict[str, Line]:
    return {} if tree is None else case.sound.lines(tree) or {}
