"""Full, read-only and failing disks, at each system call: a typed error and the state of before, or it worked.

Each operation that writes is done once for each call that it makes, with that call failing. Which calls there are is
found out in a run without faults. With HYPOTHESIS_PROFILE=deep all of them are tried; else some, evenly apart.
"""

import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from onecontext import Memory
from onecontext.errors import NoMemory, OneContextError
from tests.support.everything import furnished
from tests.support.faults import REFUSED, WORKED, Outcome, count_calls, do, traced
from tests.support.memory import git

DEEP = os.environ.get("HYPOTHESIS_PROFILE") == "deep"
SAMPLES = 3
FAULTS = {
    "write": ("ENOSPC", "EDQUOT", "EIO"),
    "pwrite64": ("ENOSPC",),
    "rename": ("ENOSPC", "EIO", "EROFS"),
    "link": ("EPERM", "ENOSPC", "EIO"),
    "mkdir": ("ENOSPC", "EROFS"),
    "openat": ("EMFILE", "ENOSPC", "EACCES", "EIO"),
    "fsync": ("EIO",),
    "ftruncate": ("EIO",),
    "unlink": ("EIO", "EROFS"),
    "rmdir": ("EIO",),
    "fchmod": ("EPERM",),
    "flock": ("ENOLCK",),
    "read": ("EIO",),
    "getdents64": ("EIO",),
}
WRITING = [
    *("init", "step", "commit", "flush", "pin", "write_main", "create_branch", "merge", "resolve_conflict"),
    *("rollback", "tag", "delete_tag", "delete_branch", "restore_branch", "switch"),
]

pytestmark = pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("faults") / "template"
    furnished(folder).flush()
    return folder


def copies(template: Path, folder: Path, methods: list[str]) -> dict[str, Path]:
    made = {method: folder / method for method in methods}
    for method, path in made.items():
        path.mkdir(parents=True) if method == "init" else shutil.copytree(template, path, symlinks=True)
    return made


def state(folder: Path) -> Any:
    """Return what a memory tells; None where there is none."""
    try:
        memory = Memory.open(folder)
    except NoMemory:
        return None
    branches = [memory.on(branch.name) for branch in memory.branches()]
    told = {
        one.branch: (one.milestones(), one.steps(), one.pinned(), one.conflicts(resolved=True), one.read_main())
        for one in branches
    }
    return told, memory.branch, memory.tags(), memory.deleted_branches(), [b.purpose for b in memory.branches()]


def judge(method: str, folder: Path, outcome: Outcome, before: Any, after: Any) -> None:
    """See that an operation that may have failed has done all or nothing, and that the memory goes on."""
    assert outcome.code in (WORKED, REFUSED), outcome.said
    # What a flush could not put into git was acknowledged, and stays so.
    kept = [after] if outcome.code == WORKED else [before, after] if method == "flush" else [before]
    assert state(folder) in kept, f"code {outcome.code}: {outcome.said}"
    if outcome.code == REFUSED:
        assert "as it was before" in outcome.said
        assert "[" in outcome.said
        do(method, folder)
    memory = Memory.open(folder)
    memory.step("goes on")
    memory.commit("still")
    memory.flush()
    assert memory.milestones(limit=1)[0].contribution == "still"
    git(memory.path, "fsck", "--strict", "--no-dangling")
    assert not list(memory.path.glob(".git/**/*.lock.lock"))


@pytest.fixture(scope="module")
def counted(template: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, Any]:
    """How often each operation makes each call, and what a memory tells once it worked."""
    folder = tmp_path_factory.mktemp("counted")
    calls = count_calls(copies(template, folder, WRITING), trace=",".join(FAULTS), report=folder / "strace")
    return calls, {method: state(folder / method) for method in WRITING}


@pytest.mark.parametrize("call", FAULTS)
def test_a_call_that_fails_leaves_all_or_nothing(
    template: Path, tmp_path: Path, call: str, counted: tuple[Any, Any]
) -> None:
    calls, after = counted
    before = state(template)
    most = max(calls[method][call] for method in WRITING)
    if not most:
        pytest.skip(f"nothing here calls {call}")
    every = 1 if DEEP else max(1, most // SAMPLES)
    failures: list[str] = []
    tried = 0

    for number, error in enumerate(FAULTS[call] if DEEP else FAULTS[call][:1]):
        for n in range(1, most + 1, every):
            methods = [method for method in WRITING if calls[method][call] >= n]
            folders = copies(template, tmp_path / f"{number}-{n}", methods)
            outcomes = traced(folders, trace=call, inject=f"{call}:error={error}:when={n}", report=tmp_path / "strace")
            for method, outcome in outcomes.items():
                tried += 1
                try:
                    judge(method, folders[method], outcome, None if method == "init" else before, after[method])
                except (AssertionError, OneContextError, OSError) as problem:
                    failures.append(f"{method}, {call} number {n} of {calls[method][call]} {error}: {problem!r:.700}")
            shutil.rmtree(tmp_path / f"{number}-{n}")

    assert not failures, "\n".join([f"{len(failures)} of {tried}", *failures])
    assert tried
