"""A linked work tree has its own branch's files; git knows of all others, and nobody loses them."""

from pathlib import Path

import pytest

from onecontext import Memory
from onecontext.doctor.case import Case
from onecontext.doctor.examine import examine
from onecontext.doctor.refill import roots
from onecontext.store.index import hidden_in
from onecontext.store.kinds import files_below
from onecontext.store.locks import held
from tests.support.memory import START, check, git, new_memory, shown

PERSON = ("-c", "user.name=p", "-c", "user.email=p@x")


@pytest.fixture
def memory(tmp_path: Path) -> Memory:
    """A memory with a branch that has begun after another was merged."""
    memory = new_memory(tmp_path)
    _task(memory, "a")
    branch = memory.create_branch("b", purpose="try")
    branch.step("seen")
    branch.commit("on b")
    branch.flush()
    return memory


def _task(memory: Memory, name: str) -> None:
    branch = memory.create_branch(name, purpose=name)
    branch.step(f"saw {name}")
    branch.commit(f"did {name}")
    memory.merge(name)


def _linked(memory: Memory, branch: str = "b") -> Path:
    return memory.path / ".git/onecontext/worktrees" / branch


def _files(folder: Path) -> set[str]:
    return {name for name, _ in files_below(folder)} - {".git"}


def _all_of(memory: Memory, commit: str) -> set[str]:
    return set(git(memory.path, "ls-tree", "-r", "--name-only", commit).split())


def test_a_branch_adds_as_many_files_after_many_others_as_after_few(tmp_path: Path) -> None:
    memory = new_memory(tmp_path)
    added = []
    for n in range(16):
        before = _files(memory.path / ".git/onecontext/worktrees") | _files(memory.path / ".git/worktrees")
        _task(memory, f"t{n}")
        after = _files(memory.path / ".git/onecontext/worktrees") | _files(memory.path / ".git/worktrees")
        added.append(len(after - before))

    assert added[1:] == added[:-1]
    check(memory.path)


def test_it_has_its_own_files_and_git_finds_nothing_changed(memory: Memory) -> None:
    own = {name for name in _all_of(memory, "b") if not name.startswith(("branches/a/", "branches/main/"))}

    assert _files(_linked(memory)) == own
    assert git(_linked(memory), "status", "--porcelain") == ""
    assert set(git(_linked(memory), "ls-files").split()) == _all_of(memory, "b")
    check(memory.path)


def test_a_commit_made_there_by_hand_takes_nothing_away(memory: Memory) -> None:
    before, place = _all_of(memory, "b"), _linked(memory)
    (place / "main.md").write_text("# By hand\n")
    (place / "notes.md").write_text("mine\n")
    git(place, "add", "-A")
    git(place, *PERSON, "commit", "-qm", "by hand")

    memory.on("b").step("later")
    memory.on("b").commit("goes on")
    memory.on("b").flush()

    assert _all_of(memory, "b") >= before | {"notes.md"}
    assert git(memory.path, "show", "b:main.md") == "# By hand\n"
    assert git(place, "status", "--porcelain") == ""
    assert not (place / "branches/a").exists()
    check(memory.path)


@pytest.mark.parametrize("command", [("add", "-A"), ("commit", "-qa", "--allow-empty", "-m", "x"), ("reset", "--hard")])
def test_no_command_of_git_takes_a_hidden_file_for_deleted(memory: Memory, command: tuple[str, ...]) -> None:
    before = git(memory.path, "rev-parse", "b^{tree}")

    git(_linked(memory), *PERSON, *command)

    assert git(memory.path, "rev-parse", "b^{tree}") == before
    assert git(_linked(memory), "diff", "--cached", "--name-status") == ""
    assert git(_linked(memory), "status", "--porcelain") == ""


