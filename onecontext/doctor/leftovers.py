"""Lock files of git that nobody holds any more, and files that a kill left half written.

Rule 1: a lock that may be held is never touched. One of ours is a second name of a scratch file whose flock can be
        tried; of one of git's nobody can know, so it counts as left over when it is ten minutes old.
Rule 2: locks of ours (flock) are freed by the kernel and are never left over.
"""

from collections.abc import Iterator
from pathlib import Path

from onecontext.doctor.case import FILE, Case
from onecontext.doctor.finding import Done, Finding
from onecontext.store.kinds import files_below, is_file

STALE_S = 600.0
_SAFE_FROM_US = (".git/onecontext/locks/", ".git/onecontext/quarantine/")


def find(case: Case) -> Iterator[Finding]:
    """Name lock files and half-written ones."""
    for name in _locks(case):
        age_s = _age_s(case, name)
        if _is_ours(case, case.path(name)):
            mend = "the next writer of that branch clears it; repair moves it to the quarantine"
            yield Finding(
                "git's lock, which a writer of ours holds at this moment or was killed with", name, None, "warn", mend
            )
        elif age_s > STALE_S:
            what = f"git's lock is {age_s / 60:.0f} minutes old; whether its holder lives cannot be known"
            yield Finding(what, name, None, "fail", "if no git command runs there, repair moves it to the quarantine")
        else:
            what = f"git's lock, {age_s:.0f} s old: a git command may hold it"
            mend = (
                f"look again when that command has ended; repair takes one for left over at {STALE_S / 60:.0f} minutes"
            )
            yield Finding(what, name, None, "warn", mend)
    for name in _half_written(case):
        yield Finding("a file that a kill left half written", name, None, "warn", "repair moves it to the quarantine")


def mend(case: Case) -> Iterator[Done]:
    """Move aside what nobody holds. The caller holds the locks of HEAD and of all branches."""
    for name in list(_locks(case)):
        if _is_ours(case, case.path(name)):
            yield Done("a lock of a killed writer of ours was moved aside", name, case.aside(name))
        elif (age_s := _age_s(case, name)) > STALE_S:
            yield Done(f"git's lock, {age_s / 60:.0f} minutes old, was moved aside", name, case.aside(name))
    for name in list(_half_written(case)):
        yield Done("a half-written file was moved aside", name, case.aside(name))


def _locks(case: Case) -> Iterator[str]:
    for name, kind in files_below(case.layout.path, ".git"):
        # In a work tree under .git/onecontext only what git would lock counts, and git locks nothing there.
        if kind == FILE and name.endswith(".lock") and not name.startswith(".git/onecontext/"):
            yield name


def _half_written(case: Case) -> Iterator[str]:
    for folder in ("branches", ".git"):
        for name, kind in files_below(case.layout.path, folder):
            ours = kind == FILE and not name.startswith(_SAFE_FROM_US) and _is_temporary(name)
            if ours and _age_s(case, name) > STALE_S:
                yield name


def _is_temporary(name: str) -> bool:
    last = name.rpartition("/")[2]
    if name.startswith(".git/objects/"):
        return last.startswith(("tmp_pack_", "tmp_obj_", "tmp_idx_", ".tmp-"))
    return last.startswith(".") and last.endswith(".tmp")


def _is_ours(case: Case, lock: Path) -> bool:
    inode = lock.lstat().st_ino
    folder = case.layout.private / "scratch"
    return any(is_file(folder / name) and (folder / name).lstat().st_ino == inode for name, _ in files_below(folder))


def _age_s(case: Case, name: str) -> float:
    return case.now.timestamp() - case.path(name).lstat().st_mtime
