"""ROLLBACK: the same bytes again, nothing lost, and undone like anything else."""

import subprocess
from pathlib import Path

import pytest

from onecontext import Memory
from onecontext.errors import UnknownRevision, UsageError
from tests.support.memory import check, git, new_memory


@pytest.fixture
def memory(tmp_path: Path) -> Memory:
    memory = new_memory(tmp_path)
    memory.step("s1")
    memory.commit("one")
    memory.write_main("# Roadmap\n\nlater\n")
    memory.step("s2")
    memory.commit("two", purpose="another purpose")
    return memory


def tree(memory: Memory, revision: str) -> str:
    return git(memory.path, "rev-parse", f"{revision}^{{tree}}").strip()


def files(memory: Memory) -> dict[str, bytes]:
    paths = [path for path in memory.path.rglob("*") if path.is_file() and ".git" not in path.parts]
    return {str(path): path.read_bytes() for path in paths}


def told(memory: Memory) -> list[str]:
    return [milestone.contribution for milestone in memory.milestones()]


def test_the_tree_and_the_folder_are_those_of_the_chosen_commit(tmp_path: Path) -> None:
    memory = new_memory(tmp_path)
    memory.step("s1")
    one = memory.commit("one")
    memory.flush()
    before = files(memory)
    context = memory.context().text
    memory.write_main("# Other\n")
    for number in range(40):
        memory.step(f"s{number}")
        memory.commit(f"c{number}", purpose=f"p{number}")

    done = memory.rollback(one.id)

    assert not done.already
    assert (done.target, done.branch) == (one.commit, "main")
    assert tree(memory, "main") == tree(memory, str(one.commit)) == done.tree
    assert files(memory) == before
    assert memory.context().text == context
    assert git(memory.path, "status", "--porcelain") == ""
    assert git(memory.path, "log", "-1", "--format=%P %an", "main").split() == [done.before, "ann"]
    check(memory.path)


def test_log_and_show_tell_the_chosen_commit_and_nothing_is_lost(memory: Memory) -> None:
    two, _, one = memory.milestones()
    memory.rollback(one.id)

    assert told(memory) == ["one"]
    assert [step.observation for step in memory.steps()] == ["s1"]
    assert memory.show("main") == one
    assert memory.show(two.id) == two
    assert any(row.commit and row.commit.subject.startswith("rolled back to") for row in memory.graph())


def test_it_is_undone_by_a_rollback_to_the_tip_of_before(memory: Memory) -> None:
    before = files(memory)
    contributions = told(memory)
    done = memory.rollback(memory.milestones()[-1].id)

    undone = memory.rollback(done.before)

    assert files(memory) == before
    assert told(memory) == contributions
    assert undone.tree == tree(memory, done.before)
    assert memory.rollback(done.commit).tree == done.tree
    check(memory.path)


def test_pending_steps_stay_pending_and_go_into_the_next_milestone(memory: Memory) -> None:
    memory.step("not committed")

    done = memory.rollback(memory.milestones()[-1].id)

    assert done.pending == 1
    assert [step.observation for step in memory.steps()] == ["not committed", "s1"]
    memory.commit("three")
    assert "not committed" in git(memory.path, "show", "main:branches/main/log/0000/0001.md")
    memory.rollback(done.before)
    assert [step.observation for step in memory.steps()] == ["s2", "s1"]


def test_work_goes_on_after_it(memory: Memory) -> None:
    memory.rollback(memory.milestones()[-1].id)

    memory.step("another way")
    three = memory.commit("three")

    assert told(memory) == ["three", "one"]
    assert three.previous.count("one") == 1
    assert "two" not in three.previous
    assert [step.observation for step in memory.steps()] == ["another way", "s1"]
    assert memory.show("main") == three
    check(memory.path)


def test_going_where_one_is_writes_nothing(memory: Memory) -> None:
    one = memory.milestones()[-1].id
    first = memory.rollback(one)

    again = memory.rollback(one)

    assert again.already
    assert again.commit == first.commit == git(memory.path, "rev-parse", "main").strip()


def test_edits_by_hand_are_kept_as_the_persons_commit(memory: Memory) -> None:
    (memory.path / "main.md").write_text("# Mine\n")

    done = memory.rollback(memory.milestones()[-1].id)

    assert git(memory.path, "show", f"{done.before}:main.md") == "# Mine\n"
    assert git(memory.path, "log", "-1", "--format=%an", done.before).strip() == "human"
    assert "# Mine" not in memory.read_main()


