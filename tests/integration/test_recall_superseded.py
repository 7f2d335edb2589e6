"""What was superseded by an explicit word is not recalled, stays on record, and nothing else is resolved in silence."""

from pathlib import Path

import pytest

from onecontext import Memory
from onecontext.errors import AmbiguousRevision, UnknownRevision
from onecontext.memory.facts import DECISIONS, QUESTIONS, bullets, fact_id, superseded, without
from tests.support.memory import check, new_memory, recalled

CODE = "```\n- nothing of ours: it is code\n```"
ROADMAP = f"""# Roadmap

## Goal

a till

## Decisions

- 2026-01-02 Round once,
  at the end
- Decimal, not float
no bullet, but of the one above

{CODE}

## Open questions

* Which printer?
"""


@pytest.fixture
def memory(tmp_path: Path) -> Memory:
    return new_memory(tmp_path)


def test_decisions_and_questions_are_the_bullets_of_their_sections() -> None:
    decisions = bullets(ROADMAP, DECISIONS)

    assert [(one.date, one.text) for one in decisions][:2] == [
        ("2026-01-02", "Round once,\nat the end"),
        ("", f"Decimal, not float\nno bullet, but of the one above\n{CODE}"),
    ]
    assert len(decisions) == 2
    assert [one.text for one in bullets(ROADMAP, QUESTIONS)] == ["Which printer?"]
    assert bullets("no sections\n- a", DECISIONS) == []
    assert decisions[0].id == fact_id("Round once, at the end")
    left = without(ROADMAP, {decisions[0].id: None})
    assert "Round once" not in left
    assert "Decimal" in left
    assert "Which printer?" in left
    assert without(ROADMAP, {"ffffffff": None}) == ROADMAP


def test_a_milestone_writes_decisions_and_questions_into_the_roadmap(memory: Memory) -> None:
    memory.step("s")
    memory.commit("one", decision="Round once\n## Forged\nat the end", question=["Which printer?", "Which till?"])
    memory.commit("two", decision="Round once ## Forged at the end")

    assert memory.read_main().endswith(
        "## Decisions\n\n- 2026-01-02 Round once ## Forged at the end\n\n## Open questions\n\n"
        "- 2026-01-02 Which printer?\n- 2026-01-02 Which till?\n"
    )
    assert [milestone.contribution for milestone in memory.milestones()] == ["two", "one"]
    assert memory.steps()[0].observation == "s"
    check(memory.path)


def test_a_newer_fact_takes_the_place_of_an_older_one_only_when_it_says_so(memory: Memory) -> None:
    memory.pin("the port is 8080")
    memory.pin("the port is 8081")
    assert "8080" in memory.context().text

    pins = memory.pin("the port is 9090", supersedes=["the port is 8080", fact_id("the port is 8081")])

    assert pins.facts == ("the port is 9090",)
    text = memory.context().text
    assert "8080" not in text
    assert "8081" not in text
    assert "9090" in text
    assert memory.commit("x").previous == "- pinned: the port is 9090"
    assert memory.pin("the port is 8080").facts == ("the port is 9090", "the port is 8080")
    check(memory.path)


def test_a_superseded_milestone_decision_or_question_is_not_recalled_but_by_id_and_time(memory: Memory) -> None:
    one = memory.commit("the cart counts in floats", decision="floats", question="floats or not?")
    then = memory.milestones()[0].at

    memory.commit("the cart counts in Decimal", supersedes=[one.id, "floats or"])
    two = memory.commit("again", supersedes=[fact_id("floats")])

    bare, branch = memory.context(), memory.context(branch="main")
    for found in (bare, branch):
        assert "counts in floats" not in found.text
        assert "floats or not" not in found.text
        assert f"Milestone {one.id} (main, ann, 2026-01-02T03:04Z): superseded by" in recalled(found.text)
    assert "- 2026-01-02 floats" not in bare.text
    assert "counts in floats" in memory.context(commit=one.id).text
    assert "superseded by" in memory.context(commit=one.id).text
    assert "counts in floats" in memory.context(at=then).text
    assert "counts in floats" in memory.show(one.id).contribution
    assert two.id in memory.context(metadata="superseded").text
    check(memory.path)


def test_a_merge_unites_what_was_superseded_and_brings_nothing_back(memory: Memory) -> None:
    memory.pin("never floats")
    branch = memory.create_branch("b")
    old = branch.commit("tried cents")
    branch.commit("cents do not work", supersedes=old.id)
    branch.pin("Decimal for money", supersedes=fact_id("never floats"))
    memory.pin("on main")
    memory.commit("main goes on", supersedes=fact_id("on main"))

    merged = memory.merge("b")

    assert merged.conflicts == ()
    assert memory.pinned() == ["Decimal for money"]
    text = memory.context(k=9).text
    assert "cents do not work" in text
    assert "tried cents" not in text
    child = memory.create_branch("c")
    assert child.pinned() == ["Decimal for money"]
    assert child.context(metadata="superseded").pieces[0].text == memory.context(metadata="superseded").pieces[0].text
    check(memory.path)


def test_two_branches_that_say_the_opposite_lose_neither_fact(memory: Memory) -> None:
    memory.pin("port 80")
    memory.pin("port 8080")
    left, right = memory.create_branch("left"), memory.create_branch("right")
    left.pin("port 8080", supersedes=fact_id("port 80"))
    right.pin("port 80", supersedes=fact_id("port 8080"))

    memory.merge("left")
    memory.merge("right")

    assert sorted(memory.pinned()) == ["port 80", "port 8080"]
    assert "port 80\n" in recalled(memory.context().text)
    memory.pin("port 80", supersedes=fact_id("port 8080"))
    memory.merge("left")
    assert memory.pinned() == ["port 80"]
    check(memory.path)


def test_a_long_row_of_facts_has_its_newest_alone_and_a_circle_all_of_its_own() -> None:
    row = [f"fact {number:08x} by {number + 1:08x} at 20260102T030405Z (ann)" for number in range(3000)]
    circle = [
        f"fact {number:08x} by {5000 + (number - 4999) % 3:08x} at 20260102T030405Z (ann)"
        for number in range(5000, 5003)
    ]
    into = ["fact 0000aaaa by 00001388 at 20260102T030405Z (ann)"]

    gone = superseded({"superseded": [*row, *circle, *into]})

    assert len(gone) == 3001
    assert "0000aaaa" in gone
    assert not {f"{number:08x}" for number in range(5000, 5003)} & gone.keys()


def test_who_names_nothing_or_several_is_told_which_there_are(memory: Memory) -> None:
    memory.pin("one fact")
    memory.pin("one fact more")
    memory.commit("c")

    with pytest.raises(AmbiguousRevision) as caught:
        memory.pin("x", supersedes="one")
    assert caught.value.hint.count("pin  one fact") == 2
    for wrong in ("ffffffff", "nothing so", "", "\n"):
        with pytest.raises(UnknownRevision):
            memory.commit("x", supersedes=[wrong])
    assert len(memory.milestones()) == 1
