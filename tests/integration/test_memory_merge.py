"""MERGE: united once, conflicts told as data."""

from pathlib import Path

import pytest
import yaml

from onecontext import Memory
from onecontext.errors import UnknownBranch, UsageError
from tests.support.memory import check, git, new_memory, shown


@pytest.fixture
def memory(tmp_path: Path) -> Memory:
    return new_memory(tmp_path)


def test_a_merge_has_two_parents_and_unites_the_histories(memory: Memory) -> None:
    memory.step("main 1")
    memory.commit("on main")
    branch = memory.create_branch("b", purpose="try decimals")
    branch.step("b 1")
    two = branch.commit("on b")
    memory.commit("meanwhile")

    merge = memory.merge("b", summary="it works")

    assert merge.milestone is not None
    assert not merge.already
    parents = git(memory.path, "log", "-1", "--format=%P", "main").split()
    assert parents[1] == two.commit
    assert merge.milestone.contribution == "Merged b: it works\n- on b"
    assert [m.contribution.split("\n")[0] for m in memory.milestones()] == [
        "Merged b: it works",
        "meanwhile",
        "on b",
        "on main",
    ]
    assert [(step.observation, step.branch) for step in memory.steps()] == [("b 1", "b"), ("main 1", "main")]
    assert "Merged b: it works" in memory.read_main()
    assert merge.conflicts == ()
    check(memory.path)


def test_merging_again_writes_nothing(memory: Memory) -> None:
    memory.create_branch("b").commit("x")
    memory.merge("b")
    before = git(memory.path, "rev-parse", "main")

    again = memory.merge("b")

    assert again.already
    assert again.milestone is None
    assert git(memory.path, "rev-parse", "main") == before
    assert git(memory.path, "status", "--porcelain") == ""


def test_pending_steps_of_both_sides_stay_where_they_are(memory: Memory) -> None:
    branch = memory.create_branch("b")
    branch.commit("x")
    branch.step("pending on b")
    memory.step("pending on main")

    merge = memory.merge("b")

    assert merge.pending == 1
    assert [step.observation for step in memory.steps()] == ["pending on main"]
    assert [step.observation for step in branch.steps()] == ["pending on b"]


def test_work_after_a_merge_can_be_merged_too(memory: Memory) -> None:
    branch = memory.create_branch("b")
    branch.commit("first")
    memory.merge("b")
    branch.step("later")
    branch.commit("second")

    memory.merge("b")

    assert [m.contribution for m in memory.milestones() if m.branch == "b"] == ["second", "first"]
    assert [step.observation for step in memory.steps()] == ["later"]
    check(memory.path)


def test_branches_merge_each_other_and_what_they_had_merged(memory: Memory) -> None:
    one, two = memory.create_branch("one"), memory.create_branch("two")
    one.commit("in one")
    two.commit("in two")
    one.merge("two")
    two.commit("more in two")

    memory.merge("one")
    two.merge("main")
    memory.merge("two")

    assert {m.contribution for m in memory.milestones()} >= {"in one", "in two", "more in two"}
    assert {m.contribution for m in two.milestones()} >= {"in one", "in two", "more in two"}
    check(memory.path)


def test_an_older_state_of_a_third_branch_never_replaces_a_newer_one(memory: Memory) -> None:
    third, other = memory.create_branch("third"), memory.create_branch("other")
    third.commit("early")
    other.merge("third")
    third.commit("late")
    memory.merge("third")

    memory.merge("other")

    assert [m.contribution for m in memory.milestones() if m.branch == "third"] == ["late", "early"]


@pytest.mark.parametrize("late_here", [True, False])
def test_of_two_states_of_a_third_branch_the_longer_one_stays(memory: Memory, late_here: bool) -> None:
    third, other = memory.create_branch("third"), memory.create_branch("other")
    third.commit("early")
    memory.commit("so that there are two common ancestors, and this one is newer")
    other.merge("main")
    (other if late_here else memory).merge("third")
    third.commit("late")
    (memory if late_here else other).merge("third")

    memory.merge("other")

    assert [m.contribution for m in memory.milestones() if m.branch == "third"] == ["late", "early"]
    check(memory.path)


def test_a_section_that_both_changed_is_a_conflict_kept_as_data(memory: Memory) -> None:
    memory.write_main("# Roadmap\n\n## Goal\n\nbase\n")
    branch = memory.create_branch("b")
    branch.write_main("# Roadmap\n\n## Goal\n\ntheirs\n")
    memory.write_main("# Roadmap\n\n## Goal\n\nours\n")

    merge = memory.merge("b")

    (conflict,) = merge.conflicts
    assert (conflict.path, conflict.where) == ("main.md", "## Goal")
    assert "ours" in memory.read_main()
    assert "theirs" not in memory.read_main()
    (path,) = (memory.path / "branches/main/conflicts").iterdir()
    document = yaml.safe_load(path.read_text())
    assert document["source"] == "b"
    assert document["source_commit"] == git(memory.path, "rev-parse", "b").strip()
    assert document["conflicts"][0]["theirs"] == "## Goal\n\ntheirs\n"
    assert "<<<<<<<" not in git(memory.path, "log", "--all", "-p")
    check(memory.path)


def test_metadata_edited_on_both_sides_are_merged_by_key(memory: Memory) -> None:
    path = memory.path / "branches/main/metadata.yaml"
    branch = memory.create_branch("b")
    place = memory.path / ".git/onecontext/worktrees/b"
    theirs = shown(place, "branches/main/metadata.yaml") / "branches/main/metadata.yaml"
    theirs.write_text(theirs.read_text().replace("status: active", "status: paused") + "theirs: 1\n")
    git(theirs.parent, "-c", "user.name=p", "-c", "user.email=p@x", "commit", "-qam", "edit")
    path.write_text(path.read_text().replace("status: active", "status: busy") + "ours: 1\n")
    branch.commit("x")

    merge = memory.merge("b")

    data = yaml.safe_load(path.read_text())
    assert (data["ours"], data["theirs"], data["status"]) == (1, 1, "busy")
    assert [(c.where, c.ours, c.theirs) for c in merge.conflicts] == [("status", "busy", "paused")]


def test_a_file_of_a_persons_own_comes_with_the_merge(memory: Memory) -> None:
    branch = memory.create_branch("b")
    place = memory.path / ".git/onecontext/worktrees/b"
    (place / "notes").mkdir()
    (place / "notes/mine.md").write_text("mine\n")
    git(place, "add", "notes")
    git(place, "-c", "user.name=p", "-c", "user.email=p@x", "commit", "-qm", "notes")
    branch.commit("x")

    memory.merge("b")

    assert (memory.path / "notes/mine.md").read_text() == "mine\n"
    check(memory.path)


def test_what_cannot_be_merged_is_said(memory: Memory) -> None:
    with pytest.raises(UsageError):
        memory.merge("main")
    with pytest.raises(UnknownBranch):
        memory.merge("none")
