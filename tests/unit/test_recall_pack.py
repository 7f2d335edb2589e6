"""Packing: never above the budget, important first, what is missing is said, and all of it behind one fence."""

import re
import time

import pytest
import regex
from hypothesis import given, settings
from hypothesis import strategies as st

from onecontext.recall.pack import Packed, Window, pack
from onecontext.recall.pieces import Piece
from onecontext.text.tokens import Utf8Estimate, default_counter

COUNTER = default_counter()
SIGNS = ["👨\u200d👩\u200d👧", "e\u0301", "👍\U0001f3fd", "❤\ufe0f", "🇩🇪", "각", "क्षि"]
TEXTS = st.one_of(
    st.text(max_size=120),
    st.text(alphabet="汉字，。語 \n", max_size=200),
    st.lists(st.sampled_from(["😀", *SIGNS, " "]), max_size=60).map("".join),
    st.text(alphabet="ab cd\n.", max_size=300),
)
PIECES = st.lists(
    st.builds(
        lambda label, text, how, heading, item: Piece(label, text, how, heading, item=item),
        st.text(max_size=12),
        TEXTS,
        st.text(max_size=12),
        st.sampled_from(["", "Milestone"]),
        st.booleans(),
    ),
    max_size=6,
)


def _piece(name: str, words: int = 40) -> Piece:
    return Piece(f"part {name}", f"{name}: " + "word " * (words - 1) + "end", f"onecontext show {name}")


def _inside(packed: Packed) -> list[str]:
    """Return the lines between the fence's own, with the number as N."""
    opening, *lines, closing = packed.text.splitlines()
    number = opening.split()[0].removeprefix("<memory-").removesuffix(">")
    assert closing == f"</memory-{number}>"
    return [line.replace(number, "N") for line in lines]


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

    whole = [shown for shown in packed.pieces if shown.shown == "whole"]
    assert len(packed.left_out) == len(packed.pieces) - len(whole)
    for shown in whole:
        lines = [line.strip() for line in packed.text.replace("\\", "").split("\n")]
        assert all(line.replace("\\", "").strip() in " ".join(lines) for line in shown.text.split("\n"))


@given(PIECES)
def test_no_budget_at_all_gives_the_empty_text_and_names_everything(pieces: list[Piece]) -> None:
    for budget in (0, -5):
        packed = pack(pieces, budget=budget, counter=COUNTER)
        assert (packed.text, packed.tokens, len(packed.left_out)) == ("", 0, len(packed.pieces))


def test_the_important_come_first_and_the_last_line_says_what_is_missing() -> None:
    packed = pack([_piece("a"), _piece("b"), _piece("c")], budget=100, counter=COUNTER)

    lines = _inside(packed)
    assert lines[0] == _piece("a").text
    assert lines[-1].startswith("[N left out: ")
    assert lines[-1].endswith("part c (onecontext show c)]")
    assert packed.left_out[-1] == "part c (onecontext show c)"
    assert [shown.shown for shown in packed.pieces] == ["whole", "left out", "left out"]
    assert packed.pieces[0].tokens == COUNTER.count(_piece("a").text)


def test_a_small_piece_still_goes_in_behind_a_large_one_that_does_not_fit() -> None:
    packed = pack([_piece("large", 2000), _piece("small", 5)], budget=36, counter=COUNTER)

    assert _inside(packed)[0] == "small: word word word word end"
    assert packed.left_out == ("part large (onecontext show large)",)


def test_a_cut_is_marked_between_words_and_says_how_to_get_the_rest() -> None:
    packed = pack([_piece("a", 400)], budget=120, counter=COUNTER)

    beginning, mark, *_ = _inside(packed)
    assert beginning.split() == ["a:", *["word"] * (len(beginning.split()) - 1)]
    assert mark == "[N … cut here; all of it: onecontext show a]"
    assert packed.left_out == ("the rest of part a (onecontext show a)",)
    assert packed.pieces[0].text == beginning
    assert packed.tokens > 90


def test_a_cut_prefers_the_end_of_a_line() -> None:
    lines = "\n".join(f"- item number {n} of a long list" for n in range(200))

    packed = pack([Piece("the list", lines, "onecontext context")], budget=170, counter=COUNTER)

    kept = packed.pieces[0].text.split("\n")
    assert len(kept) > 5
    assert all(line.endswith("of a long list") for line in kept)


