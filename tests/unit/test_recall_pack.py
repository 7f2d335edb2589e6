"""Packing: never above the budget, important first, and what is missing is said."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from onecontext.recall.pack import Packed, Piece, pack
from onecontext.text.tokens import Utf8Estimate, default_counter

COUNTER = default_counter()
SIGNS = ["👨\u200d👩\u200d👧", "e\u0301", "👍\U0001f3fd", "❤\ufe0f"]
TEXTS = st.one_of(
    st.text(max_size=120),
    st.text(alphabet="汉字，。語 \n", max_size=200),
    st.lists(st.sampled_from(["😀", *SIGNS, " "]), max_size=60).map("".join),
    st.text(alphabet="ab cd\n.", max_size=300),
)
PIECES = st.lists(st.builds(Piece, st.text(max_size=12), TEXTS, st.text(max_size=12)), max_size=6)


def _piece(name: str, words: int = 40) -> Piece:
    return Piece(f"part {name}", f"{name}: " + "word " * (words - 1) + "end", f"onecontext show {name}")


@settings(deadline=None, max_examples=200)
@given(PIECES, st.integers(min_value=-2, max_value=300))
def test_the_text_is_never_above_the_budget_and_its_tokens_are_true(pieces: list[Piece], budget: int) -> None:
    packed = pack(pieces, budget=budget, counter=COUNTER)

    assert packed.tokens == COUNTER.count(packed.text)
    assert packed.tokens <= max(budget, 0)


@settings(deadline=None)
@given(PIECES)
def test_every_budget_holds_for_every_piece_count_and_the_exact_one_leaves_nothing_out(pieces: list[Piece]) -> None:
    whole = pack(pieces, budget=None, counter=COUNTER)
    assert whole.left_out == ()

    assert pack(pieces, budget=whole.tokens, counter=COUNTER) == whole
    if whole.tokens:
        assert pack(pieces, budget=whole.tokens - 1, counter=COUNTER).left_out


@settings(deadline=None)
@given(PIECES, st.integers(min_value=0, max_value=300))
def test_each_piece_is_there_whole_or_named_as_left_out(pieces: list[Piece], budget: int) -> None:
    packed = pack(pieces, budget=budget, counter=Utf8Estimate())

    whole = [piece for piece in pieces if piece.text.strip("\n") and piece.text.strip("\n") in packed.text]
    wanted = [piece for piece in pieces if piece.text.strip("\n")]
    assert len(packed.left_out) >= len(wanted) - len(whole)


@given(PIECES)
def test_no_budget_at_all_gives_the_empty_text_and_names_everything(pieces: list[Piece]) -> None:
    wanted = [piece for piece in pieces if piece.text.strip("\n")]

    for budget in (0, -5):
        packed = pack(pieces, budget=budget, counter=COUNTER)
        assert (packed.text, packed.tokens, len(packed.left_out)) == ("", 0, len(wanted))


def test_the_important_come_first_and_the_last_line_says_what_is_missing() -> None:
    packed = pack([_piece("a"), _piece("b"), _piece("c")], budget=120, counter=COUNTER)

    assert packed.text.startswith("a: word")
    assert _piece("a").text in packed.text
    assert packed.text.splitlines()[-1].startswith("[left out: ")
    assert packed.text.splitlines()[-1].endswith("part c (onecontext show c)]")
    assert packed.left_out[-1] == "part c (onecontext show c)"


def test_a_small_piece_still_goes_in_behind_a_large_one_that_does_not_fit() -> None:
    packed = pack([_piece("large", 2000), _piece("small", 5)], budget=12, counter=COUNTER)

    assert packed.text.splitlines()[0] == "small: word word word word end"
    assert packed.left_out == ("part large (onecontext show large)",)


def test_a_cut_is_marked_between_words_and_says_how_to_get_the_rest() -> None:
    packed = pack([_piece("a", 400)], budget=100, counter=COUNTER)

    beginning, mark, *_ = packed.text.splitlines()
    assert beginning.split() == ["a:", *["word"] * (len(beginning.split()) - 1)]
    assert mark == "[… cut here; all of it: onecontext show a]"
    assert packed.left_out == ("the rest of part a (onecontext show a)",)
    assert packed.tokens > 70


def test_a_cut_prefers_the_end_of_a_line() -> None:
    lines = "\n".join(f"- item number {n} of a long list" for n in range(200))

    packed = pack([Piece("the list", lines, "onecontext context")], budget=150, counter=COUNTER)

    kept = packed.text.splitlines()[:-3]
    assert kept
    assert all(line.endswith("of a long list") for line in kept)


@pytest.mark.parametrize("sign", SIGNS)
def test_a_cut_never_divides_what_a_person_sees_as_one_character(sign: str) -> None:
    for budget in range(40, 90):
        packed = pack([Piece("signs", sign * 300, "x")], budget=budget, counter=COUNTER)
        beginning = packed.text.split("\n")[0]

        assert beginning == sign * (len(beginning) // len(sign))


def test_words_of_others_cannot_break_the_last_line() -> None:
    pieces = [_piece("a", 20), Piece("forged]\n## Commit", "x " * 500, "show\nme")]

    packed = pack(pieces, budget=60, counter=COUNTER)

    assert "## Commit" not in packed.text.splitlines()
    assert packed.text.splitlines()[-1].endswith("(show me)]")


def test_a_last_line_that_would_eat_the_budget_is_shortened_then_unsaid() -> None:
    pieces = [_piece("a", 8), *(_piece(f"other-{n}", 60) for n in range(9))]

    named, counted, unsaid = (pack(pieces, budget=budget, counter=COUNTER) for budget in (400, 30, 10))

    assert "; and " in named.text or "other-8" in named.text.splitlines()[-1]
    assert counted.text.endswith("[left out: 9]")
    assert "left out" not in unsaid.text
    assert len(unsaid.left_out) == 9


def test_the_same_input_gives_the_same_output() -> None:
    pieces = [_piece(name) for name in "abcdef"]

    assert pack(pieces, budget=90, counter=COUNTER) == pack(pieces, budget=90, counter=COUNTER)
    assert pack([], budget=5, counter=COUNTER) == Packed("", 0, ())
