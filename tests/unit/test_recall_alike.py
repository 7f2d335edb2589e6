"""What says the same, and what is about the same."""

import time
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onecontext.recall.purpose.alike import Told, about_the_same, sentences, words
from onecontext.recall.purpose.excerpt import LEAST_CHARACTERS, excerpt

TOLD = "First this. The port of the server is 8080, since the proxy has the others.\nRound it once."


@pytest.mark.parametrize(
    "sentence",
    [
        "The port of the server is 8080, since the proxy has the others.",
        "port of a server: 8080",
        "THE SERVER IS 8080, since the proxy!",
        "servers are 8080 since a proxy",
        "round it once!",
    ],
)
def test_the_same_in_other_forms_is_told(sentence: str) -> None:
    told = Told()
    told.add(TOLD)

    assert told.has(sentence)


@pytest.mark.parametrize(
    "sentence",
    [
        "The port of the server is 8081.",
        "The port of the server is not 8080.",
        "The port of the server isn't 8080.",
        "The port of the server will be 8080.",
        "Never the port of the server 8080",
        "Bob says the port of the server is 8080.",
        "8080 is the server with that port",
        "The server.",
        "Round it.",
        "",
        "...",
    ],
)
def test_a_number_a_name_a_denial_or_another_order_is_another_sentence(sentence: str) -> None:
    told = Told()
    told.add(TOLD)

    assert not told.has(sentence)


def test_one_word_that_differs_in_a_long_sentence_makes_it_another() -> None:
    long = (
        "The server of the shop in Lyon listens on port 8080 behind the proxy that the provider runs for all its tills"
    )
    told = Told()
    told.add(f"{long}\nPort 8081 is free in Nice, and never used.")

    assert told.has(long)
    for other in (long.replace("8080", "8081"), long.replace("Lyon", "Nice"), long.replace("listens", "never listens")):
        assert not told.has(other)


def test_what_is_left_of_a_text_is_what_nobody_told() -> None:
    told = Told()
    told.add("Round once, at the end.\nDecimal for all money")

    assert told.rest_of(
        "Decided: floats are out.\nRound once, at the end. Ask the printer.\n- decimal for all money"
    ) == ("Decided: floats are out.\nAsk the printer.")
    assert told.rest_of("nothing of it\n\n  kept as it stands") == "nothing of it\n\n  kept as it stands"


@given(st.text(max_size=200))
def test_what_was_told_is_told_and_no_text_is_an_error(text: str) -> None:
    told = Told()
    told.add(text)

    assert all(told.has(sentence) for sentence in sentences(text) if words(sentence))
    assert not words(told.rest_of(text))


def test_facts_about_the_same_are_found_and_others_left_alone() -> None:
    facts = [
        "the port is 8080",
        "keep receipts short",
        "the port is 9090",
        "Round once, at the end",
        "Totals are rounded at each line",
        "Round the totals once",
        "receipts print twice",
    ]

    groups = about_the_same(facts)

    assert [0, 2] in groups
    assert any({3, 5} <= set(group) for group in groups)
    assert not any({1, 6} <= set(group) for group in groups)
    assert about_the_same(["the port is 8080", "port: 8080"]) == []
    assert about_the_same([f"fact number {n} of many" for n in range(5000)]) == []


@given(st.text(max_size=3000), st.lists(st.sampled_from(["a", "port", "8080"])))
def test_an_excerpt_is_of_the_text_and_bounded(text: str, asked: list[str]) -> None:
    part = excerpt(text, asked)

    assert len(part) <= LEAST_CHARACTERS + 100
    assert all(line in text for line in part.split("\n"))


def test_an_excerpt_has_what_is_asked_for() -> None:
    text = "\n".join(f"line {n} about nothing at all" for n in range(2000)) + "\nthe port is 8080\n" + "more " * 5000

    assert "the port is 8080" in excerpt(text, words("which port"))


def test_the_longest_text_of_the_shortest_lines_is_looked_through_in_time() -> None:
    began = time.process_time()

    part = excerpt("a\n" * 5_000_000, words("which port"), 6400)

    assert time.process_time() - began < 10
    assert 1000 < len(part) <= 6500


def test_an_excerpt_begins_with_what_is_asked_for_where_it_can() -> None:
    lines = [f"filler number {number} of no interest to anybody at all" for number in range(40)]
    lines[20] = "the port is 8080"

    assert excerpt("\n".join(lines), words("which port")).startswith("the port is 8080\nfiller number 21")


def test_long_texts_are_not_kept_for_a_next_time() -> None:
    words("told " * 5000)
    tracemalloc.start()
    for number in range(50):
        words(f"roadmap {number} " + "told " * 5000)
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert held < 100_000  # each is 25,000 characters, and 40,000 bytes of words