def test_one_that_had_every_file_keeps_them_and_keeps_them_up_to_date(memory: Memory) -> None:
    place = _linked(memory)
    shown(place, *sorted(_all_of(memory, "b")))
    assert _files(place) == _all_of(memory, "b")
    memory.step("more")
    memory.commit("more on main")
    _task(memory, "c")

    memory.on("b").merge("main")

    assert git(place, "status", "--porcelain") == ""
    assert "more on main" in (place / "branches/main/commit.md").read_text()
    assert not (place / "branches/c").exists()
    assert _all_of(memory, "b") - _files(place) == {name for name in _all_of(memory, "b") if "branches/c/" in name}
    check(memory.path)


def test_a_merge_and_a_rollback_there_are_told_in_full_and_leave_git_clean(memory: Memory) -> None:
    _task(memory, "c")
    branch = memory.on("b")
    before = branch.milestones()[0].id

    branch.merge("main")

    told = {milestone.contribution.split("\n")[0] for milestone in branch.milestones()}
    assert {"Merged a: a", "did c", "on b", "Merged main: a till"} <= told
    assert {step.observation for step in branch.steps()} == {"saw c", "seen"}
    assert not (_linked(memory) / "branches/c").exists()
    assert git(_linked(memory), "status", "--porcelain") == ""

    branch.rollback(before)

    assert git(_linked(memory), "status", "--porcelain") == ""
    assert set(git(_linked(memory), "ls-files").split()) == _all_of(memory, "b")
    check(memory.path)


def test_switching_there_and_back_shows_every_file_in_the_memorys_own_folder(memory: Memory) -> None:
    memory.switch("b")
    there = {name for name in _files(memory.path) if name.startswith("branches/")} | {"main.md", "format"}
    assert there == _all_of(memory, "b")
    assert git(memory.path, "status", "--porcelain") == ""
    assert git(_linked(memory, "main"), "status", "--porcelain") == ""

    memory.on("b").switch("main")

    check(memory.path)
    assert git(_linked(memory), "status", "--porcelain") == ""


def test_an_index_that_is_gone_or_of_before_is_made_anew_with_the_same_files_hidden(memory: Memory) -> None:
    index = memory.path / ".git/worktrees/b/index"
    before = hidden_in(index.read_bytes())
    assert {name.split("/")[1] for name in before} == {"a", "main"}
    index.unlink()

    memory.on("b").commit("again")
    memory.on("b").flush()

    assert hidden_in(index.read_bytes()) == before
    assert git(_linked(memory), "status", "--porcelain") == ""


def test_the_doctor_takes_hidden_files_for_no_damage_and_knows_the_tree_by_the_index(memory: Memory) -> None:
    case = Case(memory.layout, START)

    assert [one for one in examine(memory.path, START) if one.severity == "fail"] == []
    tree = git(memory.path, "rev-parse", "b^{tree}").strip()
    assert list(roots(case, ".git/onecontext/worktrees/b/")) == [tree]


def test_packs_of_branches_that_are_written_for_one_task_each_are_united(tmp_path: Path) -> None:
    memory = new_memory(tmp_path)
    counts = []
    for n in range(48):
        _task(memory, f"t{n}")
        counts.append(len(list((memory.path / ".git/objects/pack").glob("*.pack"))))

    # Thirty-two of a size make one; a task makes four or five.
    assert max(counts) < 48
    assert not list((memory.path / ".git/onecontext/packs").glob("t*"))
    check(memory.path)


def test_packs_of_a_branch_that_somebody_writes_meanwhile_stay_with_it(memory: Memory) -> None:
    list_of_b = memory.path / ".git/onecontext/packs/b"
    before = list_of_b.read_text()

    with held(memory.layout.lock("b")):
        memory.merge("b")

    assert list_of_b.read_text() == before
    assert {"on b"} <= {milestone.contribution for milestone in memory.milestones()}
    memory.on("b").commit("more")
    memory.merge("b")
    assert not list_of_b.exists()
    assert set(before.split()) < set((memory.path / ".git/onecontext/packs/main").read_text().split())
