"""The time bar: what is drawn of a moment, and where a click leads."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from tests.tui.screen import assert_screen, screen_after, shown, still
from tests.tui.till import middle
from tui.rows.spans import plain, spans_width
from tui.rows.timebar import bar_row, cell_of, seq_at, words_row
from tui.snapshot import Mark, Moment

AT = datetime(2026, 3, 2, 9, 14, 7, tzinfo=UTC)
MARKS = (
    Mark(1, "milestone", "remembers: the plan"),
    Mark(40, "milestone", "remembers: prices are Decimal"),
    Mark(62, "rejected", "× rejected #2 fix-offers: the edge at 50.00 is wrong"),
    Mark(80, "needs a person", "■ blocked #3"),
    Mark(100, "done", "mission done"),
)
MOMENT = Moment(62, 100, AT, 847.0, 4.0, playing=True, marks=MARKS)


def test_the_bar_shows_what_was_where_we_are_what_comes_and_the_marks() -> None:
    row = bar_row(MOMENT, 100)

    assert plain(row) == "◆" + "━" * 38 + "◆" + "━" * 21 + "●" + "─" * 17 + "▲" + "─" * 19 + "✓"
    assert plain(bar_row(replace(MOMENT, seq=10), 100))[61] == "×"


def test_where_marks_share_a_cell_the_gravest_is_drawn() -> None:
    marks = (Mark(50, "needs a person", ""), Mark(51, "rejected", ""), Mark(52, "milestone", ""))

    assert plain(bar_row(Moment(1, 100, AT, 0.0, 1.0, playing=False, marks=marks), 10))[4:6] == "▲×"


@pytest.mark.parametrize("cells", [1, 2, 7, 78, 198])
@pytest.mark.parametrize("of", [1, 2, 50, 100_000])
def test_the_bar_is_as_wide_as_it_may_be_and_a_click_on_the_head_is_where_it_is(cells: int, of: int) -> None:
    for seq in {1, (of + 1) // 2, of}:
        moment = Moment(seq, of, AT, 0.0, 1.0, playing=False, read=1.0)

        assert spans_width(bar_row(moment, cells)) == cells
        cell = cell_of(seq, moment, cells)
        assert 0 <= cell < cells
        assert cell_of(seq_at(cell, moment, cells), moment, cells) == cell
    assert seq_at(0, moment, cells) == 1
    assert seq_at(cells - 1, moment, cells) == of or cells == 1


def test_what_was_not_read_yet_has_its_room_and_a_click_there_goes_as_far_as_was_read() -> None:
    half = replace(MOMENT, seq=100, read=0.5)

    assert plain(bar_row(half, 101)).endswith("●" + "·" * 50)
    assert seq_at(90, half, 101) == 100
    assert "reading 50%" in plain(words_row(half, 120, zone=UTC))


@pytest.mark.parametrize("cells", [78, 118, 198])
def test_the_words_say_what_the_bar_says(cells: int) -> None:
    text = plain(words_row(MOMENT, cells, zone=UTC))

    assert spans_width(words_row(MOMENT, cells, zone=UTC)) <= cells
    for words in ("▶ playing 4×", "09:14:07 +14:07", "62%", "× rejected #2"):
        assert words in text
    assert ("event 62 of 100" in text) == (cells > 100) != ("62/100" in text)
    assert ("[ ] marks" in text) == (cells > 150)


@pytest.mark.parametrize(
    ("cells", "named"), [(78, ["p plays", "[ ] marks", ", . step"]), (60, ["p plays", "[ ] marks"]), (40, [])]
)
def test_as_many_keys_as_there_is_room_for_are_named_the_most_useful_first(cells: int, named: list[str]) -> None:
    text = plain(words_row(replace(MOMENT, seq=3, playing=False), cells, zone=UTC))

    keys = ["p plays", "[ ] marks", ", . step", "< > speed", "@ go to"]
    assert [key for key in keys if key in text] == named
    assert "09:14:07" in text


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"playing": False}, "‖ paused 4×"),
        ({"playing": False, "seq": 100}, "‖ at the end 4×"),
        ({"playing": False, "seq": 100, "live": True}, "‖ paused 4×"),
        ({"speed": 0.25}, "▶ playing 0.25×"),
        ({"speed": 0.0}, "▶ playing at once"),
        ({"live": True, "new": 1312}, "1,312 new, End goes live"),
        ({"live": True}, "0 new, End goes live"),
        ({"seq": 3, "trouble": "journal.jsonl line 101 is no event"}, "! damaged after event 100"),
    ],
)
def test_every_state_has_its_words(changes: dict[str, object], words: str) -> None:
    assert words in plain(words_row(replace(MOMENT, **changes), 78, zone=UTC))  # type: ignore[arg-type]


def test_text_of_agents_in_a_mark_is_drawn_not_obeyed() -> None:
    hostile = replace(MOMENT, marks=(Mark(62, "milestone", "remembers: \x1b[31m[bold]\u202e\nx"),))

    text = plain(words_row(hostile, 198, zone=UTC))

    assert "\\x1b[31m[bold]\\u202e x" in text
    assert "\x1b" not in text


@pytest.mark.parametrize("size", [(80, 24), (200, 50)], ids=["80x24", "200x50"])
def test_the_bar_stands_above_the_foot(size: tuple[int, int]) -> None:
    snapshot = replace(shown(middle().events), moment=replace(MOMENT, at=shown(middle().events).last_event_at or AT))

    text = screen_after(still(snapshot), size)

    assert_screen(f"time-{size[0]}x{size[1]}", text)
    assert "●" in text.splitlines()[-3]
    assert "playing 4×" in text.splitlines()[-2]
