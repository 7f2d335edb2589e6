"""Closeness by vectors. The embedder here is no model: it knows a handful of words, and is the same every time."""

from collections.abc import Sequence
from importlib.util import find_spec

import pytest

from onecontext.errors import UsageError
from onecontext.recall.search.dense import WEIGHT, Closeness, Vector
from onecontext.recall.search.static_vectors import static_vectors

MEANINGS = {"car": (1.0, 0.0), "automobile": (2.0, 0.0), "banana": (0.0, 1.0), "anti": (-1.0, 0.0)}


class Meanings:
    """Gives each known word a direction; any other text is nothing. Counts what it was asked for."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def __call__(self, texts: Sequence[str]) -> Sequence[Vector]:
        self.asked += texts
        return [MEANINGS.get(text, (0.0, 0.0)) for text in texts]


TEXTS = {1: "automobile", 2: "banana", 3: "unknown", 4: "anti"}


def test_a_text_that_means_the_same_gains_its_share_of_the_best_score_and_no_text_loses() -> None:
    closeness = Closeness(Meanings())

    scores = closeness.scored("car", {2: 10.0, 4: 1.0}, TEXTS, TEXTS.__getitem__)

    assert scores == pytest.approx({1: 10 * WEIGHT, 2: 10, 3: 0, 4: 1})


def test_a_text_is_turned_into_a_vector_once() -> None:
    meanings = Meanings()
    closeness = Closeness(meanings)

    for _ in range(3):
        closeness.scored("car", {1: 1.0}, TEXTS, TEXTS.__getitem__)

    assert sorted(meanings.asked) == sorted(["car", *TEXTS.values()])


def test_where_words_found_nothing_nobody_is_asked() -> None:
    meanings = Meanings()

    assert Closeness(meanings).scored("car", {}, TEXTS, TEXTS.__getitem__) == {}
    assert meanings.asked == []


def test_another_number_of_vectors_than_texts_is_an_error() -> None:
    with pytest.raises(ValueError, match="1 vectors for 2 texts"):
        Closeness(lambda texts: [(1.0,)]).scored("car", {1: 1.0}, [1], TEXTS.__getitem__)


@pytest.mark.skipif(find_spec("wordllama") is not None, reason="the extra is installed")
def test_without_the_extra_it_is_said_what_to_install() -> None:
    with pytest.raises(UsageError) as caught:
        static_vectors()

    assert "onecontext-teams[dense]" in str(caught.value.hint)


@pytest.mark.skipif(find_spec("wordllama") is None, reason="the extra 'dense' is not installed")
def test_the_static_vectors_know_a_car_from_a_banana() -> None:
    scores = Closeness(static_vectors()).scored("car", {2: 1e-9, 1: 1e-9}, TEXTS, TEXTS.__getitem__)

    assert scores[1] > scores[2]
