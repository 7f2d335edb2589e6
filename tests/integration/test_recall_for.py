"""``context --for``: what matters for what is about to be done, each thing once, contradictions side by side."""

import importlib
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from onecontext import Memory
from onecontext.errors import UnknownRevision
from onecontext.memory.facts import fact_id
from onecontext.recall.purpose.pinning import pinned_since
from onecontext.text.tokens import default_counter
from tests.support.memory import new_memory, recalled

COUNTER = default_counter()


@pytest.fixture
def memory(tmp_path: Path) -> Memory:
    return new_memory(tmp_path)


def filled(memory: Memory, count: int = 12) -> Memory:
    for number in range(count):
        memory.step(f"looked at screen {number}", action=f"renamed button {number}")
        memory.commit(f"The settings page number {number} has another layout.")
    return memory


def test_it_holds_what_matters_more_often_than_the_bare_context(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "path", [str(root / "bench"), *sys.path])
    bench = importlib.import_module("recall_for")
    memory = bench.make(tmp_path, milestones=60)

    for budget in (500, 1000, 2000):
        bare, chosen = (bench.share(memory, budget, purpose=purpose) for purpose in (False, True))
        assert chosen >= 0.85
        assert chosen >= bare + 0.2


def test_what_was_said_long_ago_is_found_within_a_small_budget(memory: Memory) -> None:
    memory.step("the drawer needs a pulse of 120 ms")
    filled(memory)

    found = memory.context(for_="open the drawer", budget=300)

    assert "pulse of 120 ms" in found.text
    assert found.tokens <= 300
    assert "pulse of 120 ms" not in memory.context(budget=300).text


def test_the_same_sentence_in_a_pin_a_milestone_and_a_step_is_told_once(memory: Memory) -> None:
    memory.pin("Never use floats for money")
    memory.step("never use floats for money!", action="changed the cart")
    memory.commit("Never use floats for money. The cart is done.")
    memory.commit("later", decision="Never use floats for money")

    found = memory.context(for_="may I use floats for money in the cart?", budget=1000)

    assert found.text.lower().count("never use floats") == 1
    assert "The cart is done." in found.text
    assert "changed the cart" in found.text


def test_contradictions_stand_side_by_side_with_when_and_who_and_nothing_is_chosen(memory: Memory) -> None:
    memory.pin("the port is 8080")
    filled(memory, 3)
    memory.pin("the port is 9090")
    memory.commit("unrelated", decision="the port is 7070")

    told = recalled(memory.context(for_="which port does the server have", budget=800).text)

    start = told.index("About the same; none is said to supersede another")
    group = told[start : told.index("\n\n", start)]
    for port in ("8080", "9090", "7070"):
        assert port in group
    assert group.count("Pinned on main (ann, 2026-01-02)") == 2
    assert "Decision (main.md)" in group


def test_a_fact_is_pinned_since_it_was_pinned_without_a_break(memory: Memory) -> None:
    memory.pin("the port is 8080")
    memory.unpin("the port is 8080")
    again = Memory.open(memory.path, agent="bob")
    again.pin("the port is 8080")
    again.flush()

    (since,) = pinned_since(memory.layout, "main", ["the port is 8080"]).values()

    assert since[1] == "bob"


def test_of_a_group_all_is_told_or_nothing(memory: Memory) -> None:
    memory.pin("the port is 8080 " + "for the reasons given then " * 8)
    memory.pin("the port is 9090 " + "for other reasons given now " * 8)

    for budget in range(40, 400, 20):
        text = memory.context(for_="port", budget=budget).text
        assert ("8080" in text) == ("9090" in text)


def test_what_was_superseded_is_not_told(memory: Memory) -> None:
    memory.pin("the port is 8080")
    old = memory.commit("The server listens on port 8080.")
    memory.step("port 8080 answers")
    memory.pin("the port is 9090", supersedes=[old.id, fact_id("the port is 8080")])
    memory.commit("x", supersedes=[memory.steps()[0].id])

    text = memory.context(for_="server port", budget=1000).text

    assert "9090" in text
    assert "8080" not in text


def test_an_excerpt_of_a_long_step_says_where_all_of_it_is(memory: Memory) -> None:
    step = memory.step("noise of the build\n" * 3000 + "the port is 8080\n" + "more noise\n" * 3000)
    filled(memory, 3)

    found = memory.context(for_="which port", budget=600)

    shown = next(piece for piece in found.pieces if piece.id == step.id)
    assert "the port is 8080" in shown.text
    assert (shown.shown, shown.how_to_get) == ("cut", f"onecontext context --commit {step.id}")
    assert f"an excerpt; all of it: onecontext context --commit {step.id}]" in found.text
    assert any(step.id in sentence for sentence in found.left_out)


@pytest.mark.parametrize(
    "purpose", ["the", "NEAR(a b) OR *", '"', "汉字", "🙂", "a" * 10_000, "x </memory> y", "not", "..."]
)
def test_any_words_are_a_purpose_and_no_budget_is_exceeded(memory: Memory, purpose: str) -> None:
    filled(memory, 3).pin("汉字 </memory> 🙂")

    for budget in (0, 1, 30, 49, 50, 51, 75, 100, 333, 1000):
        found = memory.context(for_=purpose, budget=budget)
        assert COUNTER.count(found.text) == found.tokens <= budget
    assert "汉字" in memory.context(for_=purpose).text


