"""Records that say the same are one hit, which says how many there are."""

from pathlib import Path

import pytest

from onecontext import Memory
from onecontext.recall.search import search
from tests.support.memory import new_memory


@pytest.fixture
def memory(tmp_path: Path) -> Memory:
    return new_memory(tmp_path)


def test_what_is_said_again_and_again_leaves_room_for_what_differs(memory: Memory) -> None:
    runs = [memory.step(f"12 passed in 0.{n:02d}s", action="run pytest on the drawer").id for n in range(30)]
    failed = memory.step("11 passed and 1 failed in 0.31s", action="run pytest on the drawer")
    memory.commit("The tests of the drawer pass.")
    memory.commit("The tests of the drawer pass!")

    found = memory.search("pytest drawer passed tests", k=4)

    assert {hit.kind for hit in found.hits} == {"step", "milestone"}
    assert failed.id in {hit.id for hit in found.hits}
    one = next(hit for hit in found.hits if hit.id in runs)
    assert sorted([one.id, *one.alike]) == sorted(runs)
    assert f"{len(one.alike)} more say the same)" in found.text
    assert found.text.count("1 more say the same)") == 1


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("the drawer listens on port 8080", "the drawer listens on port 9090"),
        ("the drawer is open", "the drawer is not open"),
        ("ann opened the drawer for bob", "bob opened the drawer for ann"),
        ("the drawer took 40 minutes", "the drawer took 12 seconds"),
        ("the drawer: " + "words " * 4000 + "8080", "the drawer: " + "words " * 4000 + "9090"),
        ("汉字抽屉 drawer 一", "汉字抽屉 drawer 二"),
    ],
)
def test_what_differs_in_a_number_a_name_or_a_not_stays_apart(memory: Memory, one: str, other: str) -> None:
    ids = {memory.step(one).id, memory.step(other).id}

    hits = memory.search("drawer").hits

    assert {hit.id for hit in hits} == ids
    assert all(hit.alike == () for hit in hits)


def test_a_search_that_does_not_ask_for_it_has_every_record(memory: Memory) -> None:
    ids = {memory.step("the drawer sticks").id for _ in range(5)}
    memory.commit("done")

    assert {hit.id for hit in search(memory.layout, "drawer", kind="step")} == ids
    assert len(memory.search("drawer", kind="step").hits) == 1


def test_what_many_tasks_did_alike_takes_no_room_from_what_a_task_needs(memory: Memory) -> None:
    memory.step("the drawer needs a pulse of 120 ms")
    for _ in range(60):
        memory.step("2 passed in 0.10s", action="python -m pytest tests/test_drawer.py")
    memory.commit("Tested.")
    for number in range(10):
        memory.commit(f"The settings page number {number} has another layout.")

    text = memory.context(for_="open the drawer, see tests/test_drawer.py", budget=400).text

    assert "pulse of 120 ms" in text
    assert text.count("2 passed") == 1
