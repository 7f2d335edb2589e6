"""Conflicts are data: listed with both sides, settled one by one, and kept for ever."""

from pathlib import Path
from typing import Any, Literal

import pytest
import yaml

from onecontext import Memory
from onecontext.errors import Damaged, InvalidDocument, InvalidText, UnknownConflict, UsageError
from tests.support.memory import check, git, new_memory, shown

GOAL, META = "## Goal", "branches/main/metadata.yaml"


@pytest.fixture
def memory(tmp_path: Path) -> Memory:
    """A merge with two conflicts in the roadmap and one in the metadata."""
    memory = new_memory(tmp_path)
    memory.write_main("# Roadmap\n\n## Goal\n\nbase\n\n## Plan\n\nbase\n\n## Rest\n\nstays\n")
    branch = memory.create_branch("b")
    branch.write_main("# Roadmap\n\n## Goal\n\ntheirs\n\n## Rest\n\nstays\n")
    edit(shown(branch.layout.place("b").folder, META) / META, team="blue")
    git(branch.layout.place("b").folder, "add", "-A")
    git(branch.layout.place("b").folder, "-c", "user.name=p", "-c", "user.email=p@x", "commit", "-q", "-m", "by hand")
    memory.write_main("# Roadmap\n\n## Goal\n\nours\n\n## Plan\n\nours\n\n## Rest\n\nstays\n")
    edit(memory.path / "branches/main/metadata.yaml", team="red")
    memory.merge("b")
    return memory


def edit(path: Path, **keys: Any) -> None:
    path.write_text(yaml.safe_dump({**yaml.safe_load(path.read_text()), **keys}))


def by_where(memory: Memory, where: str) -> str:
    return next(conflict.id for conflict in memory.conflicts() if conflict.where == where)


def team(memory: Memory) -> Any:
    return yaml.safe_load(git(memory.path, "show", "main:branches/main/metadata.yaml")).get("team")


def test_they_are_listed_with_both_sides_and_where_they_came_from(memory: Memory) -> None:
    found = {conflict.where: conflict for conflict in memory.conflicts()}

    assert set(found) == {GOAL, "## Plan", "team"}
    goal = found[GOAL]
    assert (goal.base, goal.ours, goal.theirs) == tuple(f"## Goal\n\n{side}\n\n" for side in ("base", "ours", "theirs"))
    assert (goal.source, goal.branch, goal.by, goal.resolved) == ("b", "main", "ann", None)
    assert goal.source_commit == git(memory.path, "rev-parse", "b").strip()
    assert goal.ours_commit == git(memory.path, "rev-parse", "main^").strip()
    assert found["## Plan"].theirs is None
    assert (found["team"].ours, found["team"].theirs) == ("red", "blue")
    assert memory.on("b").conflicts() == []


def test_each_is_settled_by_a_commit_of_its_own_and_stays_on_record(memory: Memory) -> None:
    first = memory.conflicts()
    memory.step("pending")
    start = int(git(memory.path, "rev-list", "--count", "main"))

    one = memory.resolve_conflict(by_where(memory, GOAL), "theirs")
    two = memory.resolve_conflict(by_where(memory, "## Plan"), "ours")
    three = memory.resolve_conflict(by_where(memory, "team"), "text", text="green")

    assert (one.left, two.left, three.left) == (2, 1, 0)
    assert int(git(memory.path, "rev-list", "--count", "main")) == start + 3
    assert "theirs" in memory.read_main()
    assert "## Plan\n\nours\n" in memory.read_main()
    assert memory.read_main().startswith("# Roadmap\n\n## Goal\n\ntheirs\n\n## Plan\n\nours\n\n## Rest\n\nstays\n")
    assert team(memory) == "green"
    assert memory.conflicts() == []
    kept = memory.conflicts(resolved=True)
    assert [(c.id, c.base, c.ours, c.theirs) for c in kept] == [(c.id, c.base, c.ours, c.theirs) for c in first]
    assert all(c.resolved and " by ann at 2026-01-02T" in c.resolved for c in kept)
    assert [step.observation for step in memory.steps()] == ["pending"]
    assert git(memory.path, "log", "-3", "--format=%an", "main").split() == ["ann"] * 3
    check(memory.path)


def test_a_side_that_has_no_such_section_or_key_takes_it_out(memory: Memory) -> None:
    memory.resolve_conflict(by_where(memory, "## Plan"), "theirs")

    assert "## Plan" not in memory.read_main()
    assert "## Rest\n\nstays\n" in memory.read_main()
    assert "ours" in str(memory.conflicts(resolved=True)[0].ours) + str(memory.conflicts(resolved=True)[1].ours)


