"""Whatever the text: a value comes out as it went in, and pieces of it are those that Python would cut."""

import io
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from onecontext.text.redact import find_secrets, redact
from onecontext.variables import parts, reading
from onecontext.variables.redacting import Redacting
from onecontext.variables.variables import Variables
from tests.support.memory import new_memory

TEXTS = st.text(
    alphabet=st.one_of(st.characters(codec="utf-8"), st.sampled_from("\n\n\n\r\x85\u2028\x00é汉😀\u0301")), max_size=300
)
SAID = TEXTS.filter(lambda text: redact(text) == text)
KEY = "sk-ant-api03-" + "aB3" * 20
BLOCK = f"-----BEGIN RSA PRIVATE KEY-----\n{'QUJDRA==' * 20}\n-----END RSA PRIVATE KEY-----"


@pytest.fixture(scope="module")
def variables() -> Iterator[Variables]:
    with tempfile.TemporaryDirectory() as folder:
        yield new_memory(Path(folder)).variables


def lines_of(text: str) -> list[str]:
    lines = text.split("\n")
    return [f"{line}\n" for line in lines[:-1]] + ([lines[-1]] if lines[-1] else [])


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(text=SAID, start=st.integers(0, 400), length=st.integers(0, 400))
def test_a_slice_of_characters_is_that_of_the_text(variables: Variables, text: str, start: int, length: int) -> None:
    kept = variables.put(text)

    part = variables.slice(kept.handle, start, start + length)

    assert part.text == text[start : start + length]
    assert (part.total, kept.characters, kept.size_bytes) == (len(text), len(text), len(text.encode()))
    assert variables.slice(kept.handle).text == text


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(text=SAID, first=st.integers(1, 12), more=st.integers(0, 12))
def test_a_slice_of_lines_is_that_of_the_text(variables: Variables, text: str, first: int, more: int) -> None:
    kept = variables.put(text)

    part = variables.lines(kept.handle, first, first + more)

    lines = lines_of(text)
    assert part.text == "".join(lines[first - 1 : first + more])
    assert part.total == kept.lines == len(lines)
    assert part.end - part.start + 1 == len(lines[first - 1 : first + more])


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(text=SAID, size=st.integers(4, 40))
def test_pieces_make_the_text_and_none_is_cut_inside_a_character(variables: Variables, text: str, size: int) -> None:
    kept = variables.put(text)

    with reading.opened(variables._place, kept.handle) as value:
        pieces = list(value.whole_lines(size))

    assert b"".join(piece for _, piece in pieces) == text.encode()
    before = ""
    for number, piece in pieces:
        assert number == before.count("\n") + 1
        before += piece.decode("utf-8")
        assert len(piece) <= size


def test_one_piece_has_a_limit_and_says_so(variables: Variables, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "LIMIT_CHARACTERS", 10)
    kept = variables.put("é" * 9 + "\n" + "x" * 9 + "\n")

    assert variables.slice(kept.handle, 0, 11).cut
    assert not variables.slice(kept.handle, 0, 10).cut
    assert variables.lines(kept.handle, 1, 2) == parts.Part("é" * 9 + "\n", "lines", 1, 1, 2, cut=True)


# --- secrets ---------------------------------------------------------------------------------------------------------

WORDS = st.sampled_from(
    [KEY, BLOCK, "password=", "hunter2!secret", " ", "\n", "a line of a log\n", "token: ", "xyz", "é😀"]
)


@settings(max_examples=200, deadline=None)
@given(words=st.lists(WORDS, max_size=60), feed=st.integers(1, 400), window=st.integers(600, 2000))
def test_a_text_in_pieces_is_redacted_as_a_whole_one(words: list[str], feed: int, window: int) -> None:
    text = "".join(words)
    redacting = Redacting(window, margin=500, context=300)

    said = "".join(redacting.feed(text[at : at + feed]) for at in range(0, len(text), feed)) + redacting.end()

    assert said == redact(text)
    assert bool(redacting.count) == bool(find_secrets(text))


def test_a_secret_longer_than_what_is_looked_ahead_goes_out_in_no_part(variables: Variables) -> None:
    # It begins in the first window and ends in the third.
    lines = "a line of a log, and nothing else\n" * 30_000
    long = f"-----BEGIN RSA PRIVATE KEY-----\n{('QUJDRA==' * 8 + chr(10)) * 25_000}-----END RSA PRIVATE KEY-----"

    kept = variables.put_stream(io.BytesIO(f"{lines}{long}\n{lines[:3_400]}".encode()))

    assert len(long) > 1 << 20
    assert variables.slice(kept.handle).text == f"{lines}[redacted:private-key]\n{lines[:3_400]}"
    assert kept.redacted == 1


@pytest.mark.parametrize("before", [0, 5_000, (1 << 20) - 40, (1 << 20) - 10, 1 << 20, (1 << 20) + 100, 3 << 19])
def test_a_secret_is_taken_out_wherever_a_window_ends(variables: Variables, before: int) -> None:
    lines = "a line of a log, and nothing else\n" * (before // 34) + "x" * (before % 34)
    text = f"{lines} {KEY}\npassword: hunter2!secret\n{BLOCK}\n{lines}"

    kept = variables.put_stream(io.BytesIO(text.encode()))

    whole = variables.slice(kept.handle).text
    assert kept.redacted == 3
    assert "aB3aB3" not in whole
    assert "hunter2" not in whole
    assert "QUJDRA" not in whole
    assert (
        whole == f"{lines} [redacted:anthropic-key]\npassword: [redacted:credential]\n[redacted:private-key]\n{lines}"
    )
