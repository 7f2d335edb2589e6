"""Make a working copy of a task: a repository of its own that shares nothing writable with the user's.

Rule 1: nothing is taken from the user's repository but objects: no config, hook, remote, ref or reflog.
Rule 2: the copy converts nothing. Its info/attributes, which rank above every .gitattributes, turn off line ending
        conversion, ident and filters, for us and for a git command that an agent runs there.
"""

import os
import re
import secrets
import shutil
import stat
from collections.abc import Mapping
from pathlib import Path

import pygit2
from pygit2.enums import CheckoutStrategy

from onecontext.store.opened import Repository
from onecontext.store.project_handed import Handed

BRANCH = "task"
_ATTRIBUTES = "* -text -eol -ident -filter -working-tree-encoding\n"
_MAX_ALTERNATES = 8
_FOLDERS = ("objects/info", "objects/pack", "refs/heads", "refs/tags", "info")  # gitrepository-layout(5)
_FAN_OUT, _LOOSE = re.compile("[0-9a-f]{2}"), re.compile("[0-9a-f]{38}")
_configs: dict[int, bytes] = {}


class Copy:
    """A copy that is being made."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def check_out(self, commit: pygit2.Oid) -> None:
        """Put ``commit`` on the copy's branch and into its folder."""
        repository = Repository(str(self._path))
        repository.references.create(f"refs/heads/{BRANCH}", commit)
        repository.checkout(f"refs/heads/{BRANCH}", strategy=CheckoutStrategy.FORCE)


def make_copy(path: Path) -> Copy:
    """Make an empty repository at ``path``, with folders as needed."""
    path.mkdir(parents=True)
    git = path / ".git"
    for folder in _FOLDERS:
        (git / folder).mkdir(parents=True)
    (git / "HEAD").write_text(f"ref: refs/heads/{BRANCH}\n", encoding="ascii")
    (git / "config").write_bytes(_config_for(path))
    (git / "info/attributes").write_text(_ATTRIBUTES, encoding="ascii")
    return Copy(path)


def _config_for(path: Path) -> bytes:
    """Return what git's configuration of a new repository says on the file system of ``path``, tried out once.

    Each call of ``pygit2.init_repository`` keeps 12 KB for ever (1.21): it opens the repository twice and closes one.
    """
    device = path.stat().st_dev
    if device not in _configs:
        trial = path / ".git" / "trial"
        pygit2.init_repository(str(trial))
        _configs[device] = (trial / ".git" / "config").read_bytes()
        shutil.rmtree(trial)
    return _configs[device]


def open_to_others(path: Path) -> None:
    """Let every user id read the copy ``path``, whatever our umask is; the folder it lies in is the one that is closed.

    When we are root, commands run as another user id, and a umask of 077 would keep them out of their own copy.
    """
    if path.stat().st_mode & 0o055 == 0o055:
        return
    for folder, _, files, descriptor in os.fwalk(path, follow_symlinks=False):
        os.chmod(folder, 0o755)  # noqa: PTH101
        for name in files:
            mode = os.stat(name, dir_fd=descriptor, follow_symlinks=False).st_mode
            if stat.S_ISREG(mode) and mode & 0o044 != 0o044:
                os.chmod(name, mode & 0o777 | (0o555 if mode & 0o100 else 0o444), dir_fd=descriptor)


def remove_copy(path: Path) -> None:
    """Remove the working copy ``path``, whatever an agent left in it; nothing there is fine. No symlink is followed.

    Raises:
        OSError: something in it belongs to somebody else, or the disk refuses; the rest is gone.
    """
    try:
        kind = path.lstat().st_mode
    except FileNotFoundError:
        return
    if not stat.S_ISDIR(kind):
        path.unlink()
        return
    top = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        _empty(top)
    finally:
        os.close(top)
    path.rmdir()


def _empty(top: int) -> None:
    """Remove all that is in the folder open as ``top``.

    Folders are moved up to the top one by one: a tree thousands of folders deep, which any agent can make, would
    need as many descriptors, and more recursion than there is.
    """
    aside = f".{secrets.token_hex(8)}"
    waiting = _without_files(top)
    moved = 0
    while waiting:
        name = waiting.pop()
        held = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=top)
        try:
            for inner in _without_files(held):
                moved += 1
                os.rename(inner, f"{aside}-{moved}", src_dir_fd=held, dst_dir_fd=top)
                waiting.append(f"{aside}-{moved}")
        finally:
            os.close(held)
        os.rmdir(name, dir_fd=top)


