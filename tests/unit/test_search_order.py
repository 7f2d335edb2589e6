"""What stands around a text counts: neighbours, questions, sessions, length, who and when."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from onecontext.recall.search.documents import micros
from onecontext.recall.search.ranking import Asked, Passage, Weights, ranked

START = datetime(2026, 2, 3, tzinfo=UTC)
NOTHING = Weights(neighbour=0, second=0, answer=0, asking=0, session=0, short=0, speaker=0, period=0)


def passage(doc: int, **fields: Any) -> Passage:
    """Return a passage of ten words that stands alone, but for ``fields``."""
    plain = Passage(doc, doc, f"{doc:08x}", agent=0, session=None, at_us=micros(START), words=10, asks=False)
    return plain._replace(**fields)


def row(*texts: Passage) -> dict[int, Passage]:
    """Return passages as one session, in this order."""
    docs = [None, None, *(text.doc for text in texts), None, None]
    return {
        text.doc: text._replace(session=(1, 1), before=(docs[at - 1], docs[at - 2]), after=(docs[at + 1], docs[at + 2]))
        for at, text in enumerate(texts, 2)
    }


def scores(passages: dict[int, Passage], found: dict[int, float], asked: Asked, **weights: float) -> dict[int, float]:
    """Return what each passage scores, with the weights named and no others."""
    return {one.doc: one.score for one in ranked(passages, found, asked, replace(NOTHING, **weights))}


def test_without_weights_the_order_is_that_of_bm25() -> None:
    passages = row(*(passage(doc) for doc in range(4)))

    assert scores(passages, {0: 1.0, 3: 2.0}, Asked()) == {3: 2.0, 0: 1.0}
    assert [one.doc for one in ranked(passages, {0: 1.0, 3: 2.0}, Asked(), NOTHING)] == [3, 0]


def test_a_text_lends_to_those_beside_it_and_less_to_the_next_but_one() -> None:
    passages = row(*(passage(doc) for doc in range(6)))

    found = scores(passages, {2: 10.0}, Asked(), neighbour=0.2, second=0.5)

    assert found == pytest.approx({2: 10, 1: 2, 3: 2, 0: 1, 4: 1})


def test_what_follows_a_question_gets_more_than_what_precedes_it_and_the_question_loses() -> None:
    passages = row(passage(0), passage(1, asks=True), passage(2))

    found = scores(passages, {1: 10.0}, Asked(), neighbour=0.2, answer=0.6, asking=0.3)

    assert found == pytest.approx({0: 2, 1: 7, 2: 8})


def test_the_step_before_a_milestone_gets_a_part_of_what_an_answer_gets_and_another_milestone_nothing() -> None:
    passages = row(passage(0, sums_up=True), passage(1), passage(2, sums_up=True))
    bare = row(passage(0, sums_up=True), passage(1, sums_up=True))

    assert scores(passages, {2: 10.0}, Asked(), answer=0.6) == pytest.approx({2: 10, 1: 4})
    assert scores(bare, {1: 10.0}, Asked(), answer=0.6) == pytest.approx({1: 10})


def test_a_hole_where_a_neighbour_is_not_wanted_is_not_filled_by_the_next_one() -> None:
    passages = {0: passage(0, after=(None, 2)), 2: passage(2)}

    assert scores(passages, {0: 10.0}, Asked(), neighbour=0.2, second=0.5)[2] == pytest.approx(1)


def test_a_session_with_a_better_text_lends_to_all_that_it_has_and_no_session_lends_nothing() -> None:
    passages = {0: passage(0, session=(1, 1)), 1: passage(1, session=(1, 1)), 2: passage(2), 3: passage(3)}

    found = scores(passages, {0: 10.0, 1: 1.0, 2: 10.0, 3: 1.0}, Asked(), session=0.5)

    assert found == pytest.approx({0: 15, 1: 6, 2: 10, 3: 1})


def test_sessions_of_the_same_name_on_other_branches_are_others() -> None:
    passages = {0: passage(0, session=(1, 7)), 1: passage(1, session=(2, 7))}

    assert scores(passages, {0: 10.0, 1: 1.0}, Asked(), session=0.5)[1] == pytest.approx(1.5)


def test_a_short_text_is_believed_by_half_and_one_without_words_not_at_all() -> None:
    passages = {0: passage(0, words=8), 1: passage(1, words=72), 2: passage(2, words=0)}

    assert scores(passages, {0: 10.0, 1: 10.0, 2: 10.0}, Asked(), short=8) == pytest.approx({0: 5, 1: 9})


def test_the_agent_and_the_time_that_are_named_count_more() -> None:
    passages = {0: passage(0, agent=5), 1: passage(1, at_us=micros(START + timedelta(days=40))), 2: passage(2)}
    asked = Asked(agents={5}, period=lambda at: at > START)

    found = scores(passages, dict.fromkeys(passages, 10.0), asked, speaker=0.3, period=1.5)

    assert found == pytest.approx({0: 13, 1: 25, 2: 10})


def test_of_equal_scores_the_newer_comes_first_then_the_lower_id() -> None:
    late = micros(START + timedelta(seconds=1))
    passages = {1: passage(1, record="b"), 2: passage(2, record="a"), 3: passage(3, record="c", at_us=late)}

    assert [one.doc for one in ranked(passages, dict.fromkeys(passages, 1.0), Asked())] == [3, 2, 1]
