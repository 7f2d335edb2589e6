"""A deleted branch is out of sight and never lost."""

from pathlib import Path

import pytest

from onecontext import Memory
from onecontext.errors import BranchExists, CurrentBranch, InvalidName, PendingSteps, UnknownBranch
from onecontext.memory import deleting
from tests.support.memory import check, git, new_memory


@pytest.fixture
def memory(tmp_path: Path) -> Memory:
    memory = new_memory(tmp_path)
    memory.commit("on main")
    branch = memory.create_branch("b", purpose="try")
    branch.step("seen")
    branch.commit("on b")
    branch.flush()
    return memory


def worktrees(memory: Memory) -> list[str]:
    return [line for line in git(memory.path, "worktree", "list").splitlines() if line]


@pytest.mark.parametrize("packed", [False, True])
def test_it_is_out_of_sight_and_comes_back_as_it_was(memory: Memory, packed: bool) -> None:
    branch = memory.on("b")
    milestone, tip = branch.milestones()[0], git(memory.path, "rev-parse", "b").strip()
    if packed:
        git(memory.path, "gc", "-q", "--prune=now")

    gone = memory.delete_branch("b")
    git(memory.path, "gc", "-q", "--prune=now")

    assert (gone.name, gone.commit, gone.merged) == ("b", tip, False)
    assert git(memory.path, "rev-parse", gone.kept).strip() == tip
    assert [b.name for b in memory.branches()] == ["main"]
    assert git(memory.path, "branch", "--list", "b") == ""
    assert memory.show(milestone.id).contribution == "on b"
    assert memory.deleted_branches() == ["b"]
    assert len(worktrees(memory)) == 1
    assert not (memory.path / ".git/onecontext/worktrees/b").exists()
    check(memory.path)
    with pytest.raises(UnknownBranch):
        branch.step("too late")

    back = memory.restore_branch("b")

    assert git(memory.path, "rev-parse", "b").strip() == tip
    assert [step.observation for step in back.steps()] == ["seen"]
    back.step("again")
    back.commit("more")
    memory.switch("b")
    assert [m.contribution for m in back.milestones()] == ["more", "on b"]
    assert memory.deleted_branches() == []
    check(memory.path)


def test_plain_git_brings_it_back_too(memory: Memory) -> None:
    kept = memory.delete_branch("b").kept

    git(memory.path, "branch", "b", kept)

    assert [m.contribution for m in memory.on("b").milestones()] == ["on b"]


def test_a_merged_branch_stays_in_the_memory_that_has_it(memory: Memory) -> None:
    memory.merge("b")

    gone = memory.delete_branch("b")

    assert gone.merged
    assert "on b" in [m.contribution for m in memory.milestones()]
    with pytest.raises(BranchExists):
        memory.create_branch("b")


def test_pending_steps_are_not_left_behind(memory: Memory) -> None:
    memory.on("b").step("not committed")

    with pytest.raises(PendingSteps) as error:
        memory.delete_branch("b")

    assert "commit --branch b" in error.value.hint
    assert [step.observation for step in memory.on("b").steps()] == ["not committed", "seen"]
    assert memory.deleted_branches() == []
    memory.on("b").commit("now")
    assert memory.delete_branch("b").name == "b"


def test_the_current_branch_is_not_deleted(memory: Memory) -> None:
    with pytest.raises(CurrentBranch):
        memory.delete_branch("main")
    memory.switch("b")
    with pytest.raises(CurrentBranch):
        memory.delete_branch("b")

    memory.on("b").delete_branch("main")

    assert [b.name for b in memory.branches()] == ["b"]
    check(memory.path)


@pytest.mark.parametrize("name", ["", "HEAD", "-rf", "../x", "a/b", "x.lock", "con", "é"])
def test_a_bad_name_is_refused_everywhere(memory: Memory, name: str) -> None:
    with pytest.raises(InvalidName):
        memory.delete_branch(name)
    with pytest.raises(InvalidName):
        memory.restore_branch(name)


def test_what_is_not_there_is_not_deleted_and_not_restored(memory: Memory) -> None:
    for asked in (memory.delete_branch, memory.restore_branch):
        with pytest.raises(UnknownBranch):
            asked("none")
    with pytest.raises(BranchExists):
        memory.restore_branch("b")


def test_files_of_its_work_tree_that_no_commit_has_are_kept(memory: Memory) -> None:
    folder = memory.path / ".git/onecontext/worktrees/b"
    (folder / "main.md").write_text("# Mine\n")
    (folder / "notes.txt").write_text("a person's notes")
    (folder / "branches/b/log/0000/0000.md").write_text("overwritten")
    with (folder / "branches/b/log.md").open("a") as log:
        log.write("<!-- oc1 torn")

    gone = memory.delete_branch("b")

    assert git(memory.path, "show", f"{gone.kept}:main.md") == "# Mine\n"
    assert (folder / "notes.txt").read_text() == "a person's notes"
    kept = {path.read_text() for path in (memory.path / ".git/onecontext/quarantine").iterdir()}
    assert {"overwritten", "<!-- oc1 torn"} <= kept
    check(memory.path)


def test_a_name_can_be_used_again_and_each_tip_is_kept(memory: Memory) -> None:
    first = memory.delete_branch("b")
    memory.create_branch("b").commit("another b")
    second = memory.delete_branch("b")

    assert first.kept < second.kept
    assert [m.contribution for m in memory.restore_branch("b").milestones()] == ["another b"]
    assert git(memory.path, "rev-parse", first.kept).strip() == first.commit
    check(memory.path)


class _Killed(BaseException):
    pass


@pytest.mark.parametrize("part", ["put", "park", "delete", "empty", "rmtree"])
@pytest.mark.parametrize("after", [False, True])
def test_cut_off_anywhere_the_branch_is_there_or_kept(
    memory: Memory, monkeypatch: pytest.MonkeyPatch, part: str, after: bool
) -> None:
    owners = {"put": deleting.refs, "delete": deleting.refs, "rmtree": deleting.shutil}
    module = owners.get(part, deleting.worktrees)
    original = getattr(module, part)

    def cut(*args: object, **kwargs: object) -> None:
        if after:
            original(*args, **kwargs)
        raise _Killed

    monkeypatch.setattr(module, part, cut)
    with pytest.raises(_Killed):
        memory.delete_branch("b")
    monkeypatch.undo()

    check(memory.path)
    if "b" not in [branch.name for branch in memory.branches()]:
        assert memory.deleted_branches() == ["b"]
        memory.restore_branch("b")
    memory.on("b").step("later")
    memory.on("b").commit("later")
    assert [m.contribution for m in memory.on("b").milestones()] == ["later", "on b"]
    memory.delete_branch("b")
    assert len(worktrees(memory)) == 1
    check(memory.path)


def test_the_lock_of_a_deletion_killed_while_it_rewrote_packed_refs_is_cleared(memory: Memory) -> None:
    scratch = memory.layout.scratch("packed-refs")
    scratch.write_text("half")
    (memory.path / ".git/packed-refs.lock").hardlink_to(scratch)

    memory.delete_branch("b")

    assert not (memory.path / ".git/packed-refs.lock").exists()
    git(memory.path, "pack-refs", "--all")
    check(memory.path)