@pytest.mark.parametrize(
    ("text", "section"),
    [
        ("both", "## Goal\n\nboth\n## Plan"),
        ("## Goal\n\nboth\n\n", "## Goal\n\nboth\n\n## Plan"),
        ("a\u2028b\r\n--- <<<<<<<", "## Goal\n\na\u2028b\r\n--- <<<<<<<\n## Plan"),
    ],
)
def test_a_text_goes_below_the_heading(memory: Memory, text: str, section: str) -> None:
    memory.resolve_conflict(by_where(memory, GOAL), "text", text=text)

    assert section.encode() in (memory.path / "main.md").read_bytes()
    check(memory.path)


def test_what_was_written_since_is_in_the_history(memory: Memory) -> None:
    memory.write_main(memory.read_main().replace("ours\n\n## Plan", "edited since\n\n## Plan"))
    (memory.path / "main.md").write_text(memory.read_main() + "\nby hand\n")

    done = memory.resolve_conflict(by_where(memory, GOAL), "theirs")

    assert "edited since" in git(memory.path, "show", f"{done.commit}^:main.md")
    assert "by hand" in memory.read_main()


def test_a_whole_file_that_both_added(tmp_path: Path) -> None:
    memory = new_memory(tmp_path)
    branch = memory.create_branch("b")
    for handle, text in ((branch, "theirs"), (memory, "ours")):
        folder = handle.layout.place(handle.branch).folder
        (folder / "notes.txt").write_text(text)
        git(folder, "add", "notes.txt")
        git(folder, "-c", "user.name=p", "-c", "user.email=p@x", "commit", "-q", "-m", "notes")
    memory.merge("b")
    (conflict,) = memory.conflicts()
    before = git(memory.path, "rev-parse", "main").strip()

    memory.resolve_conflict(conflict.id, "theirs")

    assert (memory.path / "notes.txt").read_text() == "theirs"
    memory.rollback(before)
    assert (memory.path / "notes.txt").read_text() == "ours"
    assert [c.id for c in memory.conflicts()] == [conflict.id]
    memory.resolve_conflict(conflict.id, "text", text="mine")
    assert (memory.path / "notes.txt").read_text() == "mine"
    check(memory.path)


Take = Literal["ours", "theirs", "text"]


@pytest.mark.parametrize(
    ("take", "text", "error"),
    [
        ("text", None, UsageError),
        ("ours", "x", UsageError),
        ("mine", None, UsageError),
        ("text", "a\0", InvalidText),
        ("text", "a: [", UsageError),
        ("text", "!!python/object:os.system {}", UsageError),
    ],
)
def test_what_cannot_be_is_refused_and_writes_nothing(
    memory: Memory, take: Take, text: str | None, error: type[Exception]
) -> None:
    tip = git(memory.path, "rev-parse", "main")

    with pytest.raises(error):
        memory.resolve_conflict(by_where(memory, "team"), take, text=text)

    assert git(memory.path, "rev-parse", "main") == tip
    assert team(memory) == "red"


@pytest.mark.parametrize("name", ["", "none", "../x-1", "-rf", "0-0"])
def test_an_unknown_one_and_a_settled_one_are_refused(memory: Memory, name: str) -> None:
    with pytest.raises(UnknownConflict):
        memory.resolve_conflict(name, "ours")
    settled = by_where(memory, GOAL)
    memory.resolve_conflict(settled, "ours")

    with pytest.raises(UsageError, match="was resolved already: ours by ann"):
        memory.resolve_conflict(settled, "theirs")


@pytest.mark.parametrize(
    ("text", "error"), [("a: 1\n", Damaged), ("conflicts: [1]\n", Damaged), ("- [", InvalidDocument)]
)
def test_a_garbled_document_is_said_and_left(memory: Memory, text: str, error: type[Exception]) -> None:
    (path,) = (memory.path / "branches/main/conflicts").iterdir()
    path.write_text(text)
    git(memory.path, "-c", "user.name=p", "-c", "user.email=p@x", "commit", "-q", "-a", "-m", "by hand")

    with pytest.raises(error, match="conflicts/"):
        memory.conflicts()

    assert path.read_text() == text


def test_lists_of_merged_branches_are_united_and_never_a_conflict(tmp_path: Path) -> None:
    memory = new_memory(tmp_path)
    for name in ("one", "two"):
        memory.create_branch(name).commit(f"in {name}")
    copy = memory.create_branch("copy")
    folder = copy.layout.place("copy").folder
    edit(shown(folder, META) / META, merged=["two"])
    git(folder, "-c", "user.name=p", "-c", "user.email=p@x", "commit", "-q", "-a", "-m", "by hand")
    memory.merge("one")

    assert memory.merge("copy").conflicts == ()
    merged = yaml.safe_load((memory.path / "branches/main/metadata.yaml").read_text())["merged"]
    assert merged == ["copy", "one", "two"]
