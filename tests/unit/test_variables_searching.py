"""Searching: what a line is, what is shown around it, and patterns that mean harm."""

import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from onecontext.errors import UsageError
from onecontext.variables import matching
from onecontext.variables.model import Line
from onecontext.variables.searching import grep
from onecontext.variables.variables import Variables
from tests.support.memory import new_memory

TEXT = "one\ntwo\nthree\nfour\nfive\nsix\n"


@pytest.fixture
def variables(tmp_path: Path) -> Variables:
    return new_memory(tmp_path).variables


def shown(lines: tuple[Line, ...]) -> list[str]:
    return [f"{line.number}{':' if line.match else '-'}{line.text}" for line in lines]


def test_matching_lines_come_with_their_numbers_and_those_around_them(variables: Variables) -> None:
    kept = variables.put(TEXT)

    assert shown(variables.grep(kept.handle, "o").lines) == ["1:one", "2:two", "4:four"]
    assert shown(variables.grep(kept.handle, "^f", context=1).lines) == ["3-three", "4:four", "5:five", "6-six"]
    assert shown(variables.grep(kept.handle, "E$", ignore_case=True).lines) == ["1:one", "3:three", "5:five"]
    assert variables.grep(kept.handle, "seven").matches == 0


def test_a_line_that_is_searched_in_pieces_counts_once(variables: Variables) -> None:
    kept = variables.put(f"needle{'x' * 3_000_000}needle\nneedle\n")

    found = variables.grep(kept.handle, "needle")

    assert (found.matches, [line.number for line in found.lines]) == (2, [1, 2])
    assert variables.grep(kept.handle, "needle", limit=2).more is False


def test_a_search_ends_at_its_limit_and_says_that_there_is_more(variables: Variables) -> None:
    kept = variables.put(TEXT)

    found = variables.grep(kept.handle, "e", limit=2, context=1)
    exactly = variables.grep(kept.handle, "^t", limit=2)

    assert shown(found.lines) == ["1:one", "2-two", "3:three", "4-four"]
    assert (found.more, found.reason) == (True, "there are more than 2")
    assert (exactly.matches, exactly.more, exactly.reason) == (2, False, "")


def test_a_match_never_spans_lines(variables: Variables) -> None:
    kept = variables.put("a\nb\n\nc")

    assert variables.grep(kept.handle, "a[^q]*b").matches == 0
    assert variables.grep(kept.handle, r"a\sb").matches == 0
    assert shown(variables.grep(kept.handle, "^$").lines) == ["3:"]
    assert shown(variables.grep(kept.handle, "x*").lines) == ["1:a", "2:b", "3:", "4:c"]


def test_of_a_long_line_the_part_around_the_match_is_shown(variables: Variables) -> None:
    kept = variables.put("short\n" + "é" * 5000 + "needle" + "é" * 5000 + "\n")

    (line,) = variables.grep(kept.handle, "needle").lines

    assert "needle" in line.text
    assert len(line.text) <= 400
    assert (line.number, line.cut) == (2, True)
    assert "\ufffd" not in line.text