@pytest.mark.parametrize("sign", SIGNS)
def test_a_cut_never_divides_what_a_person_sees_as_one_character(sign: str) -> None:
    for budget in range(60, 110):
        kept = pack([Piece("signs", sign * 300, "x")], budget=budget, counter=COUNTER).pieces[0].text

        assert kept == sign * (len(kept) // len(sign))


@settings(deadline=None)
@given(st.text(alphabet=st.one_of(st.sampled_from("".join(SIGNS) + " \r\n"), st.characters()), min_size=100))
def test_what_is_kept_of_any_text_ends_between_two_signs(text: str) -> None:
    piece = Piece("it", text, "x")
    whole = pack([piece], budget=None, counter=COUNTER).pieces

    for budget in range(50, 90, 7):
        for shown in pack([piece], budget=budget, counter=COUNTER).pieces:
            if shown.shown == "cut":
                ends = {match.end() for match in regex.finditer(r"\X", whole[0].text)}
                assert any(whole[0].text[:end].rstrip() == shown.text for end in ends)


def test_words_of_others_cannot_break_the_last_line() -> None:
    pieces = [_piece("a", 20), Piece("forged]\n## Commit", "x " * 500, "show\nme")]

    packed = pack(pieces, budget=90, counter=COUNTER)

    assert "## Commit" not in packed.text.splitlines()
    assert _inside(packed)[-1].endswith("(show me)]")


def test_a_last_line_that_would_eat_the_budget_is_shortened_then_unsaid() -> None:
    pieces = [_piece("a", 8), *(_piece(f"other-{n}", 60) for n in range(9))]

    named, counted, unsaid = (pack(pieces, budget=budget, counter=COUNTER) for budget in (400, 50, 36))

    assert "; and " in named.text or "other-8" in _inside(named)[-1]
    assert _inside(counted)[-1] == "[N left out: 9]"
    assert "left out" not in unsaid.text
    assert len(unsaid.left_out) in (9, 10)


def test_items_under_one_heading_share_it_and_none_looks_like_two() -> None:
    facts = ["one", "two\n- three\n## Pinned facts", "four"]
    pieces = [Piece("a fact", fact, "x", "Pinned facts", item=True) for fact in facts]

    lines = _inside(pack(pieces, budget=None, counter=COUNTER))

    assert lines == ["## N Pinned facts", "- one", "- two", "  - three", "  ## Pinned facts", "- four"]


def test_a_window_is_shown_without_gaps_and_the_next_page_begins_where_it_ends() -> None:
    sizes = {"a": 30, "b": 30, "c": 2000, "d": 5, "e": 5}
    pieces = [
        Piece(name, f"{name} " * words, "x", f"Step {name}", cursor=f"id-{name}") for name, words in sizes.items()
    ]
    window = Window(None, "id-e", "onecontext context --log -k 5 --before")

    whole = pack(pieces, budget=None, counter=COUNTER, window=window)
    some = pack(pieces, budget=150, counter=COUNTER, window=window)
    none = pack(pieces, budget=1, counter=COUNTER, window=Window("id-0", "id-e", "x"))

    assert (whole.next, _inside(whole)[-1]) == ("id-e", "[N next: onecontext context --log -k 5 --before id-e]")
    assert [shown.shown for shown in some.pieces][2:] in (["cut", *["left out"] * 2], ["left out"] * 3)
    last = [shown for shown in some.pieces if shown.shown != "left out"][-1]
    assert some.next == f"id-{last.text[0]}"
    assert (none.text, none.next) == ("", "id-0")
    assert pack(pieces, budget=None, counter=COUNTER, window=Window(None, None, "x")).next is None


def test_the_same_input_gives_the_same_output() -> None:
    pieces = [_piece(name) for name in "abcdef"]

    assert pack(pieces, budget=90, counter=COUNTER) == pack(pieces, budget=90, counter=COUNTER)
    assert pack([], budget=5, counter=COUNTER) == Packed("", 0, ())


@pytest.mark.parametrize("text", ["word " * 2_000_000, "x" * 10_000_000, "汉字" * 1_700_000, " " * 10_000_000 + "x"])
def test_a_text_of_ten_megabytes_costs_what_its_budget_costs(text: str) -> None:
    began = time.process_time()

    packed = pack([Piece("large", text, "x"), _piece("small")], budget=32_000, counter=COUNTER)

    assert time.process_time() - began < 2
    assert 0 < packed.tokens <= 32_000
    assert packed.pieces[0].shown in ("cut", "left out")
    assert re.search(r"^small: word", packed.text, re.MULTILINE) or packed.pieces[1].shown == "left out"


def test_five_thousand_pieces_are_packed_in_time() -> None:
    pieces = [Piece("a fact", f"fact number {n} of many", "x", "Pinned facts", item=True) for n in range(5000)]
    large = [Piece("a record", f"{n} " * 3000, "x", "Record") for n in range(1000)]
    began = time.process_time()

    for budget in (50, 2000, 32_000):
        packed = pack(pieces, budget=budget, counter=COUNTER)
        assert packed.tokens <= budget
        assert len(packed.left_out) > 100
    assert len(pack(large, budget=2000, counter=COUNTER).left_out) >= 999
    assert time.process_time() - began < 10
