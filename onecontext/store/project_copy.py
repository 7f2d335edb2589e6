"""Make a working copy of a task: a repository of its own that shares nothing writable with the user's.

Rule 1: nothing is taken from the user's repository but objects: no config, hook, remote, ref or reflog.
Rule 2: the copy converts nothing. Its info/attributes, which rank above every .gitattributes, turn off line ending
        conversion, ident and filters, for us and for a git command that an agent runs there.
"""

import os
import shutil
import stat
from pathlib import Path

import pygit2
from pygit2.enums import CheckoutStrategy

BRANCH = "task"
_ATTRIBUTES = "* -text -eol -ident -filter -working-tree-encoding\n"
_MAX_ALTERNATES = 8


class Copy:
    """A copy that is being made."""

    def __init__(self, repository: pygit2.Repository) -> None:
        self._repository = repository

    def check_out(self, commit: pygit2.Oid) -> None:
        """Put ``commit`` on the copy's branch and into its folder."""
        # Opened again: objects that were linked since are then found without a rescan.
        repository = pygit2.Repository(self._repository.path)
        repository.references.create(f"refs/heads/{BRANCH}", commit)
        repository.checkout(f"refs/heads/{BRANCH}", strategy=CheckoutStrategy.FORCE)


def make_copy(path: Path) -> Copy:
    """Make an empty repository at ``path``, with folders as needed."""
    repository = pygit2.init_repository(str(path), initial_head=BRANCH)
    info = path / ".git" / "info"
    info.mkdir(exist_ok=True)
    (info / "attributes").write_text(_ATTRIBUTES, encoding="ascii")
    shutil.rmtree(path / ".git" / "hooks", ignore_errors=True)
    return Copy(repository)


def remove_copy(path: Path) -> None:
    """Remove the working copy ``path``, whatever an agent left in it. No symlink is followed.

    Raises:
        OSError: something in it belongs to somebody else, or the disk refuses; the rest is gone.
    """
    for _, subfolders, _, descriptor in os.fwalk(path, follow_symlinks=False):
        for name in subfolders:
            # A folder without permissions (mkdir; chmod 000) would neither be entered nor emptied.
            if not _is_link(name, descriptor):
                os.chmod(name, 0o700, dir_fd=descriptor)
    shutil.rmtree(path)


def _is_link(name: str, held: int) -> bool:
    return stat.S_ISLNK(os.stat(name, dir_fd=held, follow_symlinks=False).st_mode)


def copy_objects(source: Path, target: Path) -> None:
    """Bring all objects of the repository folder ``source``, and of its alternates, into ``target``.

    Args:
        source: a .git folder (of a linked worktree: the common one).
        target: the copy's .git folder.
    """
    shallow = source / "shallow"
    if shallow.is_file():
        shutil.copyfile(shallow, target / "shallow")
    for folder in _object_folders(source / "objects"):
        for part in folder.iterdir():
            if part.is_dir() and (part.name == "pack" or len(part.name) == 2):
                _link_all(part, target / "objects" / part.name)


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


def _link_all(source: Path, target: Path) -> None:
    target.mkdir(exist_ok=True)
    for file in source.iterdir():
        # A multi-pack index speaks of packs in one folder; ours may gather several.
        if file.name.startswith(("tmp_", "multi-pack-index")) or not file.is_file():
            continue
        _link(file, target / file.name)


def _link(source: Path, target: Path) -> None:
    try:
        os.link(source, target)
    except FileExistsError:
        return  # the same object, from an alternate
    except FileNotFoundError:
        return  # packed meanwhile; the checkout finds out if it is really gone
    except OSError:
        # Another file system, or one without links, or a file of another owner (fs.protected_hardlinks).
        shutil.copyfile(source, target)
