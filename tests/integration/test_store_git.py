"""Refs and indexes beside a git that is used by hand, and locks that dead writers left."""

import os
from pathlib import Path

import pytest

from onecontext import Memory
from onecontext.errors import Conflict, Damaged, LockTimeout
from onecontext.store import gitlock
from onecontext.store.objects import Objects
from tests.support.memory import check, git, new_memory


@pytest.fixture
def memory(tmp_path: Path) -> Memory:
    return new_memory(tmp_path)


def test_a_ref_moves_only_from_where_the_caller_saw_it(memory: Memory) -> None:
    first = git(memory.path, "rev-parse", "main").strip()
    second = memory.commit("one").commit
    memory.flush()
    assert second is not None

    with pytest.raises(Conflict):
        Objects(memory.layout).move("main", expect=first, to=first)
    with pytest.raises(Conflict):
        Objects(memory.layout).move("main", expect=None, to=first)

    assert git(memory.path, "rev-parse", "main").strip() == second
    assert not (memory.path / ".git/refs/heads/main.lock").exists()


@pytest.mark.parametrize(
    ("locked", "scratch"), [("refs/heads/main", "ref-main"), ("index", "index-main"), ("HEAD", "head")]
)
def test_a_git_lock_that_a_dead_writer_of_ours_left_is_taken_away(memory: Memory, locked: str, scratch: str) -> None:
    memory.create_branch("b")
    left = memory.layout.scratch(scratch)
    left.write_text("half")
    os.link(left, memory.path / ".git" / f"{locked}.lock")

    memory.commit("goes on")
    memory.switch("b")

    assert git(memory.path, "status", "--porcelain") == ""
    check(memory.path)


def test_a_lock_of_git_itself_is_respected(tmp_path: Path) -> None:
    target, scratch = tmp_path / "index", tmp_path / "scratch"
    target.write_text("old")
    scratch.write_text("new")
    (tmp_path / "index.lock").write_text("git's")

    with pytest.raises(LockTimeout):
        gitlock.install(target, scratch, still=lambda: True, wait_s=0.0)

    assert target.read_text() == "old"
    assert (tmp_path / "index.lock").read_text() == "git's"


def test_an_index_that_git_holds_delays_only_the_index(memory: Memory) -> None:
    (memory.path / ".git/index.lock").write_text("")

    milestone = memory.commit("one")

    assert git(memory.path, "rev-parse", "main").strip() == milestone.commit
    assert memory.milestones() == [milestone]
    (memory.path / ".git/index.lock").unlink()
    memory.commit("two")
    assert git(memory.path, "status", "--porcelain") == ""


def test_an_index_that_cannot_be_read_is_made_anew(memory: Memory) -> None:
    (memory.path / ".git/index").write_bytes(b"nonsense")

    memory.commit("one")

    assert git(memory.path, "status", "--porcelain") == ""


def test_what_git_fetched_into_a_branch_is_read_and_built_upon(memory: Memory, tmp_path: Path) -> None:
    memory.step("pending here")
    (tmp_path / "there").mkdir()
    git(memory.path, "clone", "-q", str(memory.path), str(tmp_path / "there/.onecontext"))
    with Memory.open(tmp_path / "there") as there:
        there.commit("made there")
    git(memory.path, "fetch", "-q", str(tmp_path / "there/.onecontext"), "main")
    git(memory.path, "update-ref", "refs/heads/main", "FETCH_HEAD")

    assert [milestone.contribution for milestone in memory.milestones()] == ["made there"]
    memory.commit("made here")

    assert memory.milestones(limit=1)[0].contribution == "made here"
    assert [step.observation for step in memory.steps()] == ["pending here"]
    check(memory.path)


def test_a_missing_object_is_told_as_damage_and_nothing_is_written(memory: Memory) -> None:
    tip = memory.commit("one").commit
    memory.flush()
    assert tip is not None
    for path in (memory.path / ".git/objects/pack").glob("pack-*"):
        path.unlink()

    with pytest.raises(Damaged):
        memory.commit("two", purpose="another")

    assert memory.layout.tip("main") == tip
