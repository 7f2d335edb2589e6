"""What does not grow: a process that has made hundreds of working copies holds as much as one that has made some."""

import ctypes
import gc
import shutil
from pathlib import Path

import pygit2
import pytest

from onecontext.store.opened import Repository
from onecontext.store.project import Project
from onecontext.store.project_files import files_of, read_stored
from tests.support.memory import new_memory
from tests.support.missions import git, make_repository

COPIES, KEPT_BYTES = 60, 2_000


class _Allocated(ctypes.Structure):
    """``struct mallinfo2`` of glibc (mallinfo(3))."""

    _fields_ = [
        (name, ctypes.c_size_t)
        for name in ("arena", "ordblks", "smblks", "hblks", "hblkhd", "usmblks", "fsmblks", "used", "free", "keepcost")
    ]


def _used_bytes() -> int:
    gc.collect()
    told = ctypes.CDLL(None).mallinfo2
    told.restype = _Allocated
    return int(told().used)


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "mallinfo2"), reason="only glibc tells what is allocated")
def test_a_working_copy_leaves_nothing_behind_in_memory(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "repository", {"README.md": "x\n"})
    project, tip = Project.find(repository), git(repository, "rev-parse", "HEAD")

    def make(copies: int) -> None:
        for _ in range(copies):
            project.clone_to(tmp_path / "copy", tip)
            shutil.rmtree(tmp_path / "copy")

    make(20)
    before = _used_bytes()

    make(COPIES)

    # It was 12,000 bytes a copy, in the C library, where a repository was left open.
    assert (_used_bytes() - before) / COPIES < KEPT_BYTES


def _repositories() -> int:
    return sum(isinstance(one, pygit2.Repository) for one in gc.get_objects())


def test_no_repository_waits_for_the_garbage_collector(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "repository", {"README.md": "x\n"})
    memory = new_memory(tmp_path / "memory")
    gc.collect()
    gc.disable()
    try:
        before = _repositories()
        project = Project.find(repository)
        start = project.head_commit
        project.clone_to(tmp_path / "copy", start)
        (tmp_path / "copy/new").write_text("x\n")
        made = project.snapshot(tmp_path / "copy", "did it", author="a", parent=start, ref="refs/onecontext/m/1/1")
        assert made is not None
        assert project.merge("work", made, "merge", author="lead").commit == project.tip("work")
        assert [read_stored(project, file) for file in files_of(project, made).values()] == [b"x\n", b"x\n"]
        memory.create_branch("b", purpose="try").commit("did")
        memory.merge("b")
        assert memory.search("did")
        assert "did" in str(memory.context(for_="what was done"))

        assert _repositories() == before
    finally:
        gc.enable()


def test_branches_and_references_are_those_of_pygit2(tmp_path: Path) -> None:
    path = make_repository(tmp_path / "repository", {"README.md": "x\n"})
    ours, theirs = Repository(str(path)), pygit2.Repository(str(path))

    assert list(ours.branches.local) == list(theirs.branches.local) == ["main"]
    assert list(ours.references) == list(theirs.references)
    assert ours.listall_references() == theirs.listall_references()
    with pytest.raises(AttributeError, match="remotes"):
        _ = ours.remotes


def test_a_working_copy_is_a_repository_that_git_knows(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "repository", {"README.md": "x\n"})
    git(repository, "config", "user.email", "somebody@example.org")

    for name in ("one", "two"):
        Project.find(repository).clone_to(tmp_path / name, git(repository, "rev-parse", "HEAD"))

        assert git(tmp_path / name, "status", "--porcelain") == ""
        assert git(tmp_path / name, "symbolic-ref", "HEAD") == "refs/heads/task"
        git(tmp_path / name, "fsck", "--strict")
        config = git(tmp_path / name, "config", "--local", "--list")
        assert set(config.splitlines()) >= {"core.repositoryformatversion=0", "core.bare=false"}
        assert "user.email" not in config
        assert not (tmp_path / name / ".git/hooks").exists()
    assert (tmp_path / "one/.git/config").read_bytes() == (tmp_path / "two/.git/config").read_bytes()
