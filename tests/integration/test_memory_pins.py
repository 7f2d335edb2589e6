"""Pinned facts: first in every context and summary, wherever the work goes, and never dropped without a word."""

from pathlib import Path

import pytest

from onecontext import Memory
from onecontext.errors import InvalidDocument, InvalidText, UsageError
from onecontext.memory import summary
from tests.support.memory import check, git, new_memory

FACT = "never use floats: a\tb é 🙂 \u2028 --- # no"


@pytest.fixture
def memory(tmp_path: Path) -> Memory:
    return new_memory(tmp_path)


def test_a_pinned_fact_is_in_every_context_and_summary_from_then_on(memory: Memory) -> None:
    pins = memory.pin("never use floats")
    first = memory.commit("one")
    for number in range(40):
        memory.commit(f"c{number} " + "x" * 300)

    assert (pins.facts, pins.already) == (("never use floats",), False)
    assert first.previous == "- pinned: never use floats"
    newest = memory.milestones()[0]
    assert newest.previous.startswith("- pinned: never use floats\n")
    assert len(newest.previous.encode()) <= summary.LIMIT_BYTES
    assert "- never use floats\n" in memory.context(k=1).text
    assert [m.contribution for m in memory.milestones()][-1] == "one"
    check(memory.path)


def test_a_milestone_can_pin_and_is_one_commit(memory: Memory) -> None:
    memory.step("s")
    before = git(memory.path, "rev-parse", "main").strip()

    one = memory.commit("one", pin=[FACT, "second", "second"])

    assert memory.pinned() == [FACT, "second"]
    assert git(memory.path, "rev-parse", "main^").strip() == before
    assert one.previous.count("- pinned: ") == 2
    assert memory.commit("two", pin="second").previous.count("- pinned: ") == 2
    assert memory.pinned() == [FACT, "second"]
    check(memory.path)


def test_pinning_twice_writes_nothing_and_steps_stay_pending(memory: Memory) -> None:
    memory.step("pending")
    memory.pin(FACT)
    tip = git(memory.path, "rev-parse", "main")

    assert memory.pin(f"  {FACT}\n").already
    assert git(memory.path, "rev-parse", "main") == tip
    assert [step.observation for step in memory.steps()] == ["pending"]


def test_unpinning_by_the_fact_or_its_only_beginning(memory: Memory) -> None:
    for fact in ("a", "ab", "abc", "other"):
        memory.pin(fact)

    assert memory.unpin("a").facts == ("ab", "abc", "other")
    assert memory.unpin("oth").facts == ("ab", "abc")
    for wrong in ("a", "z", " "):
        with pytest.raises(UsageError):
            memory.unpin(wrong)
    assert memory.pinned() == ["ab", "abc"]
    assert "other" in git(memory.path, "log", "-p", "main")


def test_what_does_not_fit_the_summary_is_said_there_and_context_has_it(memory: Memory) -> None:
    facts = [f"fact {number} " + "é" * 120 for number in range(20)]

    milestone = memory.commit("x", pin=[*facts, "long " + "y" * 5000])
    text = memory.context().text

    assert "more in metadata.yaml" in milestone.previous
    assert len(milestone.previous.encode()) <= summary.LIMIT_BYTES
    assert all(f"\n- {fact}\n" in text for fact in facts)
    assert "y" * 5000 in text
    assert any("pinned fact" in sentence for sentence in memory.context(budget=60).left_out)
    assert summary.roll(None, ["y" * 5000]).endswith("(cut: all of it is in metadata.yaml)")


def test_a_branch_starts_with_its_parents_pins_and_a_merge_brings_new_ones(memory: Memory) -> None:
    memory.pin("from main")
    memory.pin("to be unpinned")
    branch = memory.create_branch("b")
    branch.pin("from b")
    branch.commit("x")
    memory.unpin("to be unpinned")
    memory.pin("later on main")

    merged = memory.merge("b")

    assert "- from main\n" in branch.context().text
    assert memory.pinned() == ["from main", "later on main", "from b"]
    assert merged.milestone is not None
    assert "- pinned: from b" in merged.milestone.previous
    assert merged.conflicts == ()
    branch.commit("y")
    memory.unpin("from b")
    memory.merge("b")
    assert memory.pinned() == ["from main", "later on main"]
    check(memory.path)


def test_a_list_that_is_none_is_said_and_left(memory: Memory) -> None:
    path = memory.path / "branches/main/metadata.yaml"
    path.write_text(path.read_text().replace("pinned: []", "pinned: mine"))

    for asked in (lambda: memory.pin("x"), lambda: memory.commit("x", pin="y"), lambda: memory.unpin("mine")):
        with pytest.raises(InvalidDocument, match="no list"):
            asked()

    assert "pinned: mine" in path.read_text()


@pytest.mark.parametrize(("fact", "error"), [("", UsageError), (" \n", UsageError), ("a\0", InvalidText)])
def test_an_empty_or_impossible_fact_is_refused(memory: Memory, fact: str, error: type[Exception]) -> None:
    tip = git(memory.path, "rev-parse", "main")

    with pytest.raises(error):
        memory.pin(fact)
    with pytest.raises(error):
        memory.commit("x", pin=[fact])

    assert git(memory.path, "rev-parse", "main") == tip


def test_a_rollback_gives_back_what_was_pinned(memory: Memory) -> None:
    memory.pin("early")
    before = git(memory.path, "rev-parse", "main").strip()
    memory.unpin("early")
    memory.pin("late")

    memory.rollback(before)

    assert memory.pinned() == ["early"]
