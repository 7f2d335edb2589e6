"""Making the memory's own git repository, so that no configuration of the user's can matter in it.

Rule 1: everything that git or pygit2 could take from a global configuration and act on is set here, in the repository.
Rule 2: making it twice, at once or after a kill in the middle, ends in the same repository.
"""

import shutil
from pathlib import Path

import pygit2

from onecontext.store import gitlock
from onecontext.store.durable import make_folder, sync_file, sync_tree
from onecontext.store.files import read_bytes, replace_bytes, replace_text, sync_folder
from onecontext.store.layout import Layout
from onecontext.store.locks import held
from onecontext.store.translating import translated
from onecontext.store.ways import check_kinds

# Team folders and working copies lie in the memory's folder without being memory; the rest is ours in flight.
_EXCLUDE = ("teams/", "tasks/", "work/", ".*.tmp")
_CONFIG = {
    "core.autocrlf": "false",
    "core.eol": "lf",
    "core.safecrlf": "false",
    "core.fileMode": "false",
    "core.fsmonitor": "false",
    "core.hooksPath": "/dev/null",
    # A reflog line torn by a kill would outlive it, and a memory never moves a ref backwards.
    "core.logAllRefUpdates": "false",
    "commit.gpgSign": "false",
    "tag.gpgSign": "false",
    "merge.ff": "false",
}
_BASE_CONFIG = b"[core]\n\trepositoryformatversion = 0\n\tbare = false\n"
# The highest of git's attribute files: bytes come out as they went in, whatever a .gitattributes says.
_ATTRIBUTES = "* -text -ident -filter -working-tree-encoding\n"


def create(layout: Layout) -> None:
    """Make the repository, or finish one that was half made. The caller holds the lock on ``layout.path``."""
    making = layout.path / ".making.tmp"
    check_kinds([str(making)], ())
    layout.check()
    shutil.rmtree(making, ignore_errors=True)
    if not (layout.git / "HEAD").exists():
        # Made aside and renamed: a kill in the middle must not leave half a repository under the name that counts.
        with translated():
            pygit2.init_repository(str(making), initial_head="main")
        # Durable before it has its name: HEAD must not be there and empty after a power cut.
        sync_tree(making)
        (making / ".git").rename(layout.git)
        # What libgit2 tried the file system with may be left in it, where removing that failed.
        shutil.rmtree(making, ignore_errors=True)
    sync_folder(layout.path)
    settle(layout)
    make_folder(layout.ahead_folder())


def settle(layout: Layout) -> None:
    """Write our settings where they are missing: after making it, and in one that was cloned."""
    marker = layout.private / "settled"
    if marker.exists():
        return
    # Writers of several branches of a fresh clone may come here at once.
    with held(layout.private / "locks" / "settle.lock"):
        _settle(layout)
        replace_text(marker, "1\n")


def config_fault(layout: Layout) -> str:
    """Say what is wrong with git's configuration of the memory, which is known to be a regular file; empty: nothing."""
    path = layout.git / "config"
    if not path.exists():
        return "git's configuration is missing"
    try:
        found = {entry.name: entry.value for entry in pygit2.Config(str(path))}
    except (pygit2.GitError, ValueError) as error:
        return f"git's configuration cannot be read: {error}"
    if found.get("core.repositoryformatversion") != "0" or found.get("core.bare") == "true":
        return "git's configuration is not that of a memory"
    missing = [key for key in _CONFIG if key.lower() not in found]
    settled = (layout.private / "settled").exists()
    return f"git's configuration lacks {', '.join(missing)}" if missing and settled else ""


def remake_config(layout: Layout) -> None:
    """Write git's configuration anew; what was there has been set aside."""
    with held(layout.private / "locks" / "settle.lock"):
        replace_bytes(layout.git / "config", _BASE_CONFIG, durable=True)
        _settle(layout)
        replace_text(layout.private / "settled", "1\n")


def _settle(layout: Layout) -> None:
    # Changed aside and put in place: pygit2's own lock on the file would outlive a kill.
    path, scratch = layout.git / "config", layout.scratch("config")
    scratch.parent.mkdir(parents=True, exist_ok=True)
    gitlock.clear_dead_lock(path, scratch)
    scratch.with_name(scratch.name + ".lock").unlink(missing_ok=True)
    replace_bytes(scratch, read_bytes(path))
    with translated():
        config = pygit2.Config(str(scratch))
        for key, value in _CONFIG.items():
            config[key] = value
    sync_file(scratch)
    gitlock.install(path, scratch, still=lambda: True)
    info = layout.git / "info"
    make_folder(info)
    replace_text(info / "attributes", _ATTRIBUTES, durable=True)
    _add_lines(info / "exclude", _EXCLUDE)
    sync_folder(layout.git)


def _add_lines(path: Path, wanted: tuple[str, ...]) -> None:
    lines = read_bytes(path).decode("utf-8", "surrogateescape").splitlines() if path.exists() else []
    missing = [line for line in wanted if line not in lines]
    text = "".join(f"{line}\n" for line in [*lines, *missing])
    replace_text(path, text, durable=True) if missing else None