def _without_files(held: int) -> list[str]:
    """Remove what is no folder from the folder open as ``held``; make its folders ours to enter, and return them."""
    folders = []
    for name in os.listdir(held):
        if stat.S_ISDIR(os.stat(name, dir_fd=held, follow_symlinks=False).st_mode):
            # A folder without permissions (mkdir; chmod 000) would neither be entered nor moved.
            os.chmod(name, 0o700, dir_fd=held)
            folders.append(name)
        else:
            os.unlink(name, dir_fd=held)
    return folders


def copy_objects(source: Path, target: Path, handed: Handed | None = None) -> None:
    """Bring all objects of the repository folder ``source``, and of its alternates, into ``target``.

    Args:
        source: a .git folder (of a linked worktree: the common one).
        target: the copy's .git folder.
        handed: packs of loose objects, which are linked instead of these; None: each is linked.
    """
    shallow = source / "shallow"
    if shallow.is_file():
        shutil.copyfile(shallow, target / "shallow")
    folders = _object_folders(source / "objects")
    loose: dict[bytes, str] = {}
    for folder in folders:
        with os.scandir(folder) as parts:
            for part in parts:
                if _FAN_OUT.fullmatch(part.name) and part.is_dir():
                    loose |= _loose_in(part)
    given = handed.hand_over(loose, target / "objects" / "pack", _link) if handed else set[bytes]()
    _link_loose({name: path for name, path in loose.items() if name not in given}, target / "objects")
    # Last, so that what git packs meanwhile is there as one or the other.
    for folder in folders:
        _link_packs(folder / "pack", str(target / "objects" / "pack"))


def _object_folders(first: Path) -> list[Path]:
    """Return ``first`` and the folders its alternates name (gitrepository-layout(5), objects/info/alternates)."""
    folders = [first]
    for folder in folders:
        try:
            lines = (folder / "info" / "alternates").read_text(encoding="utf-8").splitlines()
        except FileNotFoundError:
            continue
        named = [folder / line for line in lines if line and not line.startswith("#")]
        folders += [other for other in named if other not in folders and len(folders) < _MAX_ALTERNATES]
    return folders


def _link_packs(source: Path, target: str) -> None:
    if not source.is_dir():
        return
    with os.scandir(source) as files:
        for file in files:
            # A multi-pack index speaks of packs in one folder; ours may gather several.
            if not file.name.startswith(("tmp_", "multi-pack-index")) and file.is_file():
                _link(file.path, f"{target}/{file.name}")


def _loose_in(folder: "os.DirEntry[str]") -> dict[bytes, str]:
    """Return the names of the loose objects in one of the folders that they are spread over, to their files."""
    # As text: a repository has thousands of loose objects, and to make paths of them takes longer than to link them.
    with os.scandir(folder.path) as files:
        found = [file for file in files if _LOOSE.fullmatch(file.name) and file.is_file()]
        return {bytes.fromhex(folder.name + file.name): file.path for file in found}


def _link_loose(loose: Mapping[bytes, str], target: Path) -> None:
    for folder in {name[:1].hex() for name in loose}:
        (target / folder).mkdir()
    for name, path in loose.items():
        digits = name.hex()
        _link(path, f"{target}/{digits[:2]}/{digits[2:]}")


def _link(source: str, target: str) -> None:
    try:
        if os.geteuid() == 0 and not os.stat(source).st_mode & 0o004:  # noqa: PTH116
            # What only root may read: commands of agents are somebody else, and the mode of the user's file is not
            # ours to change, so they get one of their own.
            shutil.copyfile(source, target)
        else:
            os.link(source, target)
    except FileExistsError:
        return  # the same object, from an alternate
    except FileNotFoundError:
        return  # packed meanwhile; the checkout finds out if it is really gone
    except OSError:
        # Another file system, or one without links, or a file of another owner (fs.protected_hardlinks).
        shutil.copyfile(source, target)
