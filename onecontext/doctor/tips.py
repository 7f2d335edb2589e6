"""Which commit a branch named, found again from what is left.

Rule 1: the newest of what can be had: a commit that no other commit of the branch goes on from.
Rule 2: nothing is taken from another branch: a commit says in a trailer which one it was made on.
Rule 3: commits that only a deletion kept are of an earlier branch of that name, unless there are no others.
"""

from collections.abc import Iterable

from onecontext.doctor.case import HEX, Case, branch_of
from onecontext.errors import Damaged
from onecontext.names import is_name
from onecontext.store import refs
from onecontext.store.commits import CommitInfo
from onecontext.store.kinds import is_folder


def newest(case: Case, branch: str) -> str | None:
    """Return the commit that ``branch`` is to name again; None when none of it is left."""
    commits = case.commits()
    own = {
        name for name, info in commits.items() if branch_of(info) == branch and case.sound.lines(info.tree) is not None
    }
    deleted = _deleted(case, f"{refs.DELETED}{branch}/").values()
    own = (own - _ancestors(commits, deleted)) or own
    before = _ancestors(commits, (parent for name in own for parent in commits[name].parents))
    shown = shown_commits(case, branch)

    def rank(name: str) -> tuple[bool, int, str]:
        return bool(shown & _ancestors(commits, [name])), commits[name].at_s, name

    return max(own - before, key=rank, default=None)


def shown_commits(case: Case, branch: str) -> set[str]:
    """Return the commits that work trees say they show of ``branch``."""
    found: set[str] = set()
    for place in (case.layout.main_place(), case.layout.linked_place(branch)):
        words = (case.text(f"{case.name(place.git_dir)}/onecontext-shown") or "").split()
        if len(words) in (2, 3) and words[0] == branch and HEX.fullmatch(words[1]):
            found.add(words[1])
    return found


def expected(case: Case) -> set[str]:
    """Return the branches that must have had a ref: work trees were made for them, and nobody deleted them."""

    folder = case.path(".git/worktrees")
    names = {path.name for path in folder.iterdir() if is_folder(path)} if is_folder(folder) else set[str]()
    names |= set((case.text(".git/onecontext-shown") or "").split()[:1])
    names |= (
        {branch for info in case.commits().values() if (branch := branch_of(info))} if not case.branches() else set()
    )
    deleted = {ref.removeprefix(refs.DELETED).partition("/")[0] for ref in _deleted(case, refs.DELETED)}
    return {name for name in names if is_name(name)} - deleted


def _deleted(case: Case, prefix: str) -> dict[str, str]:
    """Return the refs that keep deleted branches; none where something else is in their place, which is told itself."""
    try:
        return refs.under(case.layout, prefix)
    except Damaged:
        return {}


def _ancestors(commits: dict[str, CommitInfo], tips: Iterable[str]) -> set[str]:
    seen: set[str] = set()
    waiting = list(tips)
    while waiting:
        name = waiting.pop()
        if name in commits and name not in seen:
            seen.add(name)
            waiting += commits[name].parents
    return seen
