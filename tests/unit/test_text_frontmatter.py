"""Front matter: found however it was saved, refused with its line when it is not what it seems."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onecontext.errors import InvalidDocument
from onecontext.text.frontmatter import MAX_CHARACTERS, split


@pytest.mark.parametrize(
    ("text", "values", "body"),
    [
        ("---\nname: a\n---\nbody\n", {"name": "a"}, "body\n"),
        ("\ufeff---\r\nname: a\r\n---\r\nbody\r\n", {"name": "a"}, "body\r\n"),
        ("---  \nname: a\n...\nbody", {"name": "a"}, "body"),
        ("---\n---\nbody", {}, "body"),
        ("---\n# only a remark\n---", {}, ""),
        ("body\n---\nname: a\n---\n", {}, "body\n---\nname: a\n---\n"),
        ("", {}, ""),
        ("\ufeffbody", {}, "body"),
        ("----\nbody", {}, "----\nbody"),
        ("---\nd: |\n  a\n   ---\n  b\n---\nx\n---\n", {"d": "a\n ---\nb\n"}, "x\n---\n"),
        ('---\nd: "汉字 é"\n---\n', {"d": "汉字 é"}, ""),
    ],
)
def test_front_matter_and_body_come_apart(text: str, values: dict[str, str], body: str) -> None:
    assert split(text) == (values, body)


@given(st.text(), st.dictionaries(st.from_regex(r"[a-z]{1,5}", fullmatch=True), st.integers(), max_size=4))
def test_what_is_put_together_comes_apart_again(body: str, values: dict[str, int]) -> None:
    lines = "".join(f'"{key}": {value}\n' for key, value in values.items())

    assert split(f"---\n{lines}---\n{body}") == (values, body)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("name: a\nname: b", "line 3: the key 'name' twice"),
        ("m:\n  k: 1\n  k: 2", "line 4: the key 'k' twice"),
        ("a: &x [1]\nb: *x", r"line 3: aliases \(\*name\) are not allowed"),
        ("a: 1\nb: [1, 2", "line 4: "),
        ("a: 1\n\tb: 2", "line 3: "),
        ("- a\n- b", "line 2: must be keys with values"),
        ("just words", "line 2: must be keys with values"),
        ("a: !!python/object/apply:os.system ['x']", "line 2: could not determine a constructor"),
        ("a: 1\nb: \x07", "line 3: a character that YAML does not allow"),
        ("a: \ud800", "line 2: a character that YAML does not allow"),
        ("a: 2026-13-45", "month must be in"),
        ("1: a", "the key 1 is no text"),
        ("a: " + "[" * 20_000, "nested too deeply"),
    ],
)
def test_what_is_no_front_matter_is_refused_with_its_line(content: str, message: str) -> None:
    with pytest.raises(InvalidDocument, match=message):
        split(f"---\n{content}\n---\nbody")


def test_front_matter_that_never_ends_and_front_matter_without_end_are_refused() -> None:
    with pytest.raises(InvalidDocument, match="never closed"):
        split("---\nname: a\n")
    with pytest.raises(InvalidDocument, match="longer than 65,536"):
        split("---\n" + "# x\n" * (MAX_CHARACTERS // 4 + 1) + "---\n")


@pytest.mark.parametrize("unit", ["---x\n", "\n", "--- -\n", "a", "-"])
def test_time_grows_with_the_text_and_not_with_its_square(unit: str) -> None:
    def cpu_s(size: int) -> float:
        text = "---\n" + unit * (size // len(unit))
        began = time.process_time()
        with pytest.raises(InvalidDocument):
            split(text)
        return time.process_time() - began

    # Sixteen times the text: linear is 16 times the work, quadratic 256 times.
    assert cpu_s(960_000) < 64 * cpu_s(60_000) + 0.05
