"""What is read without the YAML library is what the library makes of it."""

import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from onecontext.memory import metadata, plain_yaml

_WORDS = "yes No null ~ 1 0x1f 1e5 2026-01-02 a # - 'a' ' a'b '' [] {} [a] &a *a !a | > % @ a, e.g. NaN .nan inf = << é"
WORDS = st.sampled_from([*_WORDS.split(), "a b", "a: b", "a #b", "- a", "a ", "a\tb", "a\r", "on", "---", "...", '"a"'])
TEXTS = st.one_of(WORDS, st.text(max_size=12), st.text("ab ':#-,[]{}\n\t0", max_size=10))
LINES = st.one_of(
    st.tuples(WORDS, st.sampled_from([": ", ":", " : ", ":  "]), TEXTS).map("".join),
    TEXTS.map("- ".__add__),
    TEXTS.map("  - ".__add__),
    TEXTS,
)


@given(st.lists(LINES, max_size=6).map(lambda lines: "".join(f"{line}\n" for line in lines)))
@example("a:\n- b\nc: d\n")
@example("a:\nb: c\n")
@example("a: b\n- c\n")
@example("a: b\na: c\n")
def test_it_is_the_same_or_left_to_the_library(text: str) -> None:
    plain = plain_yaml.load(text)

    assert plain is None or plain == (yaml.safe_load(text) or {})


@given(purpose=st.text(max_size=60), pins=st.lists(st.text(min_size=1, max_size=30), max_size=4))
def test_what_we_write_is_read_alike(purpose: str, pins: list[str]) -> None:
    data = metadata.new(purpose=purpose, parent="main", created="2026-01-02T03:04:05.000000+00:00", pinned=pins)
    content = metadata.dump(data)

    assert metadata.load(content, where="here") == yaml.safe_load(content) == data


def test_the_usual_metadata_need_no_library() -> None:
    data = metadata.new(
        purpose="a till, with tax", parent="main", created="2026-01-02T03:04:05+00:00", pinned=["a fact"]
    )

    assert plain_yaml.load(metadata.dump(data).decode()) == data
