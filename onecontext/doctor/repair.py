"""Repair: every intact record stays, what is damaged is set aside, and nothing is deleted.

Rule 1: the order is that of what needs what: paths, locks, packs, refs, missing objects, then files branch by branch.
Rule 2: each part looks for itself at what is wrong by then, so repair may be killed anywhere and run again.
Rule 3: what belongs to git as a whole is mended while HEAD and all branches are held.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime
from pathlib import Path

from onecontext.doctor import (
    branches,
    branches_mended,
    leftovers,
    oddities,
    packed,
    pointers,
    private,
    reached,
    rebuilt,
    recorded,
    tips,
    values,
)
from onecontext.doctor.case import Case
from onecontext.doctor.examine import refuse_newer
from onecontext.doctor.finding import Done
from onecontext.errors import Damaged, StorageError
from onecontext.names import is_name
from onecontext.store.kinds import files_below, kind_of
from onecontext.store.layout import Layout
from onecontext.store.locks import DEFAULT_WAIT_S, held

WAIT_S = DEFAULT_WAIT_S
_PARTS = (
    *(leftovers.mend, packed.mend, rebuilt.mend, pointers.mend, recorded.mend, reached.mend, private.mend, values.mend),
)
Say = Callable[[Done], None]


def repair(memory: Path, now: datetime, say: Say) -> None:
    """Mend the memory at ``memory``; ``say`` is told of each thing when it is done.

    Raises:
        NewerFormat: a newer version wrote it; nothing was written.
        LockTimeout: somebody is writing it; what was said is done, and the rest can be done by running it again.
        OSError: full or read-only; likewise.
    """
    case = Case(Layout(memory), now)
    refuse_newer(case)
    for done in oddities.mend(case):
        say(done)
    with _all_held(case):
        for part in _PARTS:
            for done in part(case):
                say(done)
            case.forget()
    for branch in sorted(case.branches(), key=lambda branch: _others_lost(case, branch)):
        if case.tip(branch) is None:
            continue
        try:
            for done in branches_mended.mend(case, branch):
                say(done)
        except (Damaged, StorageError) as error:
            # One branch that cannot be mended is no reason to leave the others: what is wrong with it is found again.
            say(Done(f"not mended: {error.message}", f".git/refs/heads/{branch}"))


def _others_lost(case: Case, branch: str) -> bool:
    """Say whether a branch lacks files of another one, which is to be mended first."""
    tip = case.tip(branch)
    found = branches.files(case, tip) if tip else {}
    others = {path: blob for path, blob in found.items() if path.startswith("branches/")}
    return any(
        case.sound.read(blob) is None for path, blob in others.items() if not path.startswith(f"branches/{branch}/")
    )


@contextmanager
def _all_held(case: Case) -> Iterator[None]:
    """Hold HEAD and every branch, in the order in which everybody takes them."""
    case.layout.private.mkdir(exist_ok=True)
    with ExitStack() as stack:
        stack.enter_context(held(case.layout.head_lock(), wait_s=WAIT_S))
        known = {*case.branches(), *_locked_before(case), *tips.expected(case)}
        for branch in sorted(known):
            stack.enter_context(held(case.layout.lock(branch), wait_s=WAIT_S))
        yield


def _locked_before(case: Case) -> Iterator[str]:
    folder = case.layout.private / "locks" / "branches"
    for name, _ in files_below(folder):
        branch = name.removesuffix(".lock")
        if is_name(branch) and kind_of(folder / name) == "a file":
            yield branch
