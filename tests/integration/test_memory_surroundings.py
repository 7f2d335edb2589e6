"""The user's repository around a memory: never touched, but for the line in ``info/exclude`` that ``init`` tells of."""

import hashlib
import inspect
import os
import shutil
import stat
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from onecontext import Memory
from onecontext.cli.commands import COMMANDS as WORDS
from onecontext.errors import Damaged
from tests.support.everything import COMMANDS, METHODS, furnished

LINE = b".onecontext/\n"
HOOKS = ("pre-commit", "post-commit", "post-checkout", "post-index-change", "reference-transaction", "pre-auto-gc")
Fingerprint = dict[str, tuple[object, ...]]


@dataclass
class Place:
    """Where a user works: ``memory`` is where the memory is to be, ``tops`` all folders that are the user's."""

    cwd: Path
    memory: Path
    tops: list[Path]
    excluded: Path | None
    env: dict[str, str] = field(default_factory=dict)


def git(folder: Path, *args: str, check: bool = True) -> str:
    env = {**os.environ, "GIT_CONFIG_GLOBAL": "/dev/null"}
    who = ["-c", "user.name=pat", "-c", "user.email=pat@localhost", "-c", "protocol.file.allow=always"]
    done = subprocess.run(["git", "-C", str(folder), *who, *args], capture_output=True, text=True, check=False, env=env)
    assert not check or done.returncode == 0, done.stderr
    return done.stdout


def repository(folder: Path, *options: str) -> Path:
    """Make a repository with history and something of everything that is not committed."""
    folder.mkdir(parents=True)
    git(folder, "init", "-q", "-b", "main", *options)
    (folder / "kept.py").write_text("one\n")
    (folder / "sub/deep").mkdir(parents=True)
    (folder / "sub/deep/x").write_text("x\n")
    git(folder, "add", ".")
    git(folder, "commit", "-q", "-m", "first")
    unsettled(folder)
    return folder


def unsettled(folder: Path) -> None:
    (folder / "staged.py").write_text("staged\n")
    git(folder, "add", "staged.py")
    (folder / "staged.py").write_text("and changed since\n")
    (folder / "kept.py").write_text("changed\n")
    (folder / "untracked.py").write_text("new\n")


def plain(tmp: Path) -> Place:
    top = repository(tmp / "repo")
    return Place(top, top / ".onecontext", [top], top / ".git/info/exclude")


def sub_folder(tmp: Path) -> Place:
    top = repository(tmp / "repo")
    return Place(top / "sub/deep", top / ".onecontext", [top], top / ".git/info/exclude")


def inside_the_git_folder(tmp: Path) -> Place:
    top = repository(tmp / "repo")
    return Place(top / ".git/refs", top / ".onecontext", [top], top / ".git/info/exclude")


def in_the_middle_of_a_merge(tmp: Path) -> Place:
    top = repository(tmp / "repo")
    git(top, "stash", "-q")
    git(top, "switch", "-q", "-c", "other")
    (top / "kept.py").write_text("theirs\n")
    git(top, "commit", "-q", "-a", "-m", "theirs")
    git(top, "switch", "-q", "main")
    (top / "kept.py").write_text("ours\n")
    git(top, "commit", "-q", "-a", "-m", "ours")
    git(top, "merge", "-q", "other", check=False)
    assert (top / ".git/MERGE_HEAD").exists()
    return Place(top, top / ".onecontext", [top], top / ".git/info/exclude")


def without_a_commit(tmp: Path) -> Place:
    top = tmp / "repo"
    top.mkdir()
    git(top, "init", "-q")
    unsettled(top)
    return Place(top, top / ".onecontext", [top], top / ".git/info/exclude")


def with_sha256_objects(tmp: Path) -> Place:
    top = repository(tmp / "repo", "--object-format=sha256")
    return Place(top, top / ".onecontext", [top], top / ".git/info/exclude")


