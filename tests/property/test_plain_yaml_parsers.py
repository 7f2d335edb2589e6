"""The C parser is a faster way to the same answers, and a hostile text costs no more than its length."""

from typing import Any

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from onecontext.errors import BrokenFrontMatter
from onecontext.text.plain_yaml import MAX_DEPTH, Texts, read_texts
from tests.support.work import calls_of

SIGNS = st.text("ab:-#'\"\n \t,[]{}|>&*!%@?`~\\\r\u0085\u2028é\ufeff", max_size=16)
KEYS = st.sampled_from(["name", "a", '"a b"', "'c'", "- x", "? q", "", "é", " a", "\ta", "- "])
_VALUES = "b|'q'|\"dq\"|~|1.0|yes|2026-01-02|[a, b]|{a: b}|&a x|*a|!!str x|# c|a # c|a\tb|\tx|@x|a:b|a: b|- a|>#|''"
_BLOCKS = ["|\n  block\n  two", ">-\n  folded", "\n  k: v", "\n  - a\n  - b", "a\n  cont", "a\ncont", "|#", "|2-\n   x"]
VALUES = st.sampled_from([*_VALUES.split("|"), *_BLOCKS])
LINES = st.tuples(KEYS, st.sampled_from([": ", ":", " : ", ":\t", ""]), VALUES).map("".join)
TEXTS = st.one_of(SIGNS, st.lists(st.one_of(LINES, SIGNS), max_size=5).map("\n".join))


def _read(text: str, parser: Any) -> Texts | None:
    try:
        return read_texts(text, parser=parser)
    except BrokenFrontMatter as error:
        _check(error, text)
        return None


def _check(error: BrokenFrontMatter, text: str) -> None:
    assert 1 <= error.line <= text.count("\n") + text.count("\r") + 1
    assert error.hint


@given(TEXTS)
@example("a:\tb")
@example("|#")
@example("\ufeffa: b")
@example("\n\ufeff}&{:")
@example("a: b\x85c\nd: e\u2028f")
def test_both_parsers_give_the_same_answer(text: str) -> None:
    assert _read(text, None) == _read(text, yaml.SafeLoader)


@given(st.dictionaries(st.from_regex(r"[a-z]{1,6}", fullmatch=True), st.text(max_size=20), max_size=5))
def test_what_a_library_writes_is_read_as_the_texts_that_were_written(values: dict[str, str]) -> None:
    written = "".join(f"{key}: {yaml.dump(value, default_style=chr(34), width=10**6)}" for key, value in values.items())

    assert read_texts(written).values == values


SHAPES = [
    "[",
    "{a: ",
    "- ",
    "? ",
    "a: b\n- c\n",
    "x",
    "x ",
    '"',
    "'",
    "# r\n",
    "a\n",
    "&a ",
    "*a ",
    "{",
    "[]\n",
    "k: |\n",
]


@pytest.mark.parametrize("parser", [None, yaml.SafeLoader])
@pytest.mark.parametrize("shape", [*SHAPES, "unique"])
def test_twice_the_text_is_twice_the_work(shape: str, parser: Any) -> None:
    def text(size: int) -> str:
        if shape == "unique":
            return "".join(f"k{number}: v\n" for number in range(size // 8))
        return "a: " * shape.startswith(("x", '"', "'")) + shape * (size // len(shape))

    small, large = (calls_of(lambda size=size: _read(text(size), parser)) for size in (8_000, 16_000))  # type: ignore[misc]

    assert large <= 2.2 * small + 200


def test_what_is_nested_too_deeply_ends_the_reading_where_it_is_met() -> None:
    deep, deeper = (calls_of(lambda size=size: _read("[" * size, None)) for size in (100, 60_000))  # type: ignore[misc]

    assert deeper <= deep + 10
    assert read_texts("a: " + "[" * (MAX_DEPTH - 1) + "]" * (MAX_DEPTH - 1)).values["a"] != ""
    with pytest.raises(BrokenFrontMatter, match="nested too deeply"):
        read_texts("a: " + "[" * MAX_DEPTH + "]" * MAX_DEPTH)
