"""What is no file of its own where a file should be: links, FIFOs, folders, second names.

Rule 1: nothing is opened or followed before it is known to be a regular file.
Rule 2: objects may have second names: git itself makes them when it clones a memory on one disk.
"""

from collections.abc import Iterator

from onecontext.doctor.case import FILE, FOLDER, Case
from onecontext.doctor.finding import Done, Finding
from onecontext.store.files import replace_bytes
from onecontext.store.kinds import files_below, is_hard_linked, kind_of, way_to

_FILES = ("main.md", "format", ".git/HEAD", ".git/config", ".git/index", ".git/packed-refs", ".git/onecontext-shown")
_PRIVATE = (
    "",
    "/quarantine",
    "/locks",
    "/locks/branches",
    "/packs",
    "/scratch",
    "/search",
    "/worktrees",
)
_FOLDERS = (
    "branches",
    ".git/objects",
    ".git/objects/pack",
    ".git/refs",
    ".git/refs/heads",
    ".git/refs/tags",
    ".git/worktrees",
    *(f".git/onecontext{name}" for name in _PRIVATE),
)
_NOT_OURS_TO_JUDGE = (
    ".git/onecontext/quarantine/",
    ".git/onecontext/scratch/",
    ".git/onecontext/locks/",
    ".git/hooks/",
)


def find(case: Case) -> Iterator[Finding]:
    """Name what is in the place of a file or folder of ours."""
    for name, kind in _odd(case):
        wanted = "a folder" if name in _FOLDERS else "a file"
        yield Finding(
            f"{kind} lies where {wanted} should be; it was not followed or opened",
            name,
            None,
            "fail",
            "repair moves it to the quarantine, and puts back what git has",
        )
    for name in _doubled(case):
        yield Finding(
            "the file has a second name (a hard link), through which it can be written from elsewhere",
            name,
            None,
            "warn",
            "repair makes it a file of its own",
        )


def mend(case: Case) -> Iterator[Done]:
    """Move them aside, and give doubled files an inode of their own."""
    for name, kind in list(_odd(case)):
        yield Done(f"{kind} was moved aside", name, case.aside(name))
    for name in list(_doubled(case)):
        content = case.read(name)
        if content is not None:
            kept = case.keep(name, content)
            replace_bytes(case.path(name), content, durable=True)
            yield Done("it is a file of its own again", name, kept)
    for name in (".git/objects", ".git/objects/pack", ".git/refs", ".git/refs/heads", ".git/onecontext"):
        if case.kind(name) is None:
            case.path(name).mkdir(parents=True)
            yield Done("the folder was missing and was made", name)


def _odd(case: Case) -> Iterator[tuple[str, str]]:
    seen: set[str] = set()
    for name in _FOLDERS:
        found = [*way_to(case.layout.path, name), (name, kind_of(case.path(name)))]
        for path, kind in found[:1]:
            if kind not in (None, FOLDER) and path not in seen:
                seen.add(path)
                yield path, str(kind)
    for name in [*_FILES, *_should_be_files(case)]:
        if (kind := case.kind(name)) not in (None, FILE) and name not in seen:
            seen.add(name)
            yield name, str(kind)
    for name, kind in _ours(case):
        if kind != FILE and name not in seen:
            yield name, kind


def _should_be_files(case: Case) -> Iterator[str]:
    """Yield the names of small files of ours and of git, where a folder would be in the way."""
    yield from (f".git/onecontext/{name}" for name in ("durability", "settled", "switching"))
    for name in _names(case, ".git/worktrees"):
        ends = ("HEAD", "commondir", "gitdir", "index", "onecontext-shown")
        yield from (f".git/worktrees/{name}/{end}" for end in ends)
        yield f".git/onecontext/worktrees/{name}/.git"
    ours = (".git/onecontext/packs", ".git/onecontext/ahead", ".git/onecontext/locks/branches")
    for folder in (".git/objects/pack", *ours):
        yield from (f"{folder}/{name}" for name in _names(case, folder))
    for name in _names(case, ".git/refs/heads"):
        # Git keeps "a/b" in a folder; an empty one is in the way of a branch "a".
        if not _names(case, f".git/refs/heads/{name}"):
            yield f".git/refs/heads/{name}"


def _names(case: Case, folder: str) -> list[str]:
    return sorted(path.name for path in case.path(folder).iterdir()) if case.kind(folder) == FOLDER else []


def _doubled(case: Case) -> Iterator[str]:
    scratch = case.layout.private / "scratch"
    # A writer of ours that was killed at the right moment leaves its scratch file as a second name of what it wrote.
    ours = {(scratch / name).lstat().st_ino for name, kind in files_below(scratch) if kind == FILE}
    for name, kind in _ours(case):
        path = case.path(name)
        if kind != FILE or name.startswith(".git/objects/") or name.endswith(".lock"):
            continue
        if is_hard_linked(path) and path.lstat().st_ino not in ours:
            yield name


def _ours(case: Case) -> Iterator[tuple[str, str]]:
    top = case.layout.path
    for name in ("main.md", "format"):
        if kind := kind_of(top / name):
            yield name, kind
    for folder in ("branches", ".git"):
        for name, kind in files_below(top, folder):
            if not name.startswith(_NOT_OURS_TO_JUDGE):
                yield name, kind
