"""Text made harmless and short; numbers in words."""

import pytest
from rich.cells import cell_len

from onecontext.text.amounts import dollars
from tests.tui.story import START
from tui import theme
from tui.forms import gist
from tui.snapshot import Message, Usage
from tui.text import cut, cut_inside, fit, one_line, width, wrapped
from tui.words import LANE_TONES, TONES, age, cost, duration, short_count, stopwatch, tokens


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("\x1b[31mred\x1b[0m", "\\x1b[31mred\\x1b[0m"),
        ("two\nlines\tand a tab", "two lines and a tab"),
        ("\u202egnp.exe", "\\u202egnp.exe"),
        ("a\x9b31mb", "a\\x9b31mb"),
        ("lone \ud800 surrogate", "lone \\ud800 surrogate"),
        ("[bold red]markup[/]", "[bold red]markup[/]"),
        ("a\u2028b", "a b"),
        ("👩\u200d👧 ❤\ufe0f 👍🏽 soft\u00adhyphen", "👩👧 ❤ 👍 softhyphen"),
    ],
)
def test_text_of_strangers_is_one_harmless_line(raw: str, shown: str) -> None:
    assert one_line(raw) == shown


@pytest.mark.parametrize(("text", "cells"), [("abc", 3), ("日本", 4), ("e\u0301", 1), ("◐ ok", 4), ("a\u200bb", 2)])
def test_widths_are_cells_of_a_terminal(text: str, cells: int) -> None:
    assert width(text) == cells


@pytest.mark.parametrize(
    "text",
    [
        "👩\u200d👩\u200d👧-team",
        "❤\ufe0f",
        "1\ufe0f\u20e3",
        "👍🏽",
        "🇩🇪",
        "\u1112\u1161\u11ab",
        "न\u094dद\u0940",
        "☰ ⌚ ✈",
        "\u3164x",
    ],
)
def test_a_line_is_as_wide_as_the_one_that_lays_it_out_takes_it_to_be(text: str) -> None:
    assert width(one_line(text)) == cell_len(one_line(text))


@pytest.mark.parametrize(
    ("cells", "said"),
    [(20, "shop/till-1"), (11, "shop/till-1"), (10, "shop/…ll-1"), (8, "sho…ll-1"), (7, "shop/t…"), (0, "")],
)
def test_what_is_cut_inside_keeps_its_end_where_there_is_room_for_it(cells: int, said: str) -> None:
    assert cut_inside("shop/till-1", cells, end=4) == said


def test_an_end_of_wide_characters_is_no_wider_than_it_may_be() -> None:
    assert cut_inside("店" * 9, 10, end=5) == "店店…店店"


def test_what_is_cut_is_marked() -> None:
    assert cut("abcdef", 4) == "abc…"
    assert cut("日本語", 5) == "日本…"
    assert cut("日本語", 4) == "日…"
    assert cut("abc", 3) == "abc"
    assert cut("abc", 0) == ""


@pytest.mark.parametrize("cells", range(1, 9))
def test_a_fitted_text_has_exactly_its_width(cells: int) -> None:
    assert width(fit("日本語 and more", cells)) == cells
    assert width(fit("a", cells, right=True)) == cells


def test_paragraphs_are_wrapped_at_spaces_and_keep_their_indent() -> None:
    assert wrapped("  one two three", 9) == ["  one two", "  three"]
    assert wrapped("unbreakable", 4) == ["unbr", "eaka", "ble"]
    assert wrapped("a\n\nb", 9) == ["a", "", "b"]


def test_money_says_when_it_does_not_know() -> None:
    assert cost(Usage()) == "–"
    assert cost(Usage(turns=2, unpriced_turns=2)) == "unknown"
    assert cost(Usage(turns=2, unpriced_turns=1, cost_usd=0.0)) == "unknown"
    assert cost(Usage(turns=2, unpriced_turns=1, cost_usd=1.5)) == "≥ $1.50"
    assert cost(Usage(turns=2, cost_usd=0.0)) == "$0.00"


def test_numbers_are_short() -> None:
    assert [short_count(count) for count in (0, 999, 1_000, 12_345, 999_949, 999_950, 2_500_000, 3_456_789_012)] == [
        "0", "999", "1.0k", "12.3k", "999.9k", "1.0M", "2.5M", "3.5B",
    ]  # fmt: skip
    assert [dollars(cost) for cost in (0.0, 0.0042, 1.234, 4321.5)] == ["$0.00", "$0.0042", "$1.23", "$4,322"]
    assert tokens(Usage()) == "–"
    assert tokens(Usage(turns=1, tokens_in=1_200, tokens_out=34)) == "1.2k"


def test_times_are_short() -> None:
    assert [duration(seconds) for seconds in (-5, 0.4, 1, 61, 7_300, 200_000)] == ["now", "now", "1s", "1m", "2h", "2d"]
    assert [stopwatch(seconds) for seconds in (-1, 7, 750, 3_723)] == ["0:00", "0:07", "12:30", "1:02:03"]
    assert age(None, START) == "–"


@pytest.mark.parametrize(
    ("form", "text", "words"),
    [
        ("", "first\nsecond", "first"),
        ("task_assignment", '{"type":"task_assignment","taskId":"3","subject":"Print"}', "assigns #3 Print"),
        ("shutdown_rejected", '{"reason":"still busy"}', "does not shut down: still busy"),
        ("plan_approval_response", '{"approved":false,"feedback":"too long"}', "sends the plan back: too long"),
        ("task_assignment", "no JSON at all", "no JSON at all"),
        ("task_assignment", "[" * 100_000, "[" * 400),
        ("never_seen", "{}", "[never_seen]"),
    ],
)
def test_the_gist_of_a_message(form: str, text: str, words: str) -> None:
    message = Message("m", START, "ann", "bob", text, "", form, idle=False)

    assert gist(message) == words


def test_every_tone_has_a_colour_in_every_palette() -> None:
    assert set(theme.TONES) == {*TONES, *LANE_TONES}
    for palette in theme.PALETTES:
        named = {name for name in vars(palette) if getattr(palette, name)} | set(palette.variables)
        assert {theme.tone_of(tone)[0] for tone in theme.TONES} | {"cursor"} <= named, palette.name
