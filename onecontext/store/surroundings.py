"""Where a memory belongs: the top of the user's git repository, found from files alone.

Rule 1: the environment (GIT_DIR and its like) is not asked, and the git command is never run.
Rule 2: the one thing written in the user's repository is a line in ``info/exclude``.
"""

from dataclasses import dataclass
from pathlib import Path

from onecontext.errors import NoMemory
from onecontext.store.files import read_bytes, replace_bytes
from onecontext.store.layout import FOLDER

EXCLUDE_LINE = f"{FOLDER}/"
_SMALL_BYTES = 64 * 1024


@dataclass(frozen=True)
class UserRepository:
    """The user's repository around a folder: its top, and the git folder that all its work trees share."""

    top: Path
    common_dir: Path


def find_repository(start: Path) -> UserRepository | None:
    """Return the user's repository around ``start``; None outside any.

    In a linked work tree the top is the one of the repository's own work tree, where it has one: a memory must not go
    with `git worktree remove`.
    """
    for folder in [start.resolve(), *start.resolve().parents]:
        git_dir = _git_dir(folder)
        if git_dir is None:
            continue
        common = _common_dir(git_dir)
        return UserRepository(common.parent if common != git_dir and common.name == ".git" else folder, common)
    return None


def find_memory(start: Path) -> Path:
    """Return the ``.onecontext`` folder that serves ``start``: upwards first, then at the repository's top.

    Raises:
        NoMemory: there is none.
    """
    start = start.resolve()
    for folder in [start, *start.parents]:
        if folder.name == FOLDER and _is_memory(folder):
            return folder
        if _is_memory(folder / FOLDER):
            return folder / FOLDER
    repository = find_repository(start)
    if repository and _is_memory(repository.top / FOLDER):
        return repository.top / FOLDER
    raise NoMemory(f"there is no memory in {start} or above", hint="run 'onecontext init'")


def is_excluded(repository: UserRepository) -> bool:
    """Say whether the user's repository already leaves ``.onecontext/`` alone by our line."""
    path = repository.common_dir / "info" / "exclude"
    return path.exists() and EXCLUDE_LINE.encode() in read_bytes(path).splitlines()


def exclude(repository: UserRepository) -> bool:
    """Keep ``.onecontext/`` out of the user's commits; return False when the line was already there."""
    if is_excluded(repository):
        return False
    path = repository.common_dir / "info" / "exclude"
    path.parent.mkdir(parents=True, exist_ok=True)
    text = read_bytes(path) if path.exists() else b""
    separator = b"" if not text or text.endswith(b"\n") else b"\n"
    replace_bytes(path, text + separator + EXCLUDE_LINE.encode() + b"\n")
    return True


def _is_memory(folder: Path) -> bool:
    # Without its HEAD it is a damaged memory, which is not the same as none.
    return (folder / ".git" / "HEAD").is_file() or (folder / ".git" / "onecontext").is_dir()


def _git_dir(folder: Path) -> Path | None:
    entry = folder / ".git"
    if folder.name == FOLDER:
        return None
    if entry.is_dir():
        return entry if (entry / "HEAD").exists() else None
    if not entry.is_file():
        return None
    text = read_bytes(entry, limit_bytes=_SMALL_BYTES).decode("utf-8", "surrogateescape").strip()
    return (folder / text.removeprefix("gitdir:").strip()).resolve() if text.startswith("gitdir:") else None


def _common_dir(git_dir: Path) -> Path:
    pointer = git_dir / "commondir"
    if not pointer.is_file():
        return git_dir
    text = read_bytes(pointer, limit_bytes=_SMALL_BYTES).decode("utf-8", "surrogateescape").strip()
    return (git_dir / text).resolve()