def linked_worktree(tmp: Path) -> Place:
    top = repository(tmp / "repo")
    git(top, "worktree", "add", "-q", str(tmp / "tree"))
    unsettled(tmp / "tree")
    return Place(tmp / "tree", top / ".onecontext", [top, tmp / "tree"], top / ".git/info/exclude")


def submodule(tmp: Path) -> Place:
    inner, top = repository(tmp / "inner"), repository(tmp / "repo")
    git(top, "submodule", "--quiet", "add", str(inner), "part")
    part = top / "part"
    unsettled(part)
    return Place(part, part / ".onecontext", [top], top / ".git/modules/part/info/exclude")


def git_folder_elsewhere(tmp: Path) -> Place:
    top = repository(tmp / "repo", f"--separate-git-dir={tmp / 'elsewhere'}")
    return Place(top, top / ".onecontext", [top, tmp / "elsewhere"], tmp / "elsewhere/info/exclude")


def bare(tmp: Path) -> Place:
    git(tmp, "clone", "-q", "--bare", str(repository(tmp / "repo")), "repo.git")
    return Place(tmp / "repo.git", tmp / "repo.git/.onecontext", [tmp / "repo.git"], None)


def worktree_of_a_bare(tmp: Path) -> Place:
    there = bare(tmp).cwd
    git(there, "worktree", "add", "-q", str(tmp / "tree"))
    unsettled(tmp / "tree")
    return Place(tmp / "tree", there / ".onecontext", [there, tmp / "tree"], None)


def worktree_of_a_bare_with_a_folder_around(tmp: Path) -> Place:
    around = tmp / "around"
    around.mkdir()
    git(tmp, "clone", "-q", "--bare", str(repository(tmp / "repo")), str(around / ".bare"))
    (around / ".git").write_text("gitdir: ./.bare\n")
    git(around, "worktree", "add", "-q", "tree")
    return Place(around / "tree", around / ".onecontext", [around], around / ".bare/info/exclude")


def git_variables_of_another(tmp: Path) -> Place:
    """As in a hook of another repository: git's own variables name that one."""
    other, place = repository(tmp / "other"), plain(tmp)
    env = {
        "GIT_DIR": str(other / ".git"),
        "GIT_WORK_TREE": str(other),
        "GIT_INDEX_FILE": str(other / ".git/index"),
        "GIT_OBJECT_DIRECTORY": str(other / ".git/objects"),
        "GIT_COMMON_DIR": str(other / ".git"),
        "GIT_CEILING_DIRECTORIES": str(tmp),
        "GIT_NAMESPACE": "theirs",
        "GIT_AUTHOR_NAME": "somebody else",
    }
    return Place(place.cwd, place.memory, [*place.tops, other], place.excluded, env)


PLACES: list[Callable[[Path], Place]] = [
    plain,
    sub_folder,
    inside_the_git_folder,
    in_the_middle_of_a_merge,
    without_a_commit,
    with_sha256_objects,
    linked_worktree,
    submodule,
    git_folder_elsewhere,
    bare,
    worktree_of_a_bare,
    worktree_of_a_bare_with_a_folder_around,
    git_variables_of_another,
]