@pytest.mark.parametrize("revision", ["nothing", "0123456789", "-rf", "../x", "", "main@never", "HEAD"])
def test_what_names_no_commit_is_refused(memory: Memory, revision: str) -> None:
    before = git(memory.path, "rev-parse", "main")

    with pytest.raises(UsageError):
        memory.rollback(revision)

    assert git(memory.path, "rev-parse", "main") == before


def test_only_commits_of_the_branch_since_it_began_are_taken(memory: Memory) -> None:
    other = memory.create_branch("b")
    there = other.commit("there")
    memory.merge("b")

    with pytest.raises(UsageError, match="no commit of 'main' itself"):
        memory.rollback(there.id)
    with pytest.raises(UsageError, match="before 'b' began"):
        other.rollback(memory.milestones()[-1].id)
    with pytest.raises(UnknownRevision):
        memory.rollback("b@2000-01-01")


def test_a_linked_work_tree_is_rolled_back_without_touching_the_current_branch(memory: Memory) -> None:
    other = memory.create_branch("b")
    first = other.commit("first")
    other.step("s")
    other.commit("second")
    current = files(memory)

    other.rollback(first.id)

    assert files(memory) == current
    assert [m.contribution for m in other.milestones()] == ["first"]
    memory.switch("b")
    assert tree(memory, "b") == tree(memory, str(first.commit))
    check(memory.path)


def test_it_works_after_git_packed_everything(memory: Memory) -> None:
    git(memory.path, "gc", "-q", "--prune=now")

    memory.rollback(memory.milestones()[-1].id)
    git(memory.path, "gc", "-q", "--prune=now")
    memory.rollback("main@2030-01-01")

    assert told(memory) == ["one"]
    check(memory.path)


# --- with merges ------------------------------------------------------------------------------------------------------


def test_a_merge_that_was_rolled_back_can_be_made_again(memory: Memory) -> None:
    start = git(memory.path, "rev-parse", "main").strip()
    branch = memory.create_branch("b")
    branch.step("in b")
    branch.commit("done in b")
    branch.write_main(branch.read_main() + "\n## From b\n\nfact\n")
    memory.merge("b")
    memory.rollback(start)
    assert "done in b" not in told(memory)
    assert "fact" not in memory.read_main()

    again = memory.merge("b")

    assert not again.already
    assert "done in b" in told(memory)
    assert "fact" in memory.read_main()
    assert memory.steps(limit=1)[0].observation == "in b"
    assert again.conflicts == ()
    assert memory.merge("b").already
    check(memory.path)


def test_merging_takes_a_rollback_of_the_source_over(memory: Memory) -> None:
    branch = memory.create_branch("b")
    good = branch.commit("good")
    branch.commit("bad")
    memory.merge("b")
    branch.rollback(good.id)

    memory.merge("b")

    assert [m.contribution for m in memory.milestones() if m.branch == "b"] == ["good"]
    check(memory.path)


def test_a_branch_made_from_what_was_rolled_back_brings_it_when_merged(memory: Memory) -> None:
    start = memory.milestones()[-1]
    memory.write_main("# Roadmap\n\n## Tried\n\nyes\n")
    branch = memory.create_branch("b")
    memory.rollback(start.id)
    branch.commit("in b")

    memory.merge("b")

    assert "## Tried" in memory.read_main()
    assert "in b" in told(memory)


def test_a_branch_made_after_a_rollback_merges_as_any_other(memory: Memory) -> None:
    memory.rollback(memory.milestones()[-1].id)
    branch = memory.create_branch("b")
    branch.commit("in b")
    memory.commit("meanwhile")

    merged = memory.merge("b")

    assert merged.conflicts == ()
    assert {"in b", "meanwhile", "one"} <= set(told(memory))
    assert "two" not in told(memory)
    assert memory.merge("b").already


def test_a_clone_tells_the_same(memory: Memory, tmp_path: Path) -> None:
    memory.rollback(memory.milestones()[-1].id)
    subprocess.run(["git", "clone", "-q", str(memory.path), str(tmp_path / "copy/.onecontext")], check=True)

    copy = Memory.open(tmp_path / "copy")

    assert told(copy) == ["one"]
    assert copy.rollback(git(memory.path, "rev-parse", "main^").strip()).already is False
    assert told(copy)[0] == "two"
