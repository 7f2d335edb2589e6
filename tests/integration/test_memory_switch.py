"""SWITCH: HEAD and the folder move, pending steps stay with their branch."""

from pathlib import Path

import pytest

from onecontext import Memory
from onecontext.errors import UnknownBranch
from onecontext.memory import pending, switching
from tests.support.memory import check, git, new_memory


@pytest.fixture
def memory(tmp_path: Path) -> Memory:
    memory = new_memory(tmp_path)
    memory.step("main 1")
    memory.commit("on main")
    memory.create_branch("b", purpose="try")
    return memory


def observations(memory: Memory) -> list[str]:
    return [step.observation for step in memory.steps()]


def test_the_folder_shows_the_branch_and_pending_steps_go_home(memory: Memory) -> None:
    memory.step("main pending")
    memory.on("b").step("b pending")

    switched = memory.switch("b")

    assert (memory.path / ".git/HEAD").read_text() == "ref: refs/heads/b\n"
    assert switched.branch == "b"
    assert Memory.open(memory.path).branch == "b"
    assert observations(switched) == ["b pending"]
    assert observations(memory) == ["main pending", "main 1"]
    assert git(memory.path, "status", "--porcelain") == " M branches/b/log.md\n"
    check(memory.path)


def test_back_and_forth_loses_and_doubles_nothing(memory: Memory) -> None:
    for round_ in range(4):
        for name in ("b", "main"):
            handle = memory.switch(name)
            handle.step(f"{name} {round_}")
            if round_ % 2:
                handle.commit(f"{name} {round_}")
            check(memory.path)

    assert observations(memory.on("b")) == ["b 3", "b 2", "b 1", "b 0"]
    assert observations(memory) == ["main 3", "main 2", "main 1", "main 0", "main 1"]


def test_switching_to_where_one_is_changes_nothing(memory: Memory) -> None:
    before = sorted((path, path.stat().st_mtime_ns) for path in memory.path.glob("branches/**/*"))

    memory.switch("main")

    assert sorted((path, path.stat().st_mtime_ns) for path in memory.path.glob("branches/**/*")) == before


def test_an_unknown_branch_moves_nothing(memory: Memory) -> None:
    with pytest.raises(UnknownBranch):
        memory.switch("none")

    assert Memory.open(memory.path).branch == "main"


def test_edits_by_hand_are_taken_in_where_they_were_made(memory: Memory) -> None:
    (memory.path / "main.md").write_text("# Mine\n")

    memory.switch("b")

    assert git(memory.path, "log", "-1", "--format=%an", "main").strip() == "human"
    assert git(memory.path, "show", "main:main.md") == "# Mine\n"
    assert "# Mine" not in (memory.path / "main.md").read_text()


class _Killed(BaseException):
    pass


@pytest.mark.parametrize("merged", [False, True])
@pytest.mark.parametrize("instant", range(10))
def test_a_switch_cut_off_at_any_point_is_finished_by_the_next_writer(
    memory: Memory, monkeypatch: pytest.MonkeyPatch, instant: int, merged: bool
) -> None:
    if merged:
        memory.merge("b")
    memory.step("main pending")
    memory.on("b").step("b pending")
    _cut_at(monkeypatch, instant)

    with pytest.raises(_Killed):
        memory.switch("b")
    monkeypatch.undo()
    memory.on("b").step("b later")
    memory.on("main").step("main later")
    memory.on("b").commit("b done")
    memory.on("main").commit("main done")

    for name in ("b", "main", "b"):
        memory.switch(name)
        assert [step.observation for step in memory.on("b").steps() if step.branch == "b"] == ["b later", "b pending"]
        own = [step.observation for step in memory.on("main").steps() if step.branch == "main"]
        assert own == ["main later", "main pending", "main 1"]
        assert [branch.pending for branch in memory.branches()] == [0, 0]
        check(memory.path)


def _cut_at(monkeypatch: pytest.MonkeyPatch, instant: int) -> None:
    """Stop at the ``instant``-th of the writing parts of a switch, before it (even) or after it (odd)."""
    parts = [
        (pending, "unite"),
        (switching, "_set_head"),
        (pending, "clear"),
        (switching.worktrees, "park"),
        (switching.worktrees, "refresh"),
    ]
    module, name = parts[instant // 2]
    original = getattr(module, name)

    def cut(*args: object, **kwargs: object) -> None:
        if instant % 2:
            original(*args, **kwargs)
        raise _Killed

    monkeypatch.setattr(module, name, cut)
