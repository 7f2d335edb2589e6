"""Whatever is asked: no error but a sentence, no long wait, and what stands in a text is found by it."""

import re
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from onecontext import Memory
from onecontext.errors import UsageError
from onecontext.recall.search import search
from onecontext.recall.search.terms import MAX_TERMS, asked
from tests.support.memory import new_memory
from tests.support.searching import texts

LONGEST_S = 2.0  # of one search here, on a busy machine; the bench has the figures

SPECIAL = [
    *('"', '""', "'", "*", "^", "(", ")", "((((", "a AND", "NOT b", "NEAR(a b, 2)", "text:a", "{text}:a", "- a", "a*b"),
    *(
        "a OR OR b",
        "\0",
        "a\0b",
        "\ud800",
        "a\udfffb",
        "\U0001f600",
        "👩🏽‍💻",
        "日本語",
        "שלום",
        "مرحبا",
        "e\u0301",
        "ﷺ" * 50,
    ),
    *(
        "the of and",
        "x" * 10_000,
        "word " * 2_000,
        "日本" * 5_000,
        "aB" * 5_000,
        "((" * 5_000,
        '"' * 10_000,
        "0f" * 5_000,
    ),
    *(
        "SELECT 1; DROP TABLE doc",
        "%s ? :a @b $c",
        "a\nb\tc",
        "\u202e",
        "\x1b[31m",
        "🇩🇪 🏳️‍🌈",
        "ｆｕｌｌ",
        "Ⅷ",
        "İstanbul",
    ),
]


@pytest.fixture(scope="module")
def memory() -> Iterator[Memory]:
    with tempfile.TemporaryDirectory() as name:
        memory = new_memory(Path(name))
        for at, text in enumerate(SPECIAL):
            memory.step(text.replace("\0", "").encode("utf-8", "replace").decode() or "nothing", f"number {at}")
        memory.commit("all of them")
        yield memory


def ask(memory: Memory, query: str) -> None:
    began = time.monotonic()
    if asked(query):
        search(memory.layout, query)
    else:
        with pytest.raises(UsageError, match="no word"):
            search(memory.layout, query)
    assert time.monotonic() - began < LONGEST_S


@pytest.mark.parametrize("query", ["", " ", *SPECIAL], ids=lambda query: repr(query[:12]))
def test_a_query_of_any_kind_is_answered(memory: Memory, query: str) -> None:
    ask(memory, query)


@settings(deadline=None)
@given(st.text(st.characters(exclude_categories=[])) | st.text('"*^(){}:-+ abAB_.ORNEAT\0\ud800日本', max_size=200))
def test_any_text_is_a_query(memory: Memory, query: str) -> None:
    ask(memory, query)


@given(st.text(st.characters(exclude_categories=[]), max_size=300))
def test_what_is_asked_is_bounded_and_quoted(query: str) -> None:
    terms = asked(query)

    assert len(terms) <= MAX_TERMS
    for term in terms:
        assert re.fullmatch(r'"[^"]+"\*?|\("[^"]+"(?: OR "[^"]+")+\)', term.match)


@pytest.mark.parametrize(
    ("text", "queries"),
    [
        ("see onecontext/recall/pack.py", ["onecontext/recall/pack.py", "pack.py", "recall", "pack"]),
        ("the function max_line_length", ["max_line_length", "line", "line_length"]),
        ("raises FileNotFoundError there", ["FileNotFoundError", "filenotfounderror", "not found", "Found"]),
        ("HTTPResponseCode of E0277", ["E0277", "e0277", "HTTP", "response"]),
        ("at 3f2a91c04d5e6f708192a3b4c5d6e7f801234567", ["3f2a91c04d5e6f708192a3b4c5d6e7f801234567", "3f2a91c04d5e"]),
        ("short 3f2a91c", ["3f2a91c04d5e6f708192a3b4c5d6e7f801234567"]),
        ("see https://example.org/a/page?x=1#top", ["https://example.org/a/page?x=1#top", "example.org", "page"]),
        ("我们决定使用数据库", ["决定", "数据库", "我", "库", "使用数据"]),
        ("エラーが発生しました", ["エラー", "発生"]),
        ("데이터베이스를 사용했다", ["데이터베이스", "사용"]),
        ("ฐานข้อมูลเสียหาย", ["ฐานข้อมูล"]),
        ("हिन्दी में", ["हिन्दी"]),
        ("ready ✅ now 🚀", ["✅", "🚀"]),
        ("שלום עולם", ["עולם"]),
        ("the café was closed", ["cafe", "café", "cafe\u0301"]),
        ("ｆｕｌｌ width", ["full"]),
        ("the of and", ["the", "of and"]),
        ("connections were refused", ["connection", "refusing"]),
    ],
)
def test_what_stands_in_a_text_finds_it_whole_and_by_its_parts(tmp_path: Path, text: str, queries: list[str]) -> None:
    memory = new_memory(tmp_path)
    memory.step(text)
    memory.step("another one altogether")

    for query in queries:
        assert texts(memory, query, kind="step") == [f"Observation: {text}"], query


@settings(max_examples=40, deadline=None)
@given(st.text("日本語決定数据库的東京エラー漢字", min_size=1, max_size=12), st.data())
@example("日", None)
def test_every_part_of_a_run_without_spaces_finds_it(text: str, data: st.DataObject | None) -> None:
    start = data.draw(st.integers(0, len(text) - 1)) if data else 0
    end = data.draw(st.integers(start + 1, len(text))) if data else 1
    with tempfile.TemporaryDirectory() as name:
        memory = new_memory(Path(name))
        memory.step(text)

        assert texts(memory, text[start:end], kind="step") == [f"Observation: {text}"]
