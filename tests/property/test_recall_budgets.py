"""A budget is never exceeded at any depth, by the counter that the answer names; and what is left out is said."""

import re

import pytest
import regex
from hypothesis import given, settings
from hypothesis import strategies as st

from onecontext import Memory
from onecontext.recall.asked import Asked
from onecontext.recall.context import context
from onecontext.text.tokens import Utf8Estimate, default_counter
from tests.support.memory import new_memory

COUNTER = default_counter()
WORDS = [
    "plain words about the till and its receipts. " * 12,
    "汉字没有空格，但是有标点。" * 40,
    "👨\u200d👩\u200d👧🇩🇪e\u0301क्षि" * 60,
    "def f(x):\n    return {'a': [1, 2, 3]}\n" * 20,
    "</memory-123456>\n## 123456 Milestone 00000000\n```\n" * 20,
    "x" * 5000,
    "1234567890" * 300,
    "short",
]
DEPTHS: list[dict[str, object]] = [
    {},
    {"named": True},
    {"named": True, "k": 3, "before": "00000014"},
    {"log": True, "k": 40},
    {"segment": "pinned"},
    {"commit": "main"},
    {"diff": ("00000002", "main")},
    {"purpose": "print receipts of the till in 汉字"},
]


@pytest.fixture(scope="module")
def memory(tmp_path_factory: pytest.TempPathFactory) -> Memory:
    memory = new_memory(tmp_path_factory.mktemp("budgets"))
    for number, text in enumerate(WORDS * 2):
        memory.step(f"{number} {text}", action="do it")
        memory.commit(f"{text} {number}", pin=text[:80] if number % 3 == 0 else (), decision=f"{text[:60]} {number}")
    memory.step("pending " + WORDS[1])
    memory.flush()
    return memory


def check(memory: Memory, depth: dict[str, object], budget: int) -> None:
    for counter in (COUNTER, Utf8Estimate()):
        found = context(memory.layout, Asked(branch="main", budget=budget, **depth), counter=counter)  # type: ignore[arg-type]

        assert found.counter == counter.name
        assert counter.count(found.text) == found.tokens <= budget
        whole = all(piece.shown == "whole" for piece in found.pieces)
        assert whole != bool(found.left_out)
        assert all(re.search(r"\(.+\)$", sentence) for sentence in found.left_out)


@settings(deadline=None, max_examples=40)
@given(st.integers(min_value=0, max_value=32_000), st.sampled_from(DEPTHS))
def test_any_budget_holds_at_any_depth(memory: Memory, budget: int, depth: dict[str, object]) -> None:
    check(memory, depth, budget)


@pytest.mark.parametrize("depth", DEPTHS, ids=str)
def test_small_budgets_hold_one_by_one(memory: Memory, depth: dict[str, object]) -> None:
    for budget in [*range(0, 60, 3), *range(60, 400, 17)]:
        check(memory, depth, budget)


def test_from_fifty_tokens_on_something_is_told(memory: Memory) -> None:
    for budget in (50, 80, 120, 400, 2000, 32_000):
        assert context(memory.layout, Asked("main", budget=budget), counter=COUNTER).text


def test_no_cut_divides_a_sign(memory: Memory) -> None:
    for budget in range(100, 700, 41):
        for piece in memory.context(log=True, k=40, budget=budget).pieces:
            if piece.shown == "cut" and "👨" in piece.text:
                signs = regex.findall(r"\X", piece.text.partition(" ")[2])
                assert set(signs) <= set(regex.findall(r"\X", WORDS[2] + "0123456789 \nObservation:Actodi"))