def test_a_line_longer_than_what_is_searched_at_once_counts_once(
    variables: Variables, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(matching, "LINE_BYTES", 4096)
    kept = variables.put("x" * 10_000 + "needle" + "x" * 10_000 + "needle\nneedle\n")

    assert [line.number for line in variables.grep(kept.handle, "needle").lines] == [1, 2]
    assert variables.count(kept.handle, pattern="needle").matches == 2


@settings(max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    lines=st.lists(st.text(alphabet="abé ", max_size=6), max_size=40),
    pattern=st.sampled_from(["a", "^a", "b$", "a.b", "é+", "(a|b)é", "^$"]),
    context=st.integers(0, 3),
    limit=st.integers(1, 50),
    size=st.integers(16, 60),
)
def test_what_is_found_is_what_python_finds(
    shared: Variables, lines: list[str], pattern: str, context: int, limit: int, size: int
) -> None:
    kept = shared.put("".join(f"{line}\n" for line in lines))
    hits = [n for n, line in enumerate(lines, start=1) if re.search(pattern, line)]
    near = {n for hit in hits[:limit] for n in range(hit - context, hit + context + 1)} & set(range(1, len(lines) + 1))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(matching, "LINE_BYTES", size)
        patch.setattr(matching, "LEAST_BYTES", size)
        found = shared.grep(kept.handle, pattern, context=context, limit=limit)
        counted = shared.count(kept.handle, pattern=pattern)

    assert [line.number for line in found.lines if line.match] == hits[:limit]
    assert {line.number: line.text for line in found.lines} == {n: lines[n - 1] for n in near}
    assert found.more == (len(hits) > limit)
    assert counted.matches == len(hits)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Variables:
    return new_memory(tmp_path_factory.mktemp("shared")).variables


# --- patterns that mean harm -----------------------------------------------------------------------------------------

EXPONENTIAL = [
    "(a+)+$",
    "(a|a)*b$",
    "(.*)*x",
    "(x+x+)+y",
    "^(([a-z])+.)+[A-Z]([a-z])+$",
    "[ab]*a[ab]{400}c",
    "(.*a){25}c",
]


@pytest.mark.parametrize("pattern", EXPONENTIAL)
def test_no_pattern_takes_more_than_time_in_proportion_to_the_text(variables: Variables, pattern: str) -> None:
    kept = variables.put("ab" * 500_000 + "\n")
    began = time.monotonic()

    variables.grep(kept.handle, pattern)

    assert time.monotonic() - began < 60


def test_a_pattern_that_is_slow_all_the_same_ends_when_its_time_is_over(shared: Variables) -> None:
    kept = shared.put("abbaabab" * 300_000)
    began = time.monotonic()

    found = grep(shared._place, kept.handle, r"(\w{1,500}){2}z", limit_s=1.0)

    assert found.more
    assert found.reason.startswith("time was over after 1 s")
    assert time.monotonic() - began < 60


def test_time_that_is_over_before_the_search_begins_finds_nothing(variables: Variables) -> None:
    kept = variables.put(TEXT)
    times: Iterator[float] = iter(range(100))
    clock: Callable[[], float] = lambda: float(next(times))  # noqa: E731

    found = grep(variables._place, kept.handle, "o", limit_s=0.5, clock=clock)

    assert (found.matches, found.reason) == (0, "time was over after 0.5 s, at line 1")


@pytest.mark.parametrize(
    ("pattern", "said"),
    [
        ("", "the pattern is empty"),
        ("(", "missing \\)"),
        ("a)|(b", "unexpected \\)"),
        ("(?=a)", "invalid perl operator"),
        (r"(a)\1", "invalid escape sequence"),
        ("a{2000}", "invalid repetition size"),
        ("((a{100}){100}){100}", "invalid repetition size"),
        (r"(\pL{1,300}){3}", "too large"),
        ("x" * 1001, "at most 1,000"),
        ("\ud800", "half a character"),
        (r"\Aa", "ends of the whole text"),
    ],
)
def test_what_is_no_pattern_is_said_in_one_sentence(variables: Variables, pattern: str, said: str) -> None:
    kept = variables.put(TEXT)

    with pytest.raises(UsageError, match=said):
        variables.grep(kept.handle, pattern)


def test_numbers_out_of_bounds_are_refused(variables: Variables) -> None:
    kept = variables.put(TEXT)

    for wrong in ({"limit": 0}, {"limit": 10_001}, {"context": -1}, {"context": 101}):
        with pytest.raises(UsageError):
            variables.grep(kept.handle, "o", **wrong)
    for do in (
        lambda: variables.slice(kept.handle, -1),
        lambda: variables.slice(kept.handle, 5, 2),
        lambda: variables.lines(kept.handle, 0),
        lambda: variables.head(kept.handle, characters=0),
        lambda: variables.head(kept.handle, lines=0),
    ):
        with pytest.raises(UsageError):
            do()
