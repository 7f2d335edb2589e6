"""Init, step, commit and branch, with git as the referee."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from onecontext import Memory
from onecontext.errors import (
    BranchExists,
    InvalidName,
    InvalidText,
    NewerFormat,
    NoMemory,
    UnknownBranch,
    UsageError,
)
from tests.support.memory import Ticking, check, git, new_memory


@pytest.fixture
def memory(tmp_path: Path) -> Memory:
    return new_memory(tmp_path)


def test_a_new_memory_has_the_layout_and_git_accepts_it(memory: Memory) -> None:
    files = git(memory.path, "ls-files").split()

    assert files == [
        "branches/main/commit.md",
        "branches/main/log.md",
        "branches/main/metadata.yaml",
        "format",
        "main.md",
    ]
    assert (memory.path / "format").read_text() == "1\n"
    assert "a till" in memory.read_main()
    assert git(memory.path, "status", "--porcelain") == ""
    check(memory.path)


def test_init_again_opens_what_is_there(memory: Memory, tmp_path: Path) -> None:
    memory.step("kept")
    before = git(memory.path, "rev-parse", "main")

    again = Memory.init(tmp_path, purpose="another")

    assert git(memory.path, "rev-parse", "main") == before
    assert [step.observation for step in again.steps()] == ["kept"]


def test_init_finishes_a_memory_that_was_half_made(tmp_path: Path) -> None:
    memory = new_memory(tmp_path)
    (memory.path / ".git/refs/heads/main").unlink()
    (memory.path / ".git/onecontext-shown").unlink()
    with pytest.raises(NoMemory, match="never finished") as refused:
        Memory.open(tmp_path)

    again = Memory.init(tmp_path)

    assert refused.value.hint == "'onecontext init' finishes it"
    again.commit("works")
    check(again.path)


def test_steps_are_there_when_step_returns_and_are_numbered_through_commits(memory: Memory) -> None:
    first = memory.step("o1", "t1", "a1")
    memory.step("o2")
    memory.commit("done")
    third = memory.step(action="a3")

    assert [step.n for step in memory.steps()] == [3, 2, 1]
    assert memory.steps()[-1] == first
    assert memory.steps(limit=1) == [third]
    assert git(memory.path, "status", "--porcelain").strip() == "M branches/main/log.md"


def test_a_commit_makes_history_of_the_pending_steps(memory: Memory) -> None:
    memory.step("o1")
    log = (memory.path / "branches/main/log.md").read_bytes()

    milestone = memory.commit("what was done", code_commit="abcdef1", task="fix-cart", mission="m-1")
    memory.flush()

    assert (memory.path / "branches/main/log.md").read_bytes() == b""
    assert (memory.path / "branches/main/log/0000/0000.md").read_bytes() == log
    assert memory.milestones() == [milestone] == [memory.show(milestone.id)]
    assert git(memory.path, "rev-parse", "main").strip() == milestone.commit
    assert git(memory.path, "log", "-1", "--format=%an <%ae>|%s").strip() == "ann <ann@onecontext>|what was done"
    assert git(memory.path, "log", "-1", "--format=%(trailers:unfold)").strip().splitlines() == [
        f"Onecontext-Record: {milestone.id}",
        "Onecontext-Branch: main",
        "Code-Commit: abcdef1",
        "Task: fix-cart",
        "Mission: m-1",
    ]
    check(memory.path)


def test_a_commit_without_steps_is_a_milestone_and_without_contribution_an_error(memory: Memory) -> None:
    memory.commit("decided")
    before = git(memory.path, "rev-parse", "main")

    for empty in ("", " \n\t", "\u2028"):
        with pytest.raises(UsageError):
            memory.commit(empty)
    with pytest.raises(UsageError):
        memory.step("", " ", "")

    assert [milestone.contribution for milestone in memory.milestones()] == ["decided"]
    assert git(memory.path, "rev-parse", "main") == before


def test_the_summary_rolls_and_a_purpose_can_be_changed(memory: Memory) -> None:
    one = memory.commit("one")
    two = memory.commit("two", purpose="a shop")
    three = memory.commit("three")

    assert (one.purpose, one.previous) == ("a till", "")
    assert two.previous == f"- {one.id}: one"
    assert three.previous == f"- {two.id}: two\n- {one.id}: one"
    assert three.purpose == "a shop"


def test_history_lies_in_bounded_files_that_are_never_rewritten(memory: Memory) -> None:
    for number in range(40):
        memory.step(f"step {number}")
        memory.commit(f"milestone {number}")
    memory.flush()

    folder = memory.path / "branches/main"

    assert [path.name for path in sorted((folder / "commit").iterdir())] == ["0000.md", "0001.md"]
    assert len(list((folder / "log/0000").iterdir())) == 40
    assert (folder / "commit.md").stat().st_size <= 16 * 1024
    assert [m.contribution for m in memory.milestones()] == [f"milestone {number}" for number in reversed(range(40))]
    assert [step.n for step in memory.steps()] == list(reversed(range(1, 41)))
    assert len(memory.milestones(limit=3)) == 3
    check(memory.path)


def test_a_commit_touches_the_same_few_files_whatever_came_before(memory: Memory) -> None:
    for number in range(3):
        memory.step("x")
        memory.commit(f"{number}")

    touched = git(memory.path, "show", "--format=", "--name-only", "main").split()

    assert touched == ["branches/main/commit.md", "branches/main/commit/0000.md", "branches/main/log/0000/0002.md"]


def test_the_log_fans_out_after_a_hundred_milestones(memory: Memory) -> None:
    folder = memory.path / "branches/main/log/0000"
    memory.step("x")
    memory.commit("first")
    memory.flush()
    for number in range(1, 100):
        shutil.copy(folder / "0000.md", folder / f"{number:04d}.md")
    git(memory.path, "add", "branches")
    git(memory.path, "-c", "user.name=p", "-c", "user.email=p@x", "commit", "-qm", "more")

    memory.step("y")
    memory.commit("next")
    memory.flush()

    assert (memory.path / "branches/main/log/0001/0000.md").exists()
    assert memory.steps(limit=1)[0].n == 2


def test_a_branch_starts_empty_at_its_parents_tip_and_is_seen_nowhere_else(memory: Memory) -> None:
    memory.step("on main")
    memory.commit("main milestone")
    feature = memory.create_branch("feature", purpose="try decimals")

    feature.step("on feature")
    feature.commit("feature milestone")

    assert memory.branch == "main"
    assert [step.observation for step in feature.steps()] == ["on feature"]
    assert [m.contribution for m in memory.milestones()] == ["main milestone"]
    assert not (memory.path / "branches/feature").exists()
    assert git(memory.path, "merge-base", "main", "feature") == git(memory.path, "rev-parse", "main")
    listed = {branch.name: branch for branch in memory.branches()}
    assert (listed["feature"].purpose, listed["feature"].parent, listed["feature"].current) == (
        "try decimals",
        "main",
        False,
    )
    assert git(memory.path, "worktree", "list").count("\n") == 2
    assert git(memory.path / ".git/onecontext/worktrees/feature", "status", "--porcelain") == ""
    check(memory.path)


def test_a_branch_whose_folder_cannot_be_made_is_there_and_gets_it_later(memory: Memory) -> None:
    in_the_way = memory.path / ".git" / "worktrees"
    in_the_way.write_text("as a full disk would, this keeps the folder from being made")

    memory.create_branch("idea")
    in_the_way.unlink()

    assert [branch.name for branch in memory.branches()] == ["idea", "main"]
    memory.on("idea").step("goes on")
    assert [step.observation for step in memory.on("idea").steps()] == ["goes on"]
    check(memory.path)


def test_a_branch_name_is_checked_and_taken_once(memory: Memory) -> None:
    memory.create_branch("taken")

    with pytest.raises(BranchExists):
        memory.create_branch("taken")
    for name in ("", "../x", "A", "a/b", "x.lock", "con", "-x", "x\n", "é"):
        with pytest.raises(InvalidName):
            memory.create_branch(name)
        with pytest.raises(InvalidName):
            memory.on(name)
    with pytest.raises(UnknownBranch):
        memory.on("none")
    assert [branch.name for branch in memory.branches()] == ["main", "taken"]


@pytest.mark.parametrize("text", ["a\0b", "\ud800"])
def test_text_that_no_file_can_carry_changes_nothing(memory: Memory, text: str) -> None:
    for call in (memory.step, memory.commit, memory.write_main):
        with pytest.raises(InvalidText):
            call(text)
    with pytest.raises(InvalidText):
        memory.create_branch("x", purpose=text)

    assert git(memory.path, "status", "--porcelain") == ""
    assert [branch.name for branch in memory.branches()] == ["main"]


def test_secrets_never_reach_a_file(memory: Memory, tmp_path: Path) -> None:
    secret = "ghp_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"
    memory.step(f"token {secret}", secret, secret)
    memory.commit(f"used {secret}", purpose=f"p {secret}")
    memory.write_main(f"# Roadmap\n{secret}\n")
    memory.create_branch("b", purpose=secret).step("x")
    memory.merge("b", summary=secret)
    (memory.path / "main.md").write_text(f"by hand {secret}")
    memory.commit("takes it in")

    history = git(memory.path, "log", "--all", "-p", "-m", "--root")

    assert "[redacted:" in history
    assert secret not in history
    for path in memory.path.rglob("*"):
        assert not path.is_file() or secret.encode() not in path.read_bytes(), path


def test_the_same_inputs_clock_and_ids_give_the_same_commits(tmp_path: Path) -> None:
    tips = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        memory = new_memory(tmp_path / name)
        memory.step("o", "t", "a")
        memory.commit("c")
        branch = memory.create_branch("b", purpose="p")
        branch.commit("d")
        memory.merge("b")
        tips.append(git(memory.path, "rev-parse", "main", "main^{tree}"))

    assert tips[0] == tips[1]


def test_no_git_configuration_of_the_user_matters(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = Path(os.environ["HOME"])
    hook = home / "hooks/post-commit"
    hook.parent.mkdir()
    hook.write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\n")
    hook.chmod(0o755)
    (home / "attributes").write_text("* text eol=crlf filter=evil\n")
    (home / ".gitconfig").write_text(
        f"[core]\n autocrlf = true\n hooksPath = {hook.parent}\n attributesFile = {home}/attributes\n"
        f'[filter "evil"]\n clean = touch {tmp_path}/ran\n smudge = touch {tmp_path}/ran\n'
        "[commit]\n gpgSign = true\n[init]\n defaultBranch = trunk\n"
    )
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "elsewhere"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(tmp_path / "elsewhere-index"))
    memory = new_memory(tmp_path)

    memory.step("a\r\nb\n")
    memory.commit("c\r\nd")
    memory.create_branch("b").commit("x")
    memory.switch("b")

    monkeypatch.delenv("GIT_DIR")
    monkeypatch.delenv("GIT_INDEX_FILE")
    assert git(memory.path, "status", "--porcelain") == ""
    assert memory.on("main").milestones()[0].contribution == "c\r\nd"
    assert not (tmp_path / "ran").exists()
    assert not (tmp_path / "elsewhere-index").exists()


def test_a_newer_format_is_refused_without_writing(memory: Memory, tmp_path: Path) -> None:
    (memory.path / "format").write_text("2\n")
    before = sorted((path, path.stat().st_mtime_ns) for path in memory.path.rglob("*"))

    for use in (Memory.open, Memory.init):
        with pytest.raises(NewerFormat):
            use(tmp_path)

    assert sorted((path, path.stat().st_mtime_ns) for path in memory.path.rglob("*")) == before


def test_a_branch_written_by_a_newer_version_is_refused_without_writing(memory: Memory) -> None:
    memory.create_branch("newer")
    place = memory.path / ".git/onecontext/worktrees/newer"
    (place / "format").write_text("2\n")
    git(place, "-c", "user.name=p", "-c", "user.email=p@x", "commit", "-qam", "newer")
    before = git(memory.path, "rev-parse", "newer")

    with pytest.raises(NewerFormat):
        memory.on("newer").commit("x")

    assert git(memory.path, "rev-parse", "newer") == before


def test_without_a_memory_the_error_says_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(NoMemory) as caught:
        Memory.open(tmp_path)

    assert "onecontext init" in caught.value.hint


def test_a_clone_works_with_no_help_from_us(memory: Memory, tmp_path: Path) -> None:
    memory.step("o")
    memory.commit("one")
    memory.create_branch("b").commit("two")
    (tmp_path / "there").mkdir()
    git(memory.path, "clone", "-q", str(memory.path), str(tmp_path / "there/.onecontext"))
    clone = Memory.open(tmp_path / "there", clock=Ticking().now)

    clone.step("in the clone")
    clone.commit("three")

    assert sorted(milestone.contribution for milestone in clone.milestones()) == ["one", "three"]
    assert [branch.name for branch in clone.branches()] == ["main"]
    check(clone.path)


def test_packed_refs_and_objects_are_read(memory: Memory) -> None:
    memory.step("o")
    memory.commit("one")
    memory.create_branch("b").commit("two")
    git(memory.path, "gc", "-q", "--prune=now")
    assert not (memory.path / ".git/refs/heads/b").exists()

    memory.on("b").commit("three")
    memory.commit("four")

    assert [branch.name for branch in memory.branches()] == ["b", "main"]
    assert memory.on("b").milestones()[0].contribution == "three"
    check(memory.path)


def test_the_memory_can_be_moved_to_another_folder(memory: Memory, tmp_path: Path) -> None:
    memory.create_branch("b").step("pending")
    (tmp_path / "new").mkdir()
    shutil.move(memory.path, tmp_path / "new")

    moved = Memory.open(tmp_path / "new", branch="b")
    moved.commit("after the move")

    assert [step.observation for step in moved.steps()] == ["pending"]
    assert git(moved.path / ".git/onecontext/worktrees/b", "status", "--porcelain") == ""
    check(moved.path)


def test_reading_and_stepping_import_no_pygit2(memory: Memory, tmp_path: Path) -> None:
    memory.commit("one")
    memory.flush()
    code = (
        "import sys; from onecontext import Memory; m = Memory.open('.'); m.step('x'); m.context(); m.steps();"
        "m.milestones(); print([name for name in ('pygit2', 'pydantic', 'litellm') if name in sys.modules])"
    )

    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"


def test_diff_show_and_graph_answer_to_ids_prefixes_and_branches(memory: Memory) -> None:
    one = memory.commit("one")
    branch = memory.create_branch("b")
    two = branch.commit("two")
    assert two.commit is not None

    assert memory.show("b") == two
    assert memory.show(two.commit[:12]) == two
    assert memory.show(one.id) == one
    assert "+**This Commit's Contribution:** two" in memory.diff("main", two.id)
    assert [row.commit.subject for row in memory.graph() if row.commit] == [
        "two",
        "branch b",
        "one",
        "the memory begins",
    ]
    assert len([row for row in memory.graph(limit=2) if row.commit]) == 2


def test_a_prefix_of_two_is_ambiguous_and_of_none_unknown(memory: Memory) -> None:
    from onecontext.errors import AmbiguousRevision, UnknownRevision

    memory.commit("one")
    memory.commit("two")

    with pytest.raises(AmbiguousRevision) as caught:
        memory.show("0000000")
    with pytest.raises(UnknownRevision):
        memory.show("ffffffff")
    with pytest.raises(UnknownRevision):
        memory.show("HEAD; rm")
    assert caught.value.candidates == ("00000001", "00000002")
