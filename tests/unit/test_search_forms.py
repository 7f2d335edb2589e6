"""Irregular forms belong together; regular ones are the stemmer's."""

import pytest

from onecontext.recall.search.forms import forms
from onecontext.recall.search.terms import STOP_WORDS, asked


@pytest.mark.parametrize(
    ("word", "known"),
    [
        ("buy", {"buy", "bought"}),
        ("bought", {"bought", "buy"}),
        ("writing", {"writing", "wrote", "written"}),
        ("reran", {"reran", "rerun"}),
        ("indices", {"indices", "index"}),
        ("parser", {"parser"}),
        ("", {""}),
    ],
)
def test_a_word_has_the_forms_that_no_rule_of_spelling_yields(word: str, known: set[str]) -> None:
    assert set(forms(word)) == known
    assert len(forms(word)) == len(known)


def test_a_word_never_brings_a_form_of_its_own_stem_twice() -> None:
    assert "run" not in forms("running")
    assert "running" not in forms("run")


def test_no_stop_word_has_other_forms_but_what_is_left_of_will_not() -> None:
    assert [word for word in STOP_WORDS if len(forms(word)) > 1] == ["won"]


def test_a_query_asks_for_any_of_the_forms_as_one_thing() -> None:
    (term,) = asked("bought")

    assert term.match == '("bought" OR "buy")'
    assert term.text == "bought"