def mine_the_ground(place: Place, tmp: Path) -> Path:
    """Configure everything that git could be made to run, to leave a trace; return where the trace would be."""
    trace, program = tmp / "trace", tmp / "program"
    program.write_text(f"#!/bin/sh\necho \"$0 $*\" >> '{trace}'\nexit 1\n")
    program.chmod(0o755)
    settings = {
        "core.fsmonitor": str(program),
        "core.hooksPath": str(tmp / "hooks"),
        "core.pager": str(program),
        "core.editor": str(program),
        "core.sshCommand": str(program),
        "core.autocrlf": "true",
        "filter.trap.clean": str(program),
        "filter.trap.smudge": str(program),
        "filter.trap.process": str(program),
        "filter.trap.required": "true",
        "diff.external": str(program),
        "commit.gpgsign": "true",
        "tag.gpgsign": "true",
        "gpg.program": str(program),
        "user.useConfigOnly": "true",
        "core.attributesFile": str(tmp / "attributes"),
        "core.excludesFile": str(tmp / "excludes"),
        "init.templateDir": str(tmp / "template"),
        "init.defaultBranch": "trunk",
        "credential.helper": str(program),
    }
    (tmp / "attributes").write_text("* filter=trap text=auto eol=crlf ident\n")
    (tmp / "excludes").write_text("*.md\n*.yaml\n")
    git_folders = {Path(git(top, "rev-parse", "--absolute-git-dir").strip()) for top in [place.cwd, *place.tops]}
    for folder in [tmp / "hooks", tmp / "template/hooks", *(folder / "hooks" for folder in git_folders)]:
        folder.mkdir(parents=True, exist_ok=True)
        for hook in HOOKS:
            shutil.copy(program, folder / hook)
    for key, value in settings.items():
        subprocess.run(["git", "config", "--file", str(tmp / "global"), key, value], check=True)
        for top in place.tops:
            git(top, "config", key, value)
    place.env |= {"GIT_CONFIG_GLOBAL": str(tmp / "global"), "HOME": str(tmp), "XDG_CONFIG_HOME": str(tmp / "xdg")}
    shutil.copy(tmp / "global", tmp / ".gitconfig")
    trace.unlink(missing_ok=True)
    return trace


def fingerprint(place: Place) -> Fingerprint:
    """Return all that can be seen of the user's files: bytes, modes, times, inodes and links."""
    found: Fingerprint = {}
    for top in place.tops:
        for folder, folders, files in os.walk(top):
            folders[:] = [name for name in folders if name != ".onecontext"]
            for name in [*folders, *files]:
                path = Path(folder, name)
                status = path.lstat()
                seen: tuple[object, ...] = (status.st_mode, status.st_uid, status.st_gid)
                if stat.S_ISREG(status.st_mode):
                    content = hashlib.sha256(path.read_bytes()).hexdigest()
                    seen += (status.st_ino, status.st_nlink, status.st_mtime_ns, content)
                found[str(path)] = seen
    return found


def in_a_process_of_its_own(place: Place, root: Path, *argv: str) -> None:
    env = {**os.environ, **place.env, "PYTHONPATH": str(root)}
    done = subprocess.run(
        [sys.executable, *argv], cwd=place.cwd, env=env, capture_output=True, text=True, timeout=100, check=False
    )
    assert done.returncode == 0, f"{argv}: {done.stdout}{done.stderr}"


@pytest.mark.parametrize("make", PLACES)
def test_whatever_is_done_the_users_repository_is_as_it_was(
    make: Callable[[Path], Place], tmp_path: Path, root: Path
) -> None:
    place = make(tmp_path)
    trace = mine_the_ground(place, tmp_path)
    text = place.excluded.read_bytes() if place.excluded else b""
    before = fingerprint(place)

    do = "from pathlib import Path; from tests.support.everything import run_all; run_all(Path.cwd())"
    in_a_process_of_its_own(place, root, "-c", do)

    after = fingerprint(place)
    if place.excluded:
        assert place.excluded.read_bytes() == text + LINE
        assert before.pop(str(place.excluded))[:5] == after.pop(str(place.excluded))[:5]
    assert after == before
    assert not trace.exists(), trace.read_text()
    assert (place.memory / "main.md").exists()
    authors = git(place.memory, "log", "--all", "--format=%an %cn").split("\n")
    assert {name for line in authors for name in line.split()} == {"ann", "agent"}
    git(place.memory, "fsck", "--strict", "--no-dangling")
    git(place.memory, "-c", "core.fsmonitor=false", "status")


