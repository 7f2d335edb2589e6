"""Token counts: exact where tiktoken can be asked, never too low, never above the limit, never the network."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import tiktoken
from hypothesis import given, settings
from hypothesis import strategies as st

from onecontext.text import tokens
from onecontext.text.tokens import ENCODINGS, Encoding, TiktokenCounter, Utf8Estimate, default_counter, load_counter

SHIPPED = tokens._shipped_folders()[0]
TEXTS = st.text(
    alphabet=st.one_of(
        st.sampled_from("aaab  \n\n'.,0189/<|>=汉字，。é\u0301😀👨‍👩‍👧\r\t"),
        st.characters(),  # every code point, lone surrogates included
    ),
    max_size=60,
)


@pytest.fixture(scope="module")
def referee() -> tiktoken.Encoding:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TIKTOKEN_CACHE_DIR", str(SHIPPED))
        return tiktoken.get_encoding("o200k_base")


def test_the_default_is_o200k_and_is_loaded_once() -> None:
    assert default_counter().name == "o200k_base"
    assert default_counter() is default_counter()


@settings(deadline=None)
@given(TEXTS)
def test_counts_are_those_of_tiktoken(referee: tiktoken.Encoding, text: str) -> None:
    assert default_counter().count(text) == len(referee.encode(text, disallowed_special=(), allowed_special=set()))


@pytest.mark.parametrize("encoding", ENCODINGS, ids=lambda encoding: encoding.name)
def test_a_break_is_where_both_tokenizers_break(encoding: Encoding, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tokens, "_CHUNK", 6)
    counter = load_counter(encoding, SHIPPED)
    assert counter is not None

    @settings(deadline=None, max_examples=300)
    @given(TEXTS)
    def check(text: str) -> None:
        hard_cuts = sum(not chunk.exact for chunk in tokens._chunks(text))
        whole = len(counter._encode(text))
        assert whole <= counter.count(text)
        assert hard_cuts or whole == counter.count(text)
        assert counter.count(counter.head(text, whole // 2)) <= whole // 2

    check()


@pytest.mark.parametrize(
    "unit", ["The quick brown fox.\n", "x = f(1)\n    //y\n", "word ", "汉字，很多。", "a/b\n/c\n", " \n1"]
)
def test_long_texts_with_breaks_are_counted_exactly(unit: str, referee: tiktoken.Encoding) -> None:
    text = unit * 3000

    assert default_counter().count(text) == len(referee.encode_ordinary(text))


@pytest.mark.parametrize("unit", ["a", " ", "\n", ".", "9", "汉", "😀", "aB", "e\u0301", "QmFzZTY0", " \n", "=-"])
def test_long_texts_without_breaks_are_never_counted_too_low(unit: str, referee: tiktoken.Encoding) -> None:
    text = unit * (50_000 // len(unit))
    true = len(referee.encode_ordinary(text))

    counted = default_counter().count(text)

    assert true <= counted <= true + 2 * (len(text) // 4096 + 1)


@settings(deadline=None)
@given(TEXTS, st.integers(min_value=-1, max_value=80))
def test_a_head_is_a_prefix_within_the_limit_and_no_longer_one_is(text: str, limit: int) -> None:
    counter = default_counter()

    head = counter.head(text, limit)

    assert text.startswith(head)
    assert counter.count(head) <= max(limit, 0)
    reach = text[len(head) : len(head) + 16]
    assert all(counter.count(head + reach[: n + 1]) > limit for n in range(len(reach)))


@pytest.mark.parametrize("unit", ["a", "汉", "prose and more prose\n", "😀"])
@pytest.mark.parametrize("limit", [0, 1, 700, 5000])
def test_a_head_of_a_long_text_uses_its_limit(unit: str, limit: int) -> None:
    counter = default_counter()
    text = unit * 100_000

    head = counter.head(text, limit)

    assert max(limit - 2, 0) <= counter.count(head) <= limit


@pytest.mark.parametrize(("text", "limit", "head"), [("pneumonoultra", 3, "pneumo"), ("тестирование", 2, "тести")])
def test_a_head_may_end_inside_a_token_of_the_whole_when_that_costs_no_more(text: str, limit: int, head: str) -> None:
    assert default_counter().head(text, limit) == head


def test_a_megabyte_without_a_break_is_no_harder_than_many_small_texts() -> None:
    pieces: list[int] = []

    class Spy:
        def encode_ordinary(self, text: str) -> list[int]:
            pieces.append(len(text))
            return [0] * len(text)

    counted = TiktokenCounter("spy", Spy()).count("a" * 1_000_000)

    assert max(pieces) <= 4096
    assert sum(pieces) == 1_000_000
    assert counted >= 1_000_000


def test_special_tokens_are_ordinary_text_and_surrogates_count() -> None:
    counter = default_counter()

    assert counter.count("<|endoftext|>") > 1
    assert counter.count("a\ud800") == counter.count("a\ufffd")
    assert counter.head("\ud800" * 9, 100) == "\ud800" * 9


def test_the_environment_is_untouched_and_litellm_is_not_imported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", "/nowhere")
    code = (
        "import os, sys; from onecontext.text.tokens import default_counter\n"
        "assert 'tiktoken' not in sys.modules\n"
        "print(default_counter().name, os.environ['TIKTOKEN_CACHE_DIR'], 'litellm' in sys.modules)"
    )

    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=dict(os.environ))

    assert ran.stdout.split() == ["o200k_base", "/nowhere", "False"]


def test_a_missing_or_altered_encoding_file_is_not_used_and_stays_where_it_is(tmp_path: Path) -> None:
    altered = tmp_path / ENCODINGS[0].file_name
    altered.write_bytes((SHIPPED / ENCODINGS[0].file_name).read_bytes()[:-5])

    assert load_counter(ENCODINGS[0], tmp_path) is None
    assert load_counter(ENCODINGS[1], tmp_path) is None
    assert altered.exists()


def test_without_o200k_the_older_encoding_counts_and_without_any_the_estimate(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tokens, "_shipped_folders", lambda: [tmp_path])
    fresh = default_counter.__wrapped__  # type: ignore[attr-defined]
    assert fresh() == Utf8Estimate()

    (tmp_path / ENCODINGS[1].file_name).symlink_to(SHIPPED / ENCODINGS[1].file_name)

    assert fresh().name == "cl100k_base"


@given(TEXTS, st.integers(min_value=-1, max_value=250))
def test_the_estimate_is_never_below_tiktoken_and_its_head_is_the_longest(text: str, limit: int) -> None:
    estimate = Utf8Estimate()

    head = estimate.head(text, limit)

    assert estimate.count(text) >= default_counter().count(text)
    assert text.startswith(head)
    assert estimate.count(head) <= max(limit, 0)
    assert head == text or estimate.count(text[: len(head) + 1]) > limit
