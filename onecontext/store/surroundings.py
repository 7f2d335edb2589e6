"""Where a memory belongs: the top of the user's git repository, found from files alone.

Rule 1: the environment (GIT_DIR and its like) is not asked, and the git command is never run.
Rule 2: the one thing written in the user's repository is a line in ``info/exclude``: its mode, its owner and all
        other lines stay as they are, when the line is written and when it is taken out again.
"""

import os
import re
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from onecontext.errors import Damaged, NoMemory
from onecontext.store.files import append_bytes, read_bytes, replace_bytes
from onecontext.store.layout import FOLDER

EXCLUDE_LINE = f"{FOLDER}/"
_SMALL_BYTES = 64 * 1024
_BARE = re.compile(r"^\s*bare\s*=\s*true\b", re.MULTILINE | re.IGNORECASE)


@dataclass(frozen=True)
class UserRepository:
    """The user's repository around a folder: its top, and the git folder that all its work trees share.

    ``bare`` says that the top is that git folder, as there is no other folder that outlives its work trees.
    """

    top: Path
    common_dir: Path

    @property
    def bare(self) -> bool:
        """Whether the memory lies in the git folder itself, where no work tree lists it."""
        return self.top == self.common_dir


def find_repository(start: Path) -> UserRepository | None:
    """Return the user's repository around ``start``; None outside any.

    In a linked work tree the top is the one of the repository's own work tree, or a bare repository itself: a memory
    must not go with `git worktree remove`.
    """
    for folder in [start.resolve(), *start.resolve().parents]:
        git_dir = _git_dir(folder)
        if git_dir is not None:
            common = _common_dir(git_dir)
            return UserRepository(folder if common == git_dir else _top(common) or folder, common)
        if _is_bare(folder):
            return UserRepository(_top(folder) or folder, folder)
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
            return _followed(folder / FOLDER)
    repository = find_repository(start)
    if repository and _is_memory(repository.top / FOLDER):
        return _followed(repository.top / FOLDER)
    raise NoMemory(f"there is no memory in {start} or above", hint="run 'onecontext init'")


def place_for(start: Path, repository: UserRepository | None) -> Path:
    """Return where the memory made at ``start`` lies, or is already.

    Raises:
        Damaged: there is a symlink that leads to no memory: nothing is made at its other end.
    """
    path = (repository.top if repository else start) / FOLDER
    if path.is_symlink() and not _is_memory(path):
        raise Damaged(f"{path} is a symlink to no memory, and none is made there", hint="see who put it there")
    return _followed(path)


def is_excluded(repository: UserRepository) -> bool:
    """Say whether the user's repository leaves ``.onecontext/`` alone: by our line, or as no work tree has it.

    Raises:
        Damaged: our line is missing, and ``info/exclude`` is no file that we may write.
    """
    if repository.bare or EXCLUDE_LINE.encode() in _excluded(repository).splitlines():
        return True
    _check_written(repository, "write")
    return False


def exclude(repository: UserRepository) -> bool:
    """Keep ``.onecontext/`` out of the user's commits; return False when there is nothing to do for it.

    Raises:
        Damaged: as for :func:`is_excluded`; nothing was written.
    """
    if is_excluded(repository):
        return False
    path, text = exclude_file(repository), _excluded(repository)
    path.parent.mkdir(parents=True, exist_ok=True)
    append_bytes(path, (b"" if not text or text.endswith(b"\n") else b"\n") + EXCLUDE_LINE.encode() + b"\n")
    return True


def stop_excluding(repository: UserRepository) -> bool:
    """Take our line out of ``info/exclude``; return False when it is not there.

    A line end that was missing behind the last line of the user's, and came with ours, stays.

    Raises:
        Damaged: the line is there, and ``info/exclude`` is no file that we may write; nothing was written.
        OSError: as for :func:`onecontext.store.files.replace_bytes`; nothing was written.
    """
    path, text = exclude_file(repository), _excluded(repository)
    kept = b"".join(line for line in text.splitlines(keepends=True) if line.rstrip(b"\r\n") != EXCLUDE_LINE.encode())
    if kept == text:
        return False
    _check_written(repository, "delete")
    status = path.stat()
    # In one step, as what is at stake are lines of the user's: a kill leaves the old file or the new one.
    replace_bytes(path, kept, durable=True, mode=status.st_mode & 0o7777)
    with suppress(PermissionError):  # of another's file only root can make one of that owner
        os.chown(path, status.st_uid, status.st_gid)
    return True


def exclude_file(repository: UserRepository) -> Path:
    """Return the file in which git, in all work trees of the repository, looks for what to leave alone."""
    return repository.common_dir / "info" / "exclude"


def _check_written(repository: UserRepository, verb: str) -> None:
    if exclude_file(repository).is_symlink():
        raise Damaged(
            f"{exclude_file(repository)} is a symlink, which is not written through",
            hint=f"{verb} the line {EXCLUDE_LINE} there yourself",
        )


def _excluded(repository: UserRepository) -> bytes:
    try:
        # A file of the user's, who may well have it elsewhere: to read it a symlink is followed.
        return read_bytes(exclude_file(repository).resolve())
    except FileNotFoundError:
        return b""


def _followed(path: Path) -> Path:
    # The one symlink that is followed: to a memory that its owner keeps elsewhere. Inside of it none is.
    return path.resolve() if path.is_symlink() else path


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


def _top(common: Path) -> Path | None:
    """Return the folder beside the git folder ``common`` that all its work trees can share; None: there is none."""
    if common.name == ".git" or _git_dir(common.parent) == common:
        return common.parent
    return common if _is_bare(common) else None


def _is_bare(folder: Path) -> bool:
    if not ((folder / "HEAD").is_file() and (folder / "objects").is_dir() and (folder / "refs").is_dir()):
        return False
    config = folder / "config"
    return config.is_file() and bool(_BARE.search(read_bytes(config.resolve()).decode("utf-8", "replace")))