def test_of_a_time_only_what_was_known_then_is_told(memory: Memory, tmp_path: Path) -> None:
    now = [datetime(2026, 3, 1, tzinfo=UTC)]
    memory = Memory.init(tmp_path / "timed", agent="ann", clock=lambda: now[0])
    memory.pin("the port is 8080")
    memory.step("the server listens on the port of the pin")
    memory.commit("The server answers.")
    now[0] = datetime(2026, 3, 10, tzinfo=UTC)
    memory.create_branch("idea")
    memory.pin("the port is 9090")
    memory.commit("The server moved to another port.", decision="ports are above 9000")
    memory.flush()
    memory.step("the port 9090 is pending")

    def told(day: int | None) -> str:
        at = None if day is None else datetime(2026, 3, day, tzinfo=UTC)
        return memory.context(for_="which port does the server have", budget=1000, at=at).text

    assert [port in told(None) for port in ("8080", "9090", "above 9000", "is pending")] == [True] * 4
    assert [port in told(5) for port in ("8080", "listens on the port", "9090", "above 9000")] == [True, True] + [
        False
    ] * 2
    assert "Pinned on" not in told(5)
    assert "is pending" not in told(28)
    with pytest.raises(UnknownRevision):
        memory.context(for_="port", at=datetime(2026, 2, 1, tzinfo=UTC))


def test_what_a_rollback_took_away_since_was_known_then(memory: Memory, tmp_path: Path) -> None:
    now = [datetime(2026, 3, 1, tzinfo=UTC)]
    memory = Memory.init(tmp_path / "timed", agent="ann", clock=lambda: now[0])
    first = memory.commit("The server answers.")
    now[0] = datetime(2026, 3, 2, tzinfo=UTC)
    memory.commit("The port of the server is 7070.")
    now[0] = datetime(2026, 3, 10, tzinfo=UTC)
    memory.rollback(first.id)

    before = memory.context(for_="port of the server", at=datetime(2026, 3, 3, tzinfo=UTC)).text

    assert "7070" in before
    assert "7070" not in memory.context(for_="port of the server").text


def test_a_record_of_which_hardly_a_word_is_left_is_not_told(memory: Memory) -> None:
    memory.pin("The drawer opens by a pulse of 120 milliseconds.")
    step = memory.step("The drawer opens by a pulse of 120 milliseconds.", action="git commit")
    filled(memory, 3)

    found = memory.context(for_="open the drawer")

    assert "pulse of 120" in found.text
    assert "git commit" not in found.text
    assert all(piece.id != step.id for piece in found.pieces)


def test_the_goal_of_the_roadmap_is_told_where_there_is_room(tmp_path: Path) -> None:
    memory = new_memory(tmp_path, purpose="a till for bakeries")
    filled(memory, 30)
    memory.commit("later", decision="Rolls are sold by the piece.")

    text = memory.context(for_="change button 7", budget=6000).text

    assert "a till for bakeries" in text
    assert text.count("Rolls are sold by the piece.") == 1
    assert "## Milestones" not in text
    assert "Roadmap" not in memory.context(for_="change button 7", budget=200).text


def test_a_long_purpose_finds_what_its_few_words_of_interest_find(memory: Memory) -> None:
    memory.step("the drawer needs a pulse of 120 ms")
    filled(memory, 30)
    around = " ".join(f"python -m pytest tests/test_{number}.py exits 0" for number in range(20))

    assert "pulse of 120 ms" in memory.context(for_=f"open the drawer. It is done when: {around}", budget=300).text


def test_words_of_time_are_counted_from_the_newest_record_and_not_by_the_clock(tmp_path: Path) -> None:
    now = [datetime(2026, 3, 1, 12, tzinfo=UTC)]
    memory = Memory.init(tmp_path, agent="ann", clock=lambda: now[0])
    steps = []
    for day in (1, 2, 3):
        now[0] = datetime(2026, 3, day, 12, tzinfo=UTC)
        steps.append(memory.step(f"the port of the printer was tried by hand {'abc'[day - 1]}").id)
        memory.commit(f"Work of day {day}.")

    pieces = memory.context(for_="which port was tried yesterday", budget=1000).pieces

    assert next(piece.id for piece in pieces if piece.id in steps) == steps[1]


def test_many_pins_and_a_record_of_ten_megabytes_cost_seconds_not_minutes(memory: Memory) -> None:
    memory.step("ten megabytes of words " * 450_000)
    memory.commit("one")
    metadata = memory.path / "branches/main/metadata.yaml"
    pins = "".join(f"- fact {number} of many\n" for number in range(5000))
    metadata.write_text(metadata.read_text().replace("pinned: []\n", f"pinned:\n{pins}"))
    memory.context(for_="words", budget=100)  # the index is made

    for budget in (50, 2000, 32_000):
        began = time.process_time()
        found = memory.context(for_="what about fact 4711 and words", budget=budget)
        assert time.process_time() - began < 6
        assert COUNTER.count(found.text) == found.tokens <= budget
    assert "- fact 4711 of many" in memory.context(for_="what about fact 4711", budget=2000).text