def test_each_command_by_itself_leaves_the_repository_as_it_was(tmp_path: Path, root: Path) -> None:
    place = git_variables_of_another(tmp_path)
    trace = mine_the_ground(place, tmp_path)
    in_a_process_of_its_own(place, root, "-m", "onecontext", "init")
    assert not trace.exists()
    before = fingerprint(place)

    for command in COMMANDS:
        if "CONFLICT" not in command and command != ("doctor",):
            in_a_process_of_its_own(place, root, "-m", "onecontext", *command)
            assert (command, fingerprint(place)) == (command, before)

    assert not trace.exists(), trace.read_text()


def test_the_mines_would_go_off(tmp_path: Path) -> None:
    place = plain(tmp_path)
    trace = mine_the_ground(place, tmp_path)
    before = fingerprint(place)

    subprocess.run(["git", "-C", str(place.cwd), "status"], capture_output=True, check=False)
    git(place.cwd, "hook", "run", "pre-commit", check=False)
    git(place.cwd, "config", "some.key", "some value")

    assert str(tmp_path / "program") in trace.read_text()
    assert str(tmp_path / "hooks/pre-commit") in trace.read_text()
    assert fingerprint(place) != before


def test_everything_is_everything() -> None:
    names = {name for name, value in inspect.getmembers(Memory, callable) if not name.startswith("_")}
    words = {word for word, command in WORDS.items() if command.group == "Memory"}

    assert set(METHODS) == names
    assert words <= {command[0] for command in COMMANDS}


def test_the_line_is_added_to_what_stands_there(tmp_path: Path) -> None:
    place = plain(tmp_path)
    assert place.excluded
    place.excluded.write_bytes(b"*.log")
    place.excluded.chmod(0o664)
    before = place.excluded.stat()

    Memory.init(place.cwd)
    Memory.init(place.cwd)

    assert place.excluded.read_bytes() == b"*.log\n.onecontext/\n"
    assert stat.S_IMODE(place.excluded.stat().st_mode) == 0o664
    assert place.excluded.stat().st_ino == before.st_ino


def test_a_missing_info_folder_is_made(tmp_path: Path) -> None:
    place = plain(tmp_path)
    shutil.rmtree(place.cwd / ".git/info")

    Memory.init(place.cwd)

    assert git(place.cwd, "status", "--porcelain", "--untracked-files=all").count(".onecontext") == 0


def test_an_exclude_file_elsewhere_is_read_and_never_written(tmp_path: Path) -> None:
    place = plain(tmp_path)
    assert place.excluded
    (tmp_path / "dotfile").write_bytes(b"*.log\n")
    place.excluded.unlink()
    place.excluded.symlink_to(tmp_path / "dotfile")

    with pytest.raises(Damaged, match="symlink") as raised:
        Memory.init(place.cwd)
    assert ".onecontext/" in raised.value.hint
    assert not place.memory.exists()
    assert (tmp_path / "dotfile").read_bytes() == b"*.log\n"

    (tmp_path / "dotfile").write_bytes(b"*.log\n.onecontext/\n")
    assert Memory.init(place.cwd).path == place.memory


@pytest.mark.parametrize("make", [bare, worktree_of_a_bare, linked_worktree, worktree_of_a_bare_with_a_folder_around])
def test_all_work_trees_have_one_memory_which_outlives_them(make: Callable[[Path], Place], tmp_path: Path) -> None:
    place = make(tmp_path)
    memory = furnished(place.cwd)
    shared = place.tops[0]
    git(shared, "worktree", "add", "-q", str(tmp_path / "second"), "-b", "second")

    assert Memory.open(tmp_path / "second").path == memory.path == place.memory
    assert Memory.init(tmp_path / "second").path == memory.path
    assert git(tmp_path / "second", "status", "--porcelain") == ""
    git(shared, "worktree", "remove", str(tmp_path / "second"))
    git(shared, "gc", "-q", "--prune=now")

    assert Memory.open(place.cwd).show("v1").contribution == "first"
