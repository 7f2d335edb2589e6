"""What people change by hand is theirs: taken in under their name, kept, never written over in silence."""

from pathlib import Path

import pytest

from onecontext import Memory
from onecontext.errors import Damaged, InvalidDocument
from tests.support.memory import check, git, new_memory


@pytest.fixture
def memory(tmp_path: Path) -> Memory:
    return new_memory(tmp_path)


def test_a_roadmap_edited_by_hand_is_a_commit_by_that_person(memory: Memory) -> None:
    (memory.path / "main.md").write_text("# Mine\n")
    assert memory.read_main() == "# Mine\n"

    memory.commit("next")

    assert git(memory.path, "log", "-2", "--format=%an|%s").splitlines() == [
        "ann|next",
        "human|edited by hand: main.md",
    ]
    assert git(memory.path, "show", "main:main.md") == "# Mine\n"
    check(memory.path)


def test_write_main_keeps_the_persons_version_in_history(memory: Memory) -> None:
    (memory.path / "main.md").write_text("# Theirs\n")

    memory.write_main("# Ours\n")

    assert memory.read_main() == "# Ours\n"
    assert git(memory.path, "show", "main~1:main.md") == "# Theirs\n"


def test_keys_added_to_the_metadata_are_kept_and_shown(memory: Memory) -> None:
    path = memory.path / "branches/main/metadata.yaml"
    path.write_text(path.read_text().replace("pinned: []", "pinned: [never use floats]") + "team: blue\n")

    memory.commit("next", purpose="another purpose")

    assert "team: blue" in path.read_text()
    assert "Pinned facts\n- never use floats\n" in memory.context().text
    assert memory.milestones()[0].previous == "- pinned: never use floats"
    assert memory.context(metadata="team").pieces[0].text == "team: blue"


def test_metadata_that_are_no_yaml_stop_the_commit_and_change_nothing(memory: Memory) -> None:
    memory.step("kept")
    (memory.path / "branches/main/metadata.yaml").write_text("a: [")
    before = git(memory.path, "rev-parse", "main")

    with pytest.raises(InvalidDocument):
        memory.commit("next")

    assert git(memory.path, "rev-parse", "main") == before
    assert b"kept" in (memory.path / "branches/main/log.md").read_bytes()


def test_a_milestone_changed_by_hand_is_kept_and_shown_as_edited(memory: Memory) -> None:
    memory.commit("one")
    memory.flush()
    for name in ("commit.md", "commit/0000.md"):
        path = memory.path / "branches/main" / name
        path.write_text(path.read_text().replace("Contribution:** one", "Contribution:** one, improved"))

    memory.commit("two")

    two, one = memory.milestones()
    assert (one.contribution, one.edited, two.edited) == ("one, improved", True, False)
    assert "human|edited by hand: commit.md, commit/0000.md" in git(memory.path, "log", "--format=%an|%s")
    check(memory.path)


def test_a_pending_step_changed_by_hand_goes_into_history_as_it_is(memory: Memory) -> None:
    memory.step("one")
    memory.step("two")
    path = memory.path / "branches/main/log.md"
    path.write_text(path.read_text().replace("one", "one, improved"))

    memory.commit("next")

    assert [(step.observation, step.edited) for step in memory.steps()] == [("two", False), ("one, improved", True)]


def test_a_file_of_history_that_would_be_written_over_is_set_aside(memory: Memory) -> None:
    memory.commit("one")
    branch = memory.create_branch("b")
    branch.commit("two")
    memory.commit("three")
    memory.flush()
    path = memory.path / "branches/main/commit/0000.md"
    path.write_bytes(path.read_bytes() + b"a note\n")

    memory.switch("b")

    kept = [file.read_bytes() for file in (memory.path / ".git/onecontext/quarantine").iterdir()]
    assert any(content.endswith(b"a note\n") for content in kept)
    check(memory.path)


def test_a_torn_tail_is_set_aside_and_swallows_nothing(memory: Memory) -> None:
    memory.step("one")
    path = memory.path / "branches/main/log.md"
    whole = path.read_bytes()
    path.write_bytes(whole + whole[: len(whole) // 2])
    assert [step.observation for step in memory.steps()] == ["one"]

    memory.step("two")

    assert [(step.n, step.observation) for step in memory.steps()] == [(2, "two"), (1, "one")]
    (kept,) = (memory.path / ".git/onecontext/quarantine").iterdir()
    assert kept.read_bytes() == whole[: len(whole) // 2]


def test_a_log_that_ends_inside_a_line_does_not_hide_the_next_step(memory: Memory) -> None:
    (memory.path / "branches/main/log.md").write_bytes(b"<!-- o")

    memory.step("one")
    memory.commit("next")

    assert [step.observation for step in memory.steps()] == ["one"]


def test_a_step_behind_a_record_larger_than_the_first_look_is_numbered_on(memory: Memory) -> None:
    memory.step("small")
    memory.step("x\n" * 100_000)

    assert memory.step("after").n == 3
    assert len(memory.steps()) == 3


def test_files_taken_away_come_back_with_the_next_commit(memory: Memory) -> None:
    memory.commit("one")
    (memory.path / "branches/main/log.md").unlink()

    memory.step("goes on")
    memory.commit("two")

    assert [step.observation for step in memory.steps()] == ["goes on"]
    check(memory.path)


def test_a_symlink_in_the_way_leads_no_write_out_of_the_memory(memory: Memory, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (memory.path / "branches/main/log").symlink_to(outside)
    memory.step("x")

    recorded = memory.commit("next")

    assert git(memory.path, "rev-parse", "main").strip() == recorded.commit
    assert list(outside.iterdir()) == []
    with pytest.raises(Damaged):
        memory.commit("what stands in the way is told before anything is written")
    (memory.path / "branches/main/log").unlink()
    assert [step.observation for step in memory.steps()] == ["x"]
    assert memory.milestones() == [recorded]


def test_git_used_by_hand_inside_the_memory_is_respected(memory: Memory) -> None:
    memory.step("pending")
    who = ("-c", "user.name=p", "-c", "user.email=p@x")
    (memory.path / "README.md").write_text("hello\n")
    git(memory.path, "add", "README.md")
    git(memory.path, *who, "commit", "-qm", "a readme")
    git(memory.path, "switch", "-qc", "by-hand")

    by_hand = Memory.open(memory.path)
    by_hand.step("on the new branch")
    by_hand.commit("works")

    assert by_hand.branch == "by-hand"
    assert [step.observation for step in by_hand.steps()] == ["on the new branch"]
    assert [step.observation for step in memory.steps()] == ["pending"]
    assert git(memory.path, "show", "by-hand:README.md") == "hello\n"
    check(memory.path)


def test_a_step_that_is_pending_and_history_at_once_is_told_once(memory: Memory) -> None:
    memory.step("one")
    log = memory.path / "branches/main/log.md"
    pending = log.read_bytes()
    memory.commit("next")
    log.write_bytes(pending)

    assert [step.observation for step in memory.steps()] == ["one"]
